"""A sparse code of digits finds pen strokes: 784-196-784, 10,000 digits of MNIST, full-batch L-BFGS.

Ng (2011), "Sparse autoencoder", CS294A lecture notes, and the UFLDL tutorial ("Vectorization"): in our scale sparsity
0.1, sparsity_weight 6, alpha 6e-3. Metric: the matrix products of 400 iterations a second, as a share of what all cores
reach with multiply-adds in registers just before and after. The strokes are for the eye, in the picture.
"""

import numpy as np

from eigencoder import SparseAutoencoder

from ..peak import measurable_peak
from ..workloads import Workload
from . import data
from .result import Finding, Result, text_of, timed

N_COMPONENTS = 196
SPARSITY = 0.1
TILE = (28, 28)
PERCENT_OF_PEAK = 75
PEAK_SECONDS = 1.0


def measure(*, quick: bool) -> Result:
    n_rows, n_iterations = (500, 3) if quick else (10_000, 400)
    rows = data.mnist().train[:n_rows]
    n_features = rows.shape[1]
    sparse = SparseAutoencoder(
        N_COMPONENTS,
        output_activation="sigmoid",
        alpha=6e-3,
        sparsity=SPARSITY,
        sparsity_weight=6.0,
        solver="lbfgs",
        max_iter=n_iterations,
        tol=0.0,
        random_state=0,
        scale=None,
        init="glorot",
    )
    peak = measurable_peak()
    peak.take_turn(PEAK_SECONDS)
    _, seconds = timed(lambda: sparse.fit(rows))
    peak.take_turn(PEAK_SECONDS)
    step = Workload((n_features, N_COMPONENTS, n_features), batch_size=n_rows, n_samples=n_rows, n_epochs=1)
    gflops = sparse.t_ * step.flops_per_sample / seconds / 1e9  # t_ counts the rows of all evaluations
    activations = sparse.transform(rows).mean(axis=0, dtype=np.float64)
    return Result(
        publication="UFLDL tutorial, Vectorization",
        metric="GFLOP/s of the matrix products of J and its gradient over the FMA peak of the same run",
        split=f"MNIST, the first {n_rows:,} training digits, all train",
        held_out="none",
        settings={"sparse": text_of(sparse), "peak": f"{peak.description}, {peak.all_cores:.0f} GFLOP/s"},
        findings=[
            Finding(
                what="% of the FMA peak", found=100 * gflops / peak.all_cores, at_least=PERCENT_OF_PEAK, seconds=seconds
            ),
            Finding(what="J", found=sparse.loss_),
            Finding(what=f"median of the mean activations, aim {SPARSITY}", found=float(np.median(activations))),
        ],
        tiles=sparse.coefs_[0].T.reshape(-1, *TILE),
    )
