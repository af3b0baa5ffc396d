"""The passes of one batch, by themselves and against the peak.

Python reaches a forward pass and a whole gradient, not a single product; backward and gradient products are what the
gradient takes longer than the loss. Each call also allocates what a training allocates once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise

import joblib
import numpy as np
from numpy.typing import NDArray

from eigencoder import _core

from .peak import Peak
from .timing import Turns, best_seconds
from .workloads import Workload

Array = NDArray[np.float32]
Run = Callable[[], object]


@dataclass(frozen=True)
class Kernel:
    """``over_numpy_products``: the seconds that NumPy takes for the matrix products alone over all of ours."""

    layers: str
    batch: int
    kernel: str
    microseconds: float
    gflops: float
    percent_of_peak: float
    over_numpy_products: float


def measure(workloads: Sequence[Workload], turns: Turns, peak: Peak) -> dict[str, list[Kernel]]:
    """One group of rows for each shape of the workloads."""
    by_shape = {(workload.layer_sizes, workload.batch_size): workload for workload in workloads}
    seconds = [best_seconds(runs(workload), turns, peak) for workload in by_shape.values()]
    groups = (kernels_of(*each, peak) for each in zip(by_shape.values(), seconds, strict=True))
    return {"kernels": list(chain.from_iterable(groups))}


def runs(workload: Workload) -> list[Run]:
    """Our forward pass, loss, and loss with gradients; NumPy's products of the first, and those of the rest."""
    x = workload.x[: workload.batch_size]
    return [core_forward(workload, x), *core_gradients(workload, x), *numpy_products(workload, x)]


def kernels_of(workload: Workload, seconds: Sequence[float], peak: Peak) -> list[Kernel]:
    forward, loss, gradients, numpy_forward, numpy_rest = seconds
    n_rows = workload.batch_size
    n_forward = 2 * n_rows * sum(workload.layer_products)
    n_all = workload.flops_per_sample * n_rows
    rows = [
        ("forward", forward, n_forward, numpy_forward),
        ("loss and gradients", gradients, n_all, numpy_forward + numpy_rest),
        ("backward and gradients", gradients - loss, n_all - n_forward, numpy_rest),
    ]
    return [
        Kernel(
            layers="-".join(map(str, workload.layer_sizes)),
            batch=n_rows,
            kernel=name,
            microseconds=1e6 * ours,
            gflops=flops / ours / 1e9,
            percent_of_peak=100 * flops / ours / 1e9 / peak.all_cores,
            over_numpy_products=by_numpy / ours,
        )
        for name, ours, flops, by_numpy in rows
    ]


def core_forward(workload: Workload, x: Array) -> Run:
    activations = workload.network.activations
    layers = [(*layer, name, 0) for layer, name in zip(workload.initial_layers, activations, strict=True)]
    return partial(_core.forward, layers, x, joblib.cpu_count())


def core_gradients(workload: Workload, x: Array) -> tuple[Run, Run]:
    """The loss alone, and with the gradients."""
    objective = workload.objective
    parameters = workload.initial_parameters.astype(np.float32)
    run = partial(
        _core.loss_and_gradients,
        _core.NetworkConfig(workload.layer_sizes, workload.network.activations, False, 0, 0),
        _core.ObjectiveConfig(
            loss=objective.loss,
            alpha=0.0,
            penalty="none",
            sparsity=objective.sparsity,
            sparsity_weight=objective.sparsity_weight,
            sparsity_momentum=0.0,
            corruption="none",
            corruption_level=objective.corruption_level,
        ),
        x=x,
        weights=None,
        labels=None,
        column_extremes=None,
        noise_seed=None,
        mean_activity=None,
        parameters=parameters,
        n_threads=joblib.cpu_count(),
    )
    return partial(run, gradients=None), partial(run, gradients=np.empty_like(parameters))


def numpy_products(workload: Workload, x: Array) -> tuple[Run, Run]:
    """The products of a forward pass, and those of the backward pass and the gradients, without anything else."""
    weights = [weights for weights, _ in workload.initial_layers]
    outputs = [x, *(np.ones((len(x), size), np.float32) for size in workload.layer_sizes[1:])]
    d_weights = [np.empty_like(w) for w in weights]
    d_outputs = [np.ones_like(output) for output in outputs]

    def forward() -> None:
        for w, (inputs, output) in zip(weights, pairwise(outputs), strict=True):
            np.dot(inputs, w, out=output)

    def rest() -> None:
        for i in reversed(range(len(weights))):
            np.dot(outputs[i].T, d_outputs[i + 1], out=d_weights[i])
            if i > 0:
                np.dot(d_outputs[i + 1], weights[i].T, out=d_outputs[i])

    return forward, rest
