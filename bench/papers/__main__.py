"""Reproduce a published result on this machine."""

import argparse
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..machine import describe_machine, restart_without_openblas_overrides
from . import result
from .data import DataError

PAPERS = {
    "pca": "a linear autoencoder reaches PCA's error on MNIST",
    "deep": "the deep autoencoder of MNIST, its squared error and the seconds to it beside JAX",
    "deep-bce": "the same, its cross-entropy",
    "edges": "a sparse code of natural pictures finds edges, by L-BFGS beside SciPy's",
    "strokes": "a sparse code of digits finds pen strokes, by L-BFGS near the peak of the processor",
    "sda": "stacked denoising autoencoders, fine-tuned to classify MNIST, beside PyTorch",
    "ksparse": "logistic regression on a k-sparse code of MNIST",
    "anomaly": "anomalies of Shuttle and breast cancer, beside PyOD",
    "noise": "pure noise has no code",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.papers", description=__doc__)
    parser.add_argument("paper", nargs="?", choices=PAPERS, help="without one: the list")
    parser.add_argument("--quick", action="store_true", help="few rows and epochs, to see that it runs; writes nothing")
    parser.add_argument("--table", action="store_true", help="write the tables of docs/papers.md")
    options = parser.parse_args()
    if options.table:
        result.update_page(result.read(PAPERS))
    elif options.paper is None:
        print("\n".join(f"{paper:15}{headline}" for paper, headline in PAPERS.items()))
    else:
        restart_without_openblas_overrides()
        try:
            run(options.paper, quick=options.quick)
        except DataError as error:
            parser.exit(1, f"{error}\n")


def run(paper: str, *, quick: bool) -> None:
    """Print the machine and the tables; a full run also writes its JSON, its picture and the page's tables."""
    machine = describe_machine()
    for name, value in machine.items():
        print(f"{name:15}{value}")
    print(flush=True)
    found = module_of(paper).measure(quick=quick)
    content = result.content_of(paper, found, machine)
    print(result.tables([content]))
    if quick:
        print("quick: too little to mean anything, nothing is written")
        return
    path = result.write(content)
    print(f"written        {path}")
    if found.tiles is not None and find_spec("matplotlib"):
        from .picture import draw

        draw(path.with_suffix(".png"), found.tiles)
        print(f"written        {path.with_suffix('.png')}")
    result.update_page(result.read(PAPERS))
    print(f"written        {result.PAGE}")


def module_of(paper: str) -> Any:
    return import_module(f".{paper.replace('-', '_')}", __package__)


if __name__ == "__main__":
    main()
