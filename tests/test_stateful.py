"""Twins go through one program with other numbers of threads and other layouts of X: each step leaves the same bits."""

import copy
import os
import pickle

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from eigencoder import Autoencoder, EncoderClassifier, _core
from states import expecting_warnings, state
from strategies import LAYOUTS, estimators

METHODS = ["transform", "reconstruct", "score_samples", "score", "predict_proba", "decision_function"]
COPIES = [lambda estimator: pickle.loads(pickle.dumps(estimator)), copy.copy, copy.deepcopy]
HARMLESS = {
    "learning_rate_init": ["auto", 1e-4, 0.01],
    "max_iter": [0, 1, 2],
    "alpha": [0.0, 1e-3],
    "batch_size": ["auto", 5, 256],
    "shuffle": [False, True],
    "warm_start": [False, True],
    "early_stopping": ["auto", False, True],
    "averaging": [None, 0.9],
    "solver": ["auto", "adam", "sgd", "lbfgs"],
    "corruption": [None, "masking", "salt_and_pepper"],
    "corruption_fill": ["mean", 0.5],
    "scale": [None, "auto", "minmax"],
    "tied_weights": [False, True],
    "random_state": [0, 1],
}
WIDE = (700, 300)  # with 100 code units, in batches of 256, each of two threads has enough to do
SEEDS = st.integers(0, 3)


def data(seed, shape, dtype):
    return np.random.default_rng(seed).random(shape).astype(dtype)


def outcome(call):
    """What a call gives, or the error that it raises."""
    try:
        return state(expecting_warnings(call), without=["n_jobs"])
    except (ValueError, TypeError, AttributeError) as error:
        return type(error), str(error)


def set_everywhere(estimator, name, value):
    """In an estimator and in its parts."""
    names = [key for key in estimator.get_params() if key.split("__")[-1] == name]
    return estimator.set_params(**dict.fromkeys(names, value))


class Twins(RuleBasedStateMachine):
    """One estimator with one thread and rows that lie one after the other, and its twin."""

    @initialize(
        draw=st.data(),
        wide=st.booleans(),
        dtype=st.sampled_from(["float32", "float64"]),
        n_jobs=st.sampled_from([2, 3]),
        layout=st.sampled_from(list(LAYOUTS)),
    )
    def are_born(self, draw, wide, dtype, n_jobs, layout):
        self.n_features, self.dtype, self.layout = WIDE[1] if wide else 7, dtype, LAYOUTS[layout]
        self.n_rows = [WIDE[0]] if wide else [30, 12, 1]
        estimator = draw.draw(estimators(st.sampled_from([100, 130]) if wide else st.integers(1, 9)))
        set_everywhere(estimator, "random_state", 0)
        if wide:
            for name, value in {"batch_size": 256, "max_iter": 1}.items():
                set_everywhere(estimator, name, value)
        self.one = set_everywhere(estimator, "n_jobs", 1)
        self.other = set_everywhere(copy.deepcopy(estimator), "n_jobs", n_jobs)
        self.trained("fit", 0, self.n_rows[0], weighed=False)

    def both(self, call, seed=0, n_rows=0):
        """The call on each with the same rows, and what must be equal after it."""
        X = data(seed, (n_rows, self.n_features), self.dtype)
        assert outcome(lambda: call(self.one, X)) == outcome(lambda: call(self.other, self.layout(X)))
        assert state(self.one, without=["n_jobs"]) == state(self.other, without=["n_jobs"])

    def trained(self, name, seed, n_rows, weighed):
        arguments = {"sample_weight": np.arange(n_rows) % 5 + 0.5} if weighed else {}
        if isinstance(self.one, EncoderClassifier):
            arguments["y"] = np.arange(n_rows) % 3
            if name == "partial_fit":
                arguments["classes"] = [0, 1, 2]
        self.both(lambda estimator, X: getattr(estimator, name)(X, **arguments), seed, n_rows)

    @rule(draw=st.data(), seed=SEEDS, weighed=st.booleans(), name=st.sampled_from(["fit", "partial_fit"]))
    def train(self, draw, seed, weighed, name):
        self.trained(name, seed, draw.draw(st.sampled_from(self.n_rows)), weighed)

    @rule(draw=st.data(), seed=SEEDS)
    def compute(self, draw, seed):
        n_rows = draw.draw(st.sampled_from(self.n_rows))
        name = draw.draw(st.sampled_from([name for name in METHODS if hasattr(self.one, name)]))
        arguments = [np.arange(n_rows) % 3] if name == "score" else []
        self.both(lambda estimator, X: getattr(estimator, name)(X, *arguments), seed, n_rows)

    @rule(parameter=st.sampled_from([(name, value) for name, values in HARMLESS.items() for value in values]))
    def change(self, parameter):
        name, value = parameter
        if name in self.one.get_params(deep=False):
            self.both(lambda estimator, X: estimator.set_params(**{name: value}))

    @rule(copied=st.sampled_from(COPIES))
    def go_on_as_a_copy(self, copied):
        self.one, self.other = copied(self.one), copied(self.other)
        self.both(lambda estimator, X: estimator)


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=max(1, settings.default.max_examples // 5))


def test_the_wide_rows_make_two_threads_work(monkeypatch):
    fit, n_tasks = _core.fit, []

    def counting_fit(*args, on_epoch_end, **kwargs):
        def count(*_):
            n_tasks.append(len(os.listdir("/proc/self/task")))
            return True

        return fit(*args, on_epoch_end=count, **kwargs)

    monkeypatch.setattr(_core, "fit", counting_fit)
    for n_jobs in (1, 2):
        Autoencoder(100, solver="adam", max_iter=1, n_jobs=n_jobs).fit(data(0, WIDE, "float64"))
    assert n_tasks[1] == n_tasks[0] + 1
