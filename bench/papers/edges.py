"""A sparse code of natural pictures finds edges: 64-25-64, 10,000 patches of 8 x 8 pixels, full-batch L-BFGS.

Ng (2011), "Sparse autoencoder", CS294A lecture notes, and the UFLDL tutorial: in our scale sparsity 0.01,
sparsity_weight 6, alpha 2e-4. Metric: the cost J of all patches after 400 iterations, medians of five starts. From the
same starts SciPy's L-BFGS goes over the NumPy reference, and over our native gradient, which compares line searches.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.base import clone

import eigencoder
from eigencoder import SparseAutoencoder, reference
from eigencoder.demo.data import TILE, Rows, patches, photographs
from eigencoder.demo.edges import MIN_COHERENCE, MIN_SHARE_OF_EDGES, coherence

from .result import Finding, Result, text_of, timed

SPARSITY, SPARSITY_MARGIN = 0.01, 0.002
COST_RATIO = 1.01
TIMES_FASTER = 3
SECONDS = 2.0
REFERENCE, NATIVE = "SciPy over the NumPy reference", "SciPy over our gradient"

LossAndGradients = Callable[..., tuple[float, list[NDArray[Any]], list[NDArray[Any]]]]


class Run(NamedTuple):
    """What a start ended in; ``cost`` is the reference's."""

    fitted: SparseAutoencoder
    cost: float
    seconds: float


def measure(*, quick: bool) -> Result:
    n_iterations, n_seeds = (5, 1) if quick else (400, 5)
    rows = patches(photographs(), 10_000)
    sparse = SparseAutoencoder(
        25,
        output_activation="sigmoid",
        alpha=2e-4,
        sparsity=SPARSITY,
        sparsity_weight=6.0,
        solver="lbfgs",
        max_iter=n_iterations,
        tol=0.0,
        scale=None,
        init="glorot",
    )
    starts = [clone(sparse).set_params(random_state=seed) for seed in range(n_seeds)]
    runs = [runs_from(start, rows) for start in starts]

    def cost(name: str) -> float:
        return float(np.median([run[name].cost for run in runs]))

    def seconds(name: str) -> float:
        return float(np.median([run[name].seconds for run in runs]))

    def cost_ratio(of: str, to: str) -> Finding:
        found = float(np.median([run[of].cost / run[to].cost for run in runs]))
        return Finding(
            what=f"J in {of} over that of {to}",
            found=found,
            at_most=COST_RATIO,
            seconds=seconds(of),
            peer=to,
            peer_found=cost(to),
            peer_seconds=seconds(to),
        )

    fits = [run["float32"].fitted for run in runs]
    tiles = [fit.coefs_[0].T.reshape(-1, *TILE) for fit in fits]
    activations = np.concatenate([fit.transform(rows).mean(axis=0, dtype=np.float64) for fit in fits])
    return Result(
        publication="Ng 2011; J 0.690 by SciPy's L-BFGS",
        metric=f"J of all patches in [0.1, 0.9], squared error summed over the pixels; medians of {n_seeds} starts",
        split=f"{len(rows):,} patches of scikit-learn's two photographs, all train",
        held_out="none",
        settings={"sparse": text_of(sparse)},
        findings=[
            Finding(what="J, float32", found=cost("float32"), seconds=seconds("float32")),
            cost_ratio("float32", REFERENCE),
            cost_ratio("float64", REFERENCE),
            cost_ratio("float64", NATIVE),
            cost_ratio("float32", "float64"),
            Finding(what="wall time in float32, s", found=seconds("float32"), at_most=SECONDS),
            Finding(
                what=f"times as fast as {REFERENCE}",
                found=seconds(REFERENCE) / seconds("float32"),
                at_least=TIMES_FASTER,
            ),
            Finding(
                what=f"largest distance of a mean activation from {SPARSITY}",
                found=float(np.abs(activations - SPARSITY).max()),
                at_most=SPARSITY_MARGIN,
            ),
            Finding(
                what=f"share of units with coherence above {MIN_COHERENCE}",
                found=float(np.mean(coherence(np.concatenate(tiles)) > MIN_COHERENCE)),
                at_least=MIN_SHARE_OF_EDGES,
            ),
        ],
        tiles=tiles[0],
    )


def runs_from(start: SparseAutoencoder, rows: Rows) -> dict[str, Run]:
    double = rows.astype(np.float64)
    runs = {"float32": run(start, rows), "float64": run(start, double)}
    n_evaluations = runs["float64"].fitted.t_ // len(rows)
    for name, function in ((NATIVE, eigencoder.loss_and_gradients), (REFERENCE, reference.loss_and_gradients)):
        runs[name] = run_scipy(start, double, function, n_evaluations)
    return runs


def run(start: SparseAutoencoder, rows: Rows | NDArray[np.float64]) -> Run:
    fitted, seconds = timed(lambda: clone(start).fit(rows))
    return Run(fitted, reference.loss_and_gradients(fitted, rows)[0], seconds)


def run_scipy(
    start: SparseAutoencoder, rows: NDArray[np.float64], loss_and_gradients: LossAndGradients, n_evaluations: int
) -> Run:
    fitted = clone(start).set_params(max_iter=0).fit(rows)
    arrays = [*fitted.coefs_, *fitted.intercepts_]
    ends = np.cumsum([array.size for array in arrays])

    def cost(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        for array, part in zip(arrays, np.split(parameters, ends[:-1]), strict=True):
            array[...] = part.reshape(array.shape)
        loss, coef_gradients, intercept_gradients = loss_and_gradients(fitted, rows)
        return loss, np.concatenate([gradient.ravel() for gradient in (*coef_gradients, *intercept_gradients)])

    initial = np.concatenate([array.ravel() for array in arrays])
    options = {"maxiter": n_evaluations, "maxfun": n_evaluations, "ftol": 0.0, "gtol": 0.0}
    found, seconds = timed(lambda: minimize(cost, initial, method="L-BFGS-B", jac=True, options=options))
    return Run(fitted, cost(found.x)[0], seconds)
