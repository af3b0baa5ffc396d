"""The command line: ``eigencoder fit | transform | reconstruct | score | info | export | demo``."""

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__, _core
from . import commands
from .usage import SUFFIXES, UsageError

_PIPE_CLOSED, _INTERRUPTED = (128 + number for number in (signal.SIGPIPE, signal.SIGINT))  # as a shell shows them


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the program's name; None takes those of the process.

    Returns
    -------
    status : int
        0; 1 where the work failed, as a line on stderr tells, or a claim of the demo does not hold; 130 after Ctrl-C;
        141 where nobody reads the output any more.

    Raises
    ------
    SystemExit
        With status 2 where the arguments cannot be used: an unknown option or parameter, a file that is there already
        without ``--force``, a kind of file that is not known, or a package that is not installed.
    """
    parser = _parser()
    try:
        try:
            options = parser.parse_args(arguments)
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                return int(options.run(options))
        finally:
            print(end="", flush=True)  # what cannot be written is to be seen here, not when Python ends
    except BrokenPipeError:
        _discard_output()
        return _PIPE_CLOSED
    except UsageError as error:
        parser.exit(2, f"eigencoder: {error}\n")
    except KeyboardInterrupt:
        return _failed("interrupted, nothing was written", _INTERRUPTED)
    except OSError as error:
        if error.filename is None:  # stdout's
            _discard_output()
        return _failed(str(error))
    except (ArithmeticError, MemoryError, ReferenceError, RuntimeError, TypeError, ValueError) as error:
        return _failed(str(error) or type(error).__name__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="eigencoder",
        description="Autoencoders trained at native speed. Status: 0, 1 where the work failed, 2 where the arguments "
        "cannot be used. Messages go to stderr, results to stdout.",
    )
    parser.add_argument("--version", action="version", version=f"eigencoder {__version__}")
    parser.add_argument("--cmake-dir", action=_PrintCMakeFolder, help="print what eigencoder_DIR is to CMake, and exit")
    subparsers = parser.add_subparsers(dest="command", required=True)
    kinds = ", ".join(SUFFIXES)

    def command(name: str, run: commands.Command, summary: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        added.set_defaults(run=run)
        return added

    def add_table(added: argparse.ArgumentParser) -> None:
        added.add_argument("data", type=Path, help=f"rows of numbers: {kinds}")
        added.add_argument("--array", metavar="NAME", help="which array of a .npz file, where it holds several")
        added.add_argument("--no-header", action="store_true", help="the first line of a .csv file is a row too")

    def add_out(added: argparse.ArgumentParser, content: str, *, required: bool = True) -> None:
        added.add_argument("--out", type=Path, metavar="FILE", required=required, help=content)
        added.add_argument("--force", action="store_true", help="replace FILE if it is there")

    def add_json(added: argparse.ArgumentParser) -> None:
        added.add_argument("--json", action="store_true", help="print the result as one JSON object")

    fit = command("fit", commands.fit, "train an autoencoder, and write it into a model file")
    add_table(fit)
    add_out(fit, "the model file, such as model.safetensors")
    estimators = commands.ESTIMATORS
    fit.add_argument(
        "--class", dest="estimator", choices=estimators, default=estimators[0], help="what is trained (%(default)s)"
    )
    fit.add_argument(
        "--set",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of its constructor, such as n_components=8; may be given many times",
    )
    add_json(fit)
    for name, run, summary in (
        ("transform", commands.transform, "encode rows"),
        ("reconstruct", commands.reconstruct, "encode and decode rows"),
    ):
        added = command(name, run, summary)
        added.add_argument("model", type=Path, help="a model file")
        add_table(added)
        add_out(added, f"where they go: {kinds}")
        add_json(added)
    score = command("score", commands.score, "print the share of the variance of the rows that is explained")
    score.add_argument("model", type=Path, help="a model file")
    add_table(score)
    add_out(score, f"where the negative squared error of each row goes: {kinds}", required=False)
    add_json(score)
    info = command("info", commands.info, "print what a model file holds, or what this installation computes with")
    info.add_argument("model", type=Path, nargs="?", help="a model file")
    add_json(info)
    export = command("export", commands.export, "write a model file's network as a model of ONNX")
    export.add_argument("model", type=Path, help="a model file")
    add_out(export, "the model of ONNX, such as model.onnx")
    export.add_argument("--part", choices=commands.PARTS, help="of the network (encoder; of a classifier: classifier)")
    export.add_argument("--opset", type=int, default=18, help="version of ONNX's operators (%(default)s)")
    add_json(export)
    demo = command("demo", commands.demo, "train five autoencoders, print what they reach and draw pictures")
    demo.add_argument(
        "--out", type=Path, default=Path("eigencoder-demo"), metavar="DIR", help="where the pictures go (%(default)s)"
    )
    return parser


class _PrintCMakeFolder(argparse.Action):
    """An option in the place of a command, as --version is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(Path(_core.__file__).parent / "lib" / "cmake" / "eigencoder")
        parser.exit()


def _failed(message: str, status: int = 1) -> int:
    print(f"eigencoder: {message}", file=sys.stderr)
    return status


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    print(f"eigencoder: {category.__name__}: {message}", file=sys.stderr)


def _discard_output() -> None:
    """Let Python end without another attempt to write what is left."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
