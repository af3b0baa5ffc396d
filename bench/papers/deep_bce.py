"""The deep autoencoder of MNIST, and its cross-entropy.

57.4 by K-FAC, the optimizer of Martens & Grosse (2015), "Optimizing neural networks with Kronecker-factored approximate
curvature", ICML. Metric: cross-entropy summed over the pixels of a test picture, the mean of the test pictures, nats;
no network gets below the entropy of the pixels, 45.5. Network, recipe and split: deep_recipe.py.
"""

from functools import partial

import numpy as np

from . import data
from .deep_recipe import HELD_OUT, split_of_mnist, started, text_of_split
from .result import Finding, Result, median, text_of, timed

CROSS_ENTROPY = 55.4
SMALLEST = 1e-7  # probability, in float32


def measure(*, quick: bool) -> Result:
    split = split_of_mnist(quick=quick)
    autoencoders = [started(seed, split, quick=quick) for seed in range(1 if quick else 3)]
    times = [timed(partial(each.fit, split.train, X_val=split.validation))[1] for each in autoencoders]
    found = [cross_entropy(split.test, autoencoder.reconstruct(split.test)) for autoencoder in autoencoders]
    return Result(
        publication="57.4 by K-FAC (Martens & Grosse 2015)",
        metric="cross-entropy summed over the pixels of a test picture in [0, 1], nats",
        split=text_of_split(split),
        held_out=HELD_OUT,
        settings={"autoencoder": text_of(autoencoders[0])},
        findings=[
            Finding(
                what=f"test cross-entropy, median of {len(found)} seeds",
                found=median(found),
                at_most=CROSS_ENTROPY,
                seconds=median(times),
            ),
            Finding(what="entropy of the test pixels", found=cross_entropy(split.test, split.test)),
        ],
    )


def cross_entropy(x: data.Rows, output: data.Rows) -> float:
    h = np.clip(output.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return float(-np.mean(np.sum(x * np.log(h) + (1 - x) * np.log1p(-h), axis=1)))
