"""Anomalies are rows that an autoencoder rebuilds badly: Shuttle and breast cancer, beside PyOD's AutoEncoder.

Aggarwal (2015), "Outlier analysis", chapter 3; Zhao, Nasrullah & Li (2019), "PyOD", JMLR 20. Metric: the area under the
ROC curve of the squared error of standardised rows, mean of the splits. Half of the normal rows train; the other half
and all anomalies test. Both have layers of 64 and 32 units; PyOD's other settings are its defaults. Times are those of
fitting and of scoring the test rows.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eigencoder import Autoencoder

from . import data
from .result import Finding, Result, installed, text_of, timed

TIMES_FASTER = 10
N_SPLITS = {"Shuttle": 3, "breast cancer": 20}


class Split(NamedTuple):
    seed: int
    train: data.Rows
    test: data.Rows
    is_anomaly: NDArray[np.bool_]


class Scores(NamedTuple):
    """The mean and the median of the splits."""

    auroc: float
    seconds: float


def measure(*, quick: bool) -> Result:
    findings = []
    sets = {"Shuttle": data.shuttle(), "breast cancer": data.breast_cancer()}
    pyod_outlyingness = outlyingness_by_pyod() if installed("pyod") and installed("torch") else None
    for name, anomalies in sets.items():
        splits = list(splits_of(anomalies, 1 if quick else N_SPLITS[name], n_rows=1_000 if quick else None))
        ours = scores(splits, eigencoder_outlyingness)
        distance = scores(splits, squared_distance)
        pyod = scores(splits, pyod_outlyingness) if pyod_outlyingness else None
        findings += [
            Finding(
                what=f"{name}: AUROC, mean of {len(splits)} splits",
                found=ours.auroc,
                at_least=pyod and pyod.auroc,
                seconds=ours.seconds,
                peer="PyOD's AutoEncoder" if pyod else "",
                peer_found=pyod and pyod.auroc,
                peer_seconds=pyod and pyod.seconds,
            ),
            Finding(what=f"{name}: AUROC of the distance from the mean", found=distance.auroc),
        ]
        if pyod:
            found = pyod.seconds / ours.seconds
            findings.append(Finding(what=f"{name}: times as fast as PyOD", found=found, at_least=TIMES_FASTER))
    return Result(
        publication="PyOD's AutoEncoder, run beside it",
        metric="AUROC of the squared error of standardised rows",
        split="half of the normal rows train, the others and all anomalies test",
        held_out="none",
        settings={"autoencoder": text_of(autoencoder(seed=0))},
        findings=findings,
    )


def splits_of(anomalies: data.Anomalies, n_splits: int, n_rows: int | None) -> Iterator[Split]:
    rows, is_anomaly = anomalies.rows[:n_rows], anomalies.is_anomaly[:n_rows]
    for seed in range(n_splits):
        normal = np.random.default_rng(seed).permutation(np.flatnonzero(~is_anomaly))
        train, test = np.array_split(normal, 2)
        test = np.concatenate([test, np.flatnonzero(is_anomaly)])
        yield Split(seed, rows[train], rows[test], is_anomaly[test])


def scores(splits: list[Split], outlyingness: Callable[[Split], NDArray[Any]]) -> Scores:
    aurocs, times = [], []
    for split in splits:
        found, seconds = timed(partial(outlyingness, split))
        aurocs.append(roc_auc_score(split.is_anomaly, found))
        times.append(seconds)
    return Scores(float(np.mean(aurocs)), float(np.median(times)))


def eigencoder_outlyingness(split: Split) -> NDArray[Any]:
    model = make_pipeline(StandardScaler(), autoencoder(split.seed)).fit(split.train)
    return np.asarray(-model.score_samples(split.test))


def autoencoder(seed: int) -> Autoencoder:
    return Autoencoder(
        32,
        hidden_layer_sizes=(64,),
        activation="tanh",
        alpha=0.1,
        learning_rate_init=3e-3,
        batch_size=32,
        max_iter=30,
        tol=0.0,
        n_iter_no_change=30,
        random_state=seed,
        scale=None,
        init="glorot",
        solver="adam",
    )


def squared_distance(split: Split) -> NDArray[Any]:
    """From the mean of the rows that train, in their standard deviations."""
    rows: data.Rows = StandardScaler().fit(split.train).transform(split.test)
    return np.asarray(np.square(rows).sum(axis=1))


def outlyingness_by_pyod() -> Callable[[Split], NDArray[Any]]:
    from pyod.models.auto_encoder import AutoEncoder  # not inside the clock

    return lambda split: AutoEncoder(verbose=0, random_state=split.seed).fit(split.train).decision_function(split.test)
