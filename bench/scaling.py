"""How a fit's rate moves with the threads and with the size of the problem, one thing at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import joblib

from .peak import Peak
from .peers.eigencoder_fit import EigencoderFit
from .timing import Turns, best_seconds
from .workloads import Workload

BASE = Workload((784, 196, 784), batch_size=256, n_samples=5_120, n_epochs=2)
N_SAMPLES = (256, 1_024, 5_120, 20_480, 51_200)
N_FEATURES = (64, 196, 784, 3_136)
N_COMPONENTS = (16, 64, 196, 784, 1_568)


@dataclass(frozen=True)
class Point:
    """A fit with one size changed from those of 784-196-784, 5,120 rows, batch 256, all cores."""

    varied: str
    value: int
    samples_per_second: float
    gflops: float
    percent_of_peak: float


def measure(turns: Turns, peak: Peak) -> dict[str, list[Point]]:
    points = list(varied_fits())
    seconds = best_seconds([peer.fit for _, _, peer in points], turns, peak)
    rates = [
        peer.workload.n_samples * peer.workload.n_epochs / s for (_, _, peer), s in zip(points, seconds, strict=True)
    ]
    rows = []
    for (varied, value, peer), rate in zip(points, rates, strict=True):
        gflops = rate * peer.workload.flops_per_sample / 1e9
        rows.append(Point(varied, value, rate, gflops, 100 * gflops / peak.all_cores))
    return {"scaling": rows}


def varied_fits() -> Iterator[tuple[str, int, EigencoderFit]]:
    n_features, n_components, _ = BASE.layer_sizes
    n_cores = joblib.cpu_count()
    for n_jobs in sorted({n_cores, *(2**i for i in range(n_cores.bit_length()))}):
        yield "n_jobs", n_jobs, EigencoderFit(BASE, n_jobs)
    for m in N_SAMPLES:
        yield "n_samples", m, EigencoderFit(replace(BASE, n_samples=m))
    for d in N_FEATURES:
        yield "n_features", d, EigencoderFit(replace(BASE, layer_sizes=(d, n_components, d)))
    for k in N_COMPONENTS:
        yield "n_components", k, EigencoderFit(replace(BASE, layer_sizes=(n_features, k, n_features)))
