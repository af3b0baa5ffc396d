"""Encoding: how soon one row is back, and how many rows a second, beside scikit-learn's PCA and a loop in NumPy."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from .peak import Peak
from .peers.eigencoder_fit import EigencoderFit
from .peers.numpy_loop import dense, sigmoid
from .timing import PAUSE_SECONDS, Turns, best_seconds
from .workloads import Workload

Array = NDArray[np.float32]
BLOCK = 1024  # rows that NumPy encodes at a time, so that they stay in the cache
N_CALLS = 2000  # in a turn


@dataclass(frozen=True)
class Latency:
    """Of one call with one row."""

    peer: str
    best_microseconds: float
    median_microseconds: float


@dataclass(frozen=True)
class Throughput:
    peer: str
    n_rows: int
    samples_per_second: float
    gflops: float
    percent_of_peak: float
    eigencoder_over_peer: float


def measure(workload: Workload, turns: Turns, peak: Peak) -> dict[str, list[Latency] | list[Throughput]]:
    """Both for the encoder of a workload; it has one layer, as PCA has."""
    fitted = EigencoderFit(workload.limited(BLOCK, 1)).autoencoder.fit(workload.x[:BLOCK])
    pca = PCA(fitted.n_components).fit(workload.x[:BLOCK])
    transforms = {"eigencoder": fitted.transform, "scikit-learn PCA": pca.transform}
    encoder = workload.layer_sizes[: workload.code + 1]
    latency = f"one row, {'-'.join(map(str, encoder))}"
    throughput = f"{workload.n_samples:,} rows, {'-'.join(map(str, encoder))}"
    return {
        latency: latencies(transforms, workload.x[:1], turns),
        throughput: throughputs({**transforms, "NumPy in-place loop": numpy_encoder(workload)}, workload, turns, peak),
    }


def latencies(transforms: dict[str, Callable[[Array], Array]], row: Array, turns: Turns) -> list[Latency]:
    microseconds: dict[str, list[float]] = {name: [] for name in transforms}
    for _ in range(turns.n_rounds):
        for name, transform in transforms.items():
            time.sleep(PAUSE_SECONDS)
            for _ in range(N_CALLS):
                start = time.perf_counter()
                transform(row)
                microseconds[name].append(1e6 * (time.perf_counter() - start))
    return [Latency(name, min(each), median(each)) for name, each in microseconds.items()]


def throughputs(
    transforms: dict[str, Callable[[Array], Array]], workload: Workload, turns: Turns, peak: Peak
) -> list[Throughput]:
    seconds = best_seconds([partial(transform, workload.x) for transform in transforms.values()], turns, peak)
    rates = [workload.n_samples / each for each in seconds]
    gflops = [rate * workload.flops_per_code / 1e9 for rate in rates]
    return [
        Throughput(name, workload.n_samples, rate, of_flops, 100 * of_flops / peak.all_cores, rates[0] / rate)
        for name, rate, of_flops in zip(transforms, rates, gflops, strict=True)
    ]


def numpy_encoder(workload: Workload) -> Callable[[Array], Array]:
    """Blocks of rows through the encoder, every buffer allocated once."""
    layers = workload.initial_layers[: workload.code]
    hidden = [np.empty((BLOCK, size), np.float32) for size in workload.layer_sizes[1 : workload.code]]
    codes = np.empty((workload.n_samples, workload.layer_sizes[workload.code]), np.float32)

    def encode(x: Array) -> Array:
        for start in range(0, len(x), BLOCK):
            block, code = x[start : start + BLOCK], codes[start : start + BLOCK]
            outputs = [block, *(output[: len(block)] for output in hidden), code]
            for layer, (inputs, output) in zip(layers, pairwise(outputs), strict=True):
                dense(inputs, layer, output)
                sigmoid(output)
        return codes

    return encode
