"""The ratios as bars. Needs matplotlib."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from .fits import Measurement

COLOURS = ("#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#999999")  # apart for the colour-blind too


def draw(path: Path, title: str, measurements: Sequence[Measurement]) -> None:
    """Bars from 1, equal speed, to eigencoder's rate over each peer's, on a logarithmic axis; a group a workload."""
    workloads = list(dict.fromkeys(measurement.workload for measurement in measurements))
    peers = list(dict.fromkeys(measurement.peer for measurement in measurements))[1:]  # all but eigencoder itself
    figure = Figure(figsize=(9, 1.5 + len(workloads) * (0.25 + 0.12 * len(peers))), layout="constrained")
    axes = figure.add_subplot()
    height = 0.85 / max(1, len(peers))
    for i, (peer, colour) in enumerate(zip(peers, COLOURS, strict=False)):
        rows = [measurement for measurement in measurements if measurement.peer == peer]
        positions = [workloads.index(row.workload) + i * height for row in rows]
        ratios = [row.eigencoder_over_peer for row in rows]
        axes.barh(positions, [ratio - 1 for ratio in ratios], height, left=1, label=peer, color=colour)
        for position, ratio in zip(positions, ratios, strict=True):
            axes.annotate(
                f"{ratio:.3g}" if ratio >= 100 else f"{ratio:.2g}" if ratio >= 10 else f"{ratio:.2f}",
                (ratio, position),
                xytext=(4 if ratio >= 1 else -4, 0),
                textcoords="offset points",
                ha="left" if ratio >= 1 else "right",
                va="center",
                fontsize=7,
            )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.margins(x=0.1, y=0.01)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks([i + height * (len(peers) - 1) / 2 for i in range(len(workloads))], workloads)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlabel("samples per second, eigencoder over peer (1: equal)")
    axes.set_title(title, fontsize="medium")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
