"""Compare eigencoder with its peers on this machine."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .machine import describe_machine
from .measure import compare
from .peers import PEERS
from .report import table, write_json
from .workloads import WORKLOADS, Workload

# They make OpenBLAS run the kernel or the blocking of another processor; the peers are to run at their best.
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--name", default="latest", help="of the files in bench/results (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each peer (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds must be >= 1, found {arguments.rounds}")
    restart_without_openblas_overrides()
    run(WORKLOADS, RESULTS / arguments.name, n_rounds=arguments.rounds, turn_seconds=0.3)


def restart_without_openblas_overrides() -> None:
    """OpenBLAS reads them as NumPy is imported, so that a new process is needed."""
    environment = {name: value for name, value in os.environ.items() if name not in OPENBLAS_OVERRIDES}
    if len(environment) < len(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def run(workloads: Sequence[Workload], path: Path, *, n_rounds: int, turn_seconds: float) -> None:
    """Print the machine, progress and the table; write ``path`` with .json and, with matplotlib, with .png."""
    machine = describe_machine()
    for name, value in machine.items():
        print(f"{name:13}{value}")
    print()
    roof_gflops, measurements = compare(
        workloads, PEERS, n_rounds=n_rounds, turn_seconds=turn_seconds, report=lambda line: print(line, flush=True)
    )
    print(f"\nsgemm roof   {roof_gflops:.0f} GFLOP/s, the best rate of a large float32 NumPy product in this run\n")
    print(table(measurements))

    write_json(path.with_suffix(".json"), machine, roof_gflops, measurements)
    print(f"\nwritten      {path.with_suffix('.json')}")
    if importlib.util.find_spec("matplotlib"):
        from .picture import draw

        draw(path.with_suffix(".png"), f"{machine['cpu']}, {machine['cores']} cores", measurements)
        print(f"written      {path.with_suffix('.png')}")


if __name__ == "__main__":
    main()
