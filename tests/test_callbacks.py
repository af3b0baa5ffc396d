"""What scikit-learn's callbacks hear of a fit, and how they end it."""

import weakref
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from as_given import Autoencoder
from eigencoder import SparseAutoencoder
from tolerances import EQUIVALENCE

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")


class Recorder:
    """Records what it hears; answers or raises at the end of an epoch of choice."""

    def __init__(self, stop_after=None, raise_after=None, error=None):
        self.events, self.fitted, self.tasks, self.arguments = [], [], [], []
        self.stop_after, self.raise_after, self.error = stop_after, raise_after, error

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X, metadata, fitted_estimator):
        self.events.append(f"{context.task_name} {context.task_id} begins")
        self.tasks.append(context)
        self.arguments.append((X, metadata))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.events.append(f"{context.task_name} {context.task_id} ends")
        self.fitted.append(fitted_estimator)
        if context.task_name == "epoch" and context.task_id == self.raise_after:
            raise self.error
        return context.task_name == "epoch" and context.task_id == self.stop_after


class Raiser:
    """Raises at the end of the first epoch and keeps nothing, since scikit-learn may keep a callback beyond the fit."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        raise RuntimeError("from the callback")


class Propagated(Recorder):
    max_propagation_depth = None


def data():
    return np.random.default_rng(0).random((60, 7))


def small(**parameters):
    return Autoencoder(**({"n_components": 3, "max_iter": 3, "batch_size": 16, "random_state": 0} | parameters))


@pytest.mark.parametrize("solver", ["auto", "adam"])
def test_a_fit_is_a_task_and_each_epoch_a_subtask(solver):
    recorder, weights = Recorder(), np.arange(60)
    autoencoder = small(solver=solver).set_callbacks(recorder).fit(data(), sample_weight=weights)
    epochs = [f"epoch {i} {what}" for i in range(3) for what in ("begins", "ends")]
    assert recorder.events == ["setup", "fit 0 begins", *epochs, "fit 0 ends", "teardown"]
    assert recorder.tasks[0].max_subtasks == 3
    for X, metadata in recorder.arguments:
        np.testing.assert_array_equal(X, data())
        assert metadata["sample_weight"] is weights
    np.testing.assert_array_equal(
        autoencoder.coefs_[0], small(solver=solver).fit(data(), sample_weight=weights).coefs_[0]
    )


def test_partial_fit_is_a_task_of_one_epoch():
    recorder = Recorder()
    small().set_callbacks(recorder).partial_fit(data())
    assert recorder.events[1:-1] == ["partial_fit 0 begins", "epoch 0 begins", "epoch 0 ends", "partial_fit 0 ends"]


@pytest.mark.parametrize("error", [None, RuntimeError("from the callback")], ids=repr)
def test_an_exact_solution_is_an_epoch(error):
    recorder = Recorder(raise_after=None if error is None else 0, error=error)
    autoencoder = small(activation="identity", solver="exact").set_callbacks(recorder)
    with nullcontext() if error is None else pytest.raises(RuntimeError, match="from the callback"):
        autoencoder.fit(data())
    assert recorder.events[1:4] == ["fit 0 begins", "epoch 0 begins", "epoch 0 ends"]
    assert recorder.tasks[0].max_subtasks == autoencoder.n_iter_ == 1
    expected = small(activation="identity", solver="exact").fit(data())
    np.testing.assert_array_equal(recorder.fitted[0].reconstruct(data()), expected.reconstruct(data()))
    np.testing.assert_array_equal(autoencoder.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("tied_weights", [False, True])
def test_callbacks_get_the_model_as_it_stands_after_each_epoch(tied_weights):
    recorder = Recorder()
    small(tied_weights=tied_weights).set_callbacks(recorder).fit(data())
    for epoch, fitted in enumerate(recorder.fitted[:-1]):
        expected = small(tied_weights=tied_weights, max_iter=epoch + 1).fit(data())
        np.testing.assert_array_equal(fitted.reconstruct(data()), expected.reconstruct(data()))


def test_a_callback_stops_the_fit():
    recorder = Recorder(stop_after=1)
    autoencoder = small(max_iter=50).set_callbacks(recorder).fit(data())
    assert autoencoder.n_iter_ == 2
    assert recorder.events[-2:] == ["fit 0 ends", "teardown"]
    np.testing.assert_array_equal(autoencoder.coefs_[0], small(max_iter=2).fit(data()).coefs_[0])


@pytest.mark.parametrize("error", [RuntimeError("from the callback"), KeyboardInterrupt()], ids=repr)
def test_an_exception_propagates_and_the_last_step_is_kept(error):
    recorder = Recorder(raise_after=1, error=error)
    autoencoder = small(max_iter=50).set_callbacks(recorder)
    with pytest.raises(type(error)) as caught:
        autoencoder.fit(data())
    assert caught.value is error
    assert recorder.events[-2:] == ["epoch 1 ends", "teardown"]
    assert autoencoder.n_iter_ == 2
    np.testing.assert_array_equal(autoencoder.coefs_[0], small(max_iter=2).fit(data()).coefs_[0])


def test_the_traceback_shows_where_the_callback_raised():
    with pytest.raises(RuntimeError, match="from the callback") as caught:
        small().set_callbacks(Raiser()).fit(data())
    assert caught.traceback[-1].name == "on_fit_task_end"
    assert caught.traceback[-1].path == Path(__file__)


@pytest.mark.parametrize("solver", ["auto", "adam"])
def test_an_exception_keeps_no_data_alive(solver):
    def watched_data():
        X = data()
        with suppress(RuntimeError):
            small(solver=solver).set_callbacks(Raiser()).fit(X)
        return weakref.ref(X)

    assert watched_data()() is None  # at once, without a look for cycles


def test_bad_input_reaches_no_callback():
    recorder = Recorder()
    with pytest.raises(ValueError, match="NaN"):
        small().set_callbacks(recorder).fit(np.full((9, 2), np.nan))
    assert recorder.events == []


def test_an_error_before_the_first_step_leaves_the_estimator_as_it_was():
    class Refuses(Recorder):
        def on_fit_task_begin(self, estimator, context):
            raise RuntimeError("not today")

    recorder = Refuses()
    autoencoder = small().fit(data())
    before = dict(vars(autoencoder))
    with pytest.raises(RuntimeError, match="not today"):
        autoencoder.set_callbacks(recorder).fit(np.ones((9, 2)))
    assert recorder.events == ["setup", "teardown"]
    autoencoder.set_callbacks()
    assert vars(autoencoder) == before


def test_callbacks_reach_the_steps_of_a_pipeline():
    recorder = Propagated()
    make_pipeline(StandardScaler(), small()).set_callbacks(recorder).fit(data())
    assert sum(event.startswith("epoch") for event in recorder.events) == 6


def test_the_progress_bar_and_the_scoring_monitor_work():
    pytest.importorskip("rich")
    monitor = callback.ScoringMonitor(scoring={"score": lambda estimator, X, y: estimator.score(X)})
    X = data()
    autoencoder = SparseAutoencoder(3, max_iter=3, random_state=0)
    autoencoder.set_callbacks(monitor, callback.ProgressBar()).fit(X, X)
    scores = [row["score"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 3
    EQUIVALENCE.assert_close(scores[-1], autoencoder.score(X))
