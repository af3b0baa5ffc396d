"""The command line: ``eigencoder demo``, ``eigencoder info``, ``eigencoder --version``, ``eigencoder --cmake-dir``."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import __version__, _core, show_config

_DEMO_NEEDS = ("matplotlib", "rich")
_PIPE_CLOSED = 128 + signal.SIGPIPE  # as a shell shows a process that the signal has ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the program's name; None takes those of the process.

    Returns
    -------
    status : int
        0; 1 where a claim of the demo does not hold or something cannot be written; 141 where nobody reads the output
        any more.

    Raises
    ------
    SystemExit
        With status 2 where the arguments cannot be used or the demo's packages are missing.
    """
    try:
        try:
            return _run(arguments)
        finally:
            print(end="", flush=True)  # what cannot be written is to be seen here, not when Python ends
    except BrokenPipeError:
        _discard_output()
        return _PIPE_CLOSED
    except OSError as error:
        _discard_output()
        print(f"eigencoder: {error}", file=sys.stderr)
        return 1


def _run(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="eigencoder", description="Autoencoders trained at native speed.")
    parser.add_argument("--version", action="version", version=f"eigencoder {__version__}")
    parser.add_argument("--cmake-dir", action=_PrintCMakeFolder, help="print what eigencoder_DIR is to CMake, and exit")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="train five autoencoders, print what they reach and draw pictures")
    demo.add_argument(
        "--out", type=Path, default=Path("eigencoder-demo"), metavar="DIR", help="where the pictures go (%(default)s)"
    )
    commands.add_parser("info", help="print the version, the engine in use, the threads and the compiler")

    options = parser.parse_args(arguments)
    if options.command == "info":
        show_config()
        return 0
    return _demo(demo, options.out)


class _PrintCMakeFolder(argparse.Action):
    """An option in the place of a command, as --version is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(Path(_core.__file__).parent / "lib" / "cmake" / "eigencoder")
        parser.exit()


def _discard_output() -> None:
    """Let Python end without another attempt to write what is left."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _demo(parser: argparse.ArgumentParser, out: Path) -> int:
    missing = [package for package in _DEMO_NEEDS if find_spec(package) is None]
    if missing:
        parser.exit(2, f'The demo needs {" and ".join(missing)}: pip install "eigencoder[plot]"\n')
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out must be a folder that can be written to, found {out}: {error.strerror}")
    from .demo import run

    return 0 if run(out) else 1
