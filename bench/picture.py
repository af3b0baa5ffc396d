"""The ratios as bars. Needs matplotlib."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from .measure import Measurement


def draw(path: Path, title: str, measurements: Sequence[Measurement]) -> None:
    """Bars from 1, equal speed, to eigencoder's rate over each peer's, on a logarithmic axis; a group a workload."""
    workloads = list(dict.fromkeys(measurement.workload for measurement in measurements))
    peers = list(dict.fromkeys(measurement.peer for measurement in measurements))[1:]  # all but eigencoder itself
    figure = Figure(figsize=(8, 1.5 + 0.6 * len(workloads)), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(peers)
    for i, peer in enumerate(peers):
        rows = [measurement for measurement in measurements if measurement.peer == peer]
        positions = [workloads.index(row.workload) + i * height for row in rows]
        axes.barh(positions, [row.ratio - 1 for row in rows], height, left=1, label=peer)
        for position, row in zip(positions, rows, strict=True):
            axes.annotate(
                f"{row.ratio:.1f}",
                (row.ratio, position),
                xytext=(4 if row.ratio >= 1 else -4, 0),
                textcoords="offset points",
                ha="left" if row.ratio >= 1 else "right",
                va="center",
            )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks([i + height * (len(peers) - 1) / 2 for i in range(len(workloads))], workloads)
    axes.invert_yaxis()
    axes.set_xlabel("samples per second, eigencoder over peer (1: equal)")
    axes.set_title(title, fontsize="medium")
    axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
