"""What a paper leaves: figures beside their targets as JSON, and the tables of docs/papers.md made from it."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..machine import Machine

RESULTS = Path(__file__).parents[1] / "results" / "papers"
PAGE = Path(__file__).parents[2] / "docs" / "papers.md"
MARK = "<!-- All below is written by python -m bench.papers --table -->\n"
FIGURES = ("", "figure", "target", "found", "reached", "wall time, s", "peer", "its figure", "its wall time, s")
SETTINGS = ("", "publication", "metric, scale", "split", "held-out training rows", "cores")

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A figure of ours, the bound that it must keep if it has one, its wall time, and a peer's of the same run.

    A figure that could not be had, such as the seconds to an error that is never reached, is None.
    """

    what: str
    found: float | None
    at_most: float | None = None
    at_least: float | None = None
    seconds: float | None = None
    peer: str = ""
    peer_found: float | None = None
    peer_seconds: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.at_most is None and self.at_least is None:
            return None
        return (
            self.found is not None
            and (self.at_most is None or self.found <= self.at_most)
            and (self.at_least is None or self.found >= self.at_least)
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """All that a paper says: what was published, how we measured, what came out.

    ``held_out`` tells what training rows that do not train are for; ``tiles``, (n_tiles, height, width), are drawn.
    """

    publication: str
    metric: str
    split: str
    held_out: str
    settings: dict[str, str]
    findings: Sequence[Finding]
    tiles: NDArray[Any] | None = None


def timed(function: Callable[[], _T]) -> tuple[_T, float]:
    """What it returns, and its wall time in seconds."""
    start = time.perf_counter()
    value = function()
    return value, time.perf_counter() - start


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or denominator is None else numerator / denominator


def median(values: Iterable[float | None]) -> float | None:
    """None where one of the values is missing."""
    found = list(values)
    known = [value for value in found if value is not None]
    return float(np.median(known)) if known and len(known) == len(found) else None


def text_of(estimator: object) -> str:
    """An estimator with the parameters that are not defaults, in one line."""
    return " ".join(repr(estimator).split())


def installed(package: str) -> bool:
    """Whether a peer can be had; if not, say so."""
    if find_spec(package) is None:
        print(f"{package:15}not installed, its figures are left out: pip install {package}", flush=True)
        return False
    return True


def content_of(paper: str, result: Result, machine: Machine) -> dict[str, Any]:
    """The result as JSON has it."""
    findings = [{**asdict(finding), "reached": finding.reached} for finding in result.findings]
    content = {key: value for key, value in vars(result).items() if key != "tiles"}
    reached = all(finding.reached is not False for finding in result.findings)
    return {"paper": paper, **content, "findings": findings, "reached": reached, "machine": machine}


def write(content: dict[str, Any]) -> Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{content['paper']}.json"
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def read(papers: Iterable[str]) -> list[dict[str, Any]]:
    """What was written of these papers, in this order."""
    paths = [RESULTS / f"{paper}.json" for paper in papers]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def update_page(contents: Sequence[dict[str, Any]]) -> None:
    """Put the tables in the place of those that the page has below its mark."""
    before, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(before + mark + tables(contents))


def tables(contents: Sequence[dict[str, Any]]) -> str:
    """Two tables: the figures, a line each, and how they were measured, a line a paper."""
    figures = [line for content in contents for line in lines_of(content)]
    settings = [
        [
            content["paper"],
            *(content[key] for key in ("publication", "metric", "split", "held_out")),
            f"{content['machine']['cores']}, {content['machine']['cpu']}",
        ]
        for content in contents
    ]
    return f"\n{markdown(FIGURES, figures)}\n{markdown(SETTINGS, settings)}"


def lines_of(content: dict[str, Any]) -> list[list[str]]:
    return [
        [
            content["paper"] if i == 0 else "",
            finding["what"],
            target_of(finding),
            number(finding["found"]),
            {True: "yes", False: "no", None: ""}[finding["reached"]],
            number(finding["seconds"], digits=3),
            finding["peer"],
            number(finding["peer_found"]),
            number(finding["peer_seconds"], digits=3),
        ]
        for i, finding in enumerate(content["findings"])
    ]


def target_of(finding: dict[str, Any]) -> str:
    bounds = (("at least", finding["at_least"]), ("at most", finding["at_most"]))
    return ", ".join(f"{word} {number(bound)}" for word, bound in bounds if bound is not None)


def number(value: float | None, digits: int = 4) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def markdown(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (titles, ["---"] * len(titles), *lines))
