"""The parts of the demo, one after the other."""

import warnings
from pathlib import Path
from time import perf_counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning

from .._progress import TrainingProgress
from . import codes, denoise, edges, native, noise, pictures, sizes
from .findings import Finding


class DemoConsole(Console):
    """Leaves to the command line what to do where nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError, in whose handler Rich calls this


def run(out: Path, *, max_iter: int | None = None) -> bool:
    """Train, draw a picture a part, and print what was found.

    Parameters
    ----------
    out : Path
        An existing folder for the pictures.
    max_iter : int, default=None
        Epochs of every training; None means as many as each part needs for what it claims.

    Returns
    -------
    holds : bool
        Whether every claim holds.
    """
    console = DemoConsole()
    budget = {} if max_iter is None else {"max_iter": max_iter}
    start = perf_counter()
    with warnings.catch_warnings(), TrainingProgress(console) as progress:
        warnings.simplefilter("ignore", ConvergenceWarning)  # the claims tell whether a training was long enough
        coded = codes.measure(progress, **budget)
        edged = edges.measure(progress, **budget)
        denoised = denoise.measure(progress, **budget)
        noisy = noise.measure(progress, **budget)
        sized = sizes.measure(progress, **budget)
        core = native.measure(progress, **budget)
    drawn = {
        "codes.png": pictures.draw_codes(coded),
        "edges.png": pictures.draw_edges(edged),
        "denoise.png": pictures.draw_denoised(denoised),
        "noise.png": pictures.draw_noise(noisy),
        "sizes.png": pictures.draw_sizes(sized),
    }
    for name, figure in drawn.items():
        figure.savefig(out / name)
    findings = [finding for part in (coded, edged, denoised, noisy, sized, core) for finding in part.findings()]
    console.print(_table(findings))
    seconds = perf_counter() - start
    console.print(
        f"{seconds:.0f} s. Pictures: {', '.join(drawn)} in {out}", markup=False, highlight=False, soft_wrap=True
    )
    failed = [finding for finding in findings if finding.holds is False]
    for finding in failed:
        console.print(
            f"Does not hold: {finding.what.strip()}: {finding.found}, promised: {finding.compare}", style="red"
        )
    return not failed


def _table(findings: list[Finding]) -> Table:
    table = Table(
        box=SIMPLE_HEAD,
        caption="Error: squared, summed over the pixels, the mean of test digits.\n"
        "C++ over NumPy: samples a second of the same training, one thread each.",
    )
    for header in ("", "measured", "compare", "holds"):
        table.add_column(header, justify="right" if header == "measured" else "left")
    for finding in findings:
        verdict = {None: "", True: "[green]yes", False: "[red]no"}[finding.holds]
        table.add_row(finding.what, finding.found, finding.compare, verdict)
    return table
