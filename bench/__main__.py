"""Compare eigencoder with its peers on this machine."""

import argparse
import importlib.util
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eigencoder import _core

from . import defaults, fits, gpu, inference, kernels, memory, scaling, serving
from .defaults import DATA_SETS, DataSet
from .machine import describe_machine, restart_without_openblas_overrides
from .peak import Peak, measurable_peak
from .peers import KEYS, obstacles, peer_types
from .report import table, write_json
from .timing import Turns
from .workloads import ENCODING, WORKLOADS, Workload

RESULTS = Path(__file__).parent / "results"
BENCHES = {
    "fits": "every workload with every peer",
    "kernels": "the passes of one batch, without a training around them",
    "inference": "latency of one row, throughput of many",
    "memory": "what a fit holds beside its data",
    "scaling": "threads and sizes",
    "serving": "Encoder and model files beside onnxruntime and safetensors",
    "gpu": "fits on a GPU",
    "defaults": "fits without arguments beside PCA, on public data",
}
OPTIONS_OF = {  # besides --quick and --name
    "fits": {"only", "peers"},
    "kernels": {"only"},
    "memory": {"peers"},
    "defaults": {"only"},
}
FULL, QUICK = Turns(n_rounds=5, seconds=0.3), Turns(n_rounds=2, seconds=0.1)


def main() -> None:
    parser = argument_parser()
    options = parser.parse_args()
    for option in {"only", "peers"} - OPTIONS_OF.get(options.bench, set()):
        if getattr(options, option) is not None:
            parser.error(f"--{option} does not apply to {options.bench}")
    if options.bench == "gpu" and (reason := _core.cuda_status()):
        parser.error(reason)
    subjects: Sequence[DataSet | Workload] = DATA_SETS if options.bench == "defaults" else WORKLOADS
    chosen = [subject for subject in subjects if re.search(options.only or "", subject.name)]
    if not chosen:
        parser.error(f"{options.only!r} matches none of: {'; '.join(subject.name for subject in subjects)}")
    restart_without_openblas_overrides()
    run(
        options.bench,
        chosen,
        KEYS if options.peers is None else options.peers,
        QUICK if options.quick else FULL,
        RESULTS / (options.name or options.bench),
    )


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    benches = "; ".join(f"{name}: {text}" for name, text in BENCHES.items())
    parser.add_argument("bench", nargs="?", choices=BENCHES, default="fits", help=f"{benches} (default: %(default)s)")
    parser.add_argument("--only", metavar="REGEX", help="workloads or data sets whose name it matches")
    parser.add_argument("--peers", type=known_keys, metavar="NAMES", help=f"some of {','.join(KEYS)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns, rougher figures")
    parser.add_argument("--name", help="of the files in bench/results (default: that of the bench)")
    return parser


def known_keys(names: str) -> list[str]:
    found = names.split(",")
    if unknown := sorted(set(found) - set(KEYS)):
        raise argparse.ArgumentTypeError(f"found {', '.join(unknown)}, expected some of {','.join(KEYS)}")
    return found


def run(bench: str, subjects: Sequence[Any], keys: Sequence[str], turns: Turns, path: Path) -> None:
    """Print the machine, progress and tables; write ``path`` with .json and, for fits with matplotlib, with .png."""
    machine = describe_machine()
    for name, value in machine.items():
        print(f"{name:15}{value}")
    for key, obstacle in obstacles(keys).items():
        print(f"{key:15}{obstacle}")
    print(flush=True)
    peak = measurable_peak()
    peak.take_turn(turns.seconds)
    tables = measure(bench, subjects, keys, turns, peak)

    print(f"\n{peak.description}: {peak.all_cores:.0f} GFLOP/s on all cores, {peak.one_core:.0f} on one")
    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}")
    write_json(path.with_suffix(".json"), machine, peak, tables)
    print(f"\nwritten        {path.with_suffix('.json')}")
    if bench == "fits" and importlib.util.find_spec("matplotlib"):
        from .picture import draw

        draw(path.with_suffix(".png"), f"{machine['cpu']}, {machine['cores']} cores, float32, Adam", tables["fits"])
        print(f"written        {path.with_suffix('.png')}")


def measure(
    bench: str, subjects: Sequence[Any], keys: Sequence[str], turns: Turns, peak: Peak
) -> Mapping[str, Sequence[Any]]:
    """Tables by their titles; the subjects are workloads, or data sets."""
    report = partial(print, flush=True)
    if bench == "fits":
        return fits.measure(subjects, peer_types(keys), turns, peak, report)
    if bench == "kernels":
        return kernels.measure(subjects, turns, peak)
    if bench == "inference":
        return inference.measure(ENCODING, turns, peak)
    if bench == "serving":
        return serving.measure(turns, peak)
    if bench == "memory":
        return memory.measure(keys)
    if bench == "gpu":
        return gpu.measure(turns, peak, report)
    if bench == "defaults":
        return defaults.measure(subjects, quick=turns is QUICK, report=report)
    return scaling.measure(turns, peak)


if __name__ == "__main__":
    main()
