"""Serving: Encoder and model files beside onnxruntime and safetensors, which get the same model.

python -m bench.serving FUNCTION PATH      prints the bytes that loading a file takes at its highest
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import joblib
import numpy as np
from numpy.typing import NDArray

from eigencoder import Autoencoder, Encoder, load_model

from .agreement import DisagreementError
from .memory import peak_during
from .peers.eigencoder_fit import EigencoderFit
from .timing import PAUSE_SECONDS, TakesTurns, Turns, best_seconds
from .workloads import DEEP, Workload

Call: TypeAlias = Callable[..., object]
WORKLOADS = tuple(
    Workload(sizes, batch_size=256, n_samples=100_000, n_epochs=1) for sizes in ((64, 25, 64), (784, 196, 784), DEEP)
)
TRAINED_ON = 1024  # rows
AGREEMENT = 2e-6  # of codes in (0, 1), absolute: onnxruntime's sigmoid is off by up to 2e-7
SECONDS_OF_ONE_ROW = 0.1  # in a turn
LARGE = (3_500, 3_500)  # features and code units of a file of 98 MB
N_STARTS = 16


@dataclass(frozen=True)
class OneRow:
    """Microseconds of the fastest call with one row, on one thread and on all."""

    network: str
    encoder_1: float
    encoder_all: float
    onnxruntime_1: float
    onnxruntime_all: float
    over_1: float
    over_all: float


@dataclass(frozen=True)
class ManyRows:
    """Rows a second, each side with the number of threads that suits it better."""

    network: str
    n_rows: int
    encoder: float
    onnxruntime: float
    encoder_over_onnxruntime: float


@dataclass(frozen=True)
class Start:
    """From the start of Python until the first row is encoded, of 784-196."""

    peer: str
    milliseconds: float


@dataclass(frozen=True)
class Loading:
    """Of one file, which lies in the page cache."""

    function: str
    megabytes: float
    milliseconds: float
    over_safetensors: float
    peak_over_file: float


class Served:
    """An encoder and what onnxruntime makes of it, which gives the same."""

    def __init__(self, workload: Workload, folder: Path) -> None:
        from eigencoder.export import to_onnx

        self.x = workload.x
        self.name = "-".join(map(str, workload.layer_sizes[: workload.code + 1]))
        estimator = EigencoderFit(workload.limited(TRAINED_ON, 1)).autoencoder.fit(self.x[:TRAINED_ON])
        self.model, self.onnx = folder / f"{self.name}.safetensors", folder / f"{self.name}.onnx"
        estimator.save_model(self.model)
        to_onnx(estimator, path=self.onnx)
        self.numbers_of_threads = sorted({1, joblib.cpu_count()})
        self.encoders = [Encoder.load(self.model, n_jobs=n) for n in self.numbers_of_threads]
        self.sessions = [session(self.onnx, n) for n in self.numbers_of_threads]
        self.check()

    def check(self) -> None:
        for rows in (1, 1000):
            x = self.x[:rows]
            difference = float(np.abs(self.encoders[0](x) - self.sessions[0](x)).max())
            if not difference <= AGREEMENT:
                raise DisagreementError(f"{self.name}: codes of onnxruntime are off by {difference:.1e}")


def session(path: Path, n_threads: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    run = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run
    return lambda x: run(None, {"X": x})[0]


def measure(turns: Turns, peak: TakesTurns) -> dict[str, Sequence[Any]]:
    with TemporaryDirectory() as folder:
        served = [Served(workload, Path(folder)) for workload in WORKLOADS]
        return {
            "one row, microseconds": [one_row(each, turns) for each in served],
            "many rows, rows a second": [many_rows(each, turns, peak) for each in served],
            "from the start of Python to the first row": starts(served[1]),
            "loading a file": loading(Path(folder), turns, peak),
        }


def one_row(served: Served, turns: Turns) -> OneRow:
    """A row as a service gets it: one-dimensional for us, two-dimensional for onnxruntime, which takes no other."""
    row = served.x[:1].copy()
    ours = [partial(encoder, row[0]) for encoder in served.encoders]
    theirs = [partial(run, row) for run in served.sessions]
    best = [float("inf")] * (len(ours) + len(theirs))
    for _ in range(turns.n_rounds):
        for i, call in enumerate([*ours, *theirs]):
            time.sleep(PAUSE_SECONDS)
            best[i] = min(best[i], fastest(call))
    ours_1, *_, theirs_all = microseconds = [1e6 * seconds for seconds in best]
    ours_all, theirs_1 = microseconds[len(ours) - 1], microseconds[len(ours)]
    return OneRow(served.name, ours_1, ours_all, theirs_1, theirs_all, ours_1 / theirs_1, ours_all / theirs_all)


def fastest(call: Callable[[], object]) -> float:
    """Seconds of the fastest call, which may be shorter than a look at the clock: of the fastest ten, a tenth."""
    best, end = float("inf"), time.perf_counter() + SECONDS_OF_ONE_ROW
    while (start := time.perf_counter()) < end:
        for _ in range(10):
            call()
        best = min(best, (time.perf_counter() - start) / 10)
    return best


def many_rows(served: Served, turns: Turns, peak: TakesTurns) -> ManyRows:
    ours_then_theirs: list[Call] = [*served.encoders, *served.sessions]
    seconds = best_seconds([partial(call, served.x) for call in ours_then_theirs], turns, peak)
    n_ours = len(served.encoders)
    ours, theirs = (len(served.x) / min(some) for some in (seconds[:n_ours], seconds[n_ours:]))
    return ManyRows(served.name, len(served.x), ours, theirs, ours / theirs)


def starts(served: Served) -> list[Start]:
    """Each in processes of its own; the clock is the system's, so that two processes can share it."""
    model, onnx = str(served.model), str(served.onnx)
    programs = {
        "import numpy": "",
        "Encoder.load": f"from eigencoder import Encoder; Encoder.load({model!r})(x)",
        "onnxruntime": f"import onnxruntime; onnxruntime.InferenceSession({onnx!r}).run(None, {{'X': x}})",
    }
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(N_STARTS):
        for name, program in programs.items():
            row = f"np.full((1, {served.x.shape[1]}), 0.5, np.float32)"
            code = f"import numpy as np; x = {row}; {program}\nimport time; print(time.monotonic())"
            start = time.monotonic()
            run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
            best[name] = min(best[name], 1e3 * (float(run.stdout) - start))
    return [Start(name, milliseconds) for name, milliseconds in best.items()]


def load_safetensors(path: Path) -> object:
    from safetensors.numpy import load_file

    return load_file(path)


LOADERS: dict[str, Callable[[Path], object]] = {
    "safetensors.numpy.load_file": load_safetensors,
    "load_model, verify=False": partial(load_model, verify=False),
    "load_model": load_model,
    "Encoder.load": Encoder.load,
}


def loading(folder: Path, turns: Turns, peak: TakesTurns) -> list[Loading]:
    n_features, n_components = LARGE
    path = folder / "large.safetensors"
    x = np.random.default_rng(0).random((2, n_features), np.float32)
    Autoencoder(n_components, solver="adam", init="glorot", max_iter=0).fit(x).save_model(path)
    seconds = best_seconds([partial(load, path) for load in LOADERS.values()], turns, peak)
    size = path.stat().st_size
    rows = []
    for name, each in zip(LOADERS, seconds, strict=True):
        command = [sys.executable, "-m", "bench.serving", name, str(path)]
        n_bytes = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        rows.append(Loading(name, size / 1e6, 1e3 * each, each / seconds[0], n_bytes / size))
    return rows


if __name__ == "__main__":
    load = partial(LOADERS[sys.argv[1]], Path(sys.argv[2]))
    load()  # whatever it imports
    print(peak_during(load))
