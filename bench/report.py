"""What a run leaves: tables on the screen and a JSON file. Rows are dataclasses, and their fields are the columns."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .peak import Peak

TITLES = {
    "samples_per_second": "samples/s",
    "gflops": "GFLOP/s",
    "percent_of_peak": "% of peak",
    "percent_of_one_core": "% of one core",
    "eigencoder_over_peer": "eigencoder/peer",
}


def table(rows: Sequence[Any]) -> str:
    """A line a row, under a line of titles; text is flush left, numbers are flush right."""
    values = [asdict(row) for row in rows]
    titles = [TITLES.get(name, name.replace("_", " ")) for name in values[0]]
    lines = [titles, *([cell(value) for value in row.values()] for row in values)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligns = ["<" if isinstance(value, str) else ">" for value in values[0].values()]
    return "\n".join(
        "  ".join(f"{text:{align}{width}}" for text, align, width in zip(line, aligns, widths, strict=True)).rstrip()
        for line in lines
    )


def cell(value: object) -> str:
    """A float with three significant digits, above 100 without decimals; nothing for None."""
    if isinstance(value, float):
        size = abs(value)
        return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)


def write_json(path: Path, machine: Mapping[str, Any], peak: Peak, tables: Mapping[str, Sequence[Any]]) -> None:
    content = {
        "machine": machine,
        "peak": {
            "description": peak.description,
            "all_cores_gflops": peak.all_cores,
            "one_core_gflops": peak.one_core,
        },
        "tables": {title: [asdict(row) for row in rows] for title, rows in tables.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
