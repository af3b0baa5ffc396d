"""What a run leaves: a table on the screen and a JSON file."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .machine import Machine
from .measure import Measurement

TEXT_COLUMNS = ("workload", "peer", "dtype", "samples")
NUMBER_COLUMNS = ("samples/s", "GFLOP/s", "% of sgemm roof", "eigencoder/peer")


def table(measurements: Sequence[Measurement]) -> str:
    """A line a measurement, under a line of titles; text is flush left, numbers are flush right."""
    lines = [(*TEXT_COLUMNS, *NUMBER_COLUMNS), *map(cells, measurements)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligns = "<" * len(TEXT_COLUMNS) + ">" * len(NUMBER_COLUMNS)
    return "\n".join(
        "  ".join(f"{cell:{align}{width}}" for cell, align, width in zip(line, aligns, widths, strict=True))
        for line in lines
    )


def cells(measurement: Measurement) -> tuple[str, ...]:
    return (
        measurement.workload,
        measurement.peer,
        measurement.dtype,
        f"{measurement.n_samples:,} x {measurement.n_epochs}",
        f"{measurement.samples_per_second:,.0f}",
        f"{measurement.gflops:.1f}",
        f"{measurement.percent_of_roof:.1f}",
        f"{measurement.ratio:.2f}",
    )


def write_json(path: Path, machine: Machine, roof_gflops: float, measurements: Sequence[Measurement]) -> None:
    """The machine, the roof and the measurements, with the fields of Machine and Measurement."""
    content = {
        "machine": machine,
        "sgemm_roof_gflops": roof_gflops,
        "measurements": [asdict(measurement) for measurement in measurements],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
