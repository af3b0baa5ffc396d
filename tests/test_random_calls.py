"""Any call on any estimator with any data works, with finite results, or is refused and changes nothing."""

import pickle

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import check_random_state

from eigencoder import DivergenceError, EncoderClassifier
from states import expecting_warnings, state
from strategies import (
    EXTREME,
    FEATURES,
    IN_UNIT_INTERVAL,
    INVALID,
    any_data,
    any_labels,
    any_weights,
    estimators,
    labels,
    matrices,
    odd_settings,
    positive_weights,
)

PER_ROW = ["transform", "reconstruct", "score_samples", "predict", "predict_proba", "predict_log_proba"]
PER_ROW += ["decision_function", "inverse_transform"]
CALLS = ["fit", "fit", "fit", "partial_fit", "partial_fit", *PER_ROW, "score", "get_feature_names_out"]
CALLS += ["set_params", "get_params", "__sklearn_clone__", "pickle"]
GLOBAL_GENERATOR = check_random_state(None)


def perform(estimator, name, arguments):
    if name == "pickle":
        return pickle.loads(pickle.dumps(estimator))
    return expecting_warnings(lambda: getattr(estimator, name)(**arguments))


def assert_trained(estimator, dtype=None):
    """Finite weights and curves, which fit together."""
    assert dtype is None or estimator._dtype == dtype
    for array in (*estimator.coefs_, *estimator.intercepts_):
        assert array.dtype == estimator._dtype
        assert np.isfinite(array).all()
    assert np.isfinite(estimator.loss_curve_).all()
    assert len(estimator.loss_curve_) == estimator.n_iter_
    assert len(estimator.validation_loss_curve_) <= estimator.n_iter_


def assert_results(estimator, name, result, n_rows, *, finite=True):
    """The shape and the type that the docstring names."""
    n_features, n_classes = estimator.n_features_in_, len(getattr(estimator, "classes_", ()))
    shape = {
        "transform": lambda: (n_rows, estimator.n_components_),
        "reconstruct": lambda: (n_rows, n_features),
        "inverse_transform": lambda: (n_rows, n_features),
        "decision_function": lambda: (n_rows,) if n_classes == 2 else (n_rows, n_classes),
        "predict_proba": lambda: (n_rows, n_classes),
        "predict_log_proba": lambda: (n_rows, n_classes),
    }.get(name, lambda: (n_rows,))()
    assert result.shape == shape
    if name == "predict":
        assert result.dtype == estimator.classes_.dtype
        return
    assert result.dtype == ("float64" if name == "score_samples" else estimator._dtype)
    if finite:
        assert np.isfinite(result).all()


def fit_arguments(estimator, X, y, weights):
    """With labels where they are needed; a call without weights has None for them."""
    arguments = {"X": X, "sample_weight": weights}
    return arguments | {"y": y} if isinstance(estimator, EncoderClassifier) else arguments


@given(estimators(), st.data())
def test_settings_that_can_be_combined_train_on_any_numbers_in_the_unit_interval(estimator, data):
    X = data.draw(matrices(n_rows=st.integers(12, 20), kinds=IN_UNIT_INTERVAL), label="X")
    y, weights = data.draw(labels(len(X)), label="y"), data.draw(positive_weights(len(X)), label="weights")
    arguments, before = fit_arguments(estimator, X, y, weights), state(estimator.get_params())
    perform(estimator, "fit", arguments)
    assert_trained(estimator, X.dtype.newbyteorder("="))
    if not isinstance(estimator.random_state, (np.random.RandomState, np.random.Generator)):
        assert state(estimator.get_params()) == before
    for name in PER_ROW:
        if hasattr(estimator, name):
            given = perform(estimator, "transform", {"X": X}) if name == "inverse_transform" else X
            assert_results(estimator, name, perform(estimator, name, {"X": given}), len(X))
    assert np.isfinite(estimator.score(X, y, sample_weight=weights))


@given(estimators(), odd_settings(INVALID), st.data())
def test_one_value_that_cannot_be_used_is_refused_by_name(estimator, odd, data):
    (name, value), X = odd, data.draw(matrices(n_rows=st.integers(12, 20), kinds=IN_UNIT_INTERVAL), label="X")
    names = [key for key in estimator.get_params() if key.split("__")[-1] == name]
    if not names:
        return
    estimator.set_params(**{data.draw(st.sampled_from(names), label="parameter"): value})
    before, generator = state(estimator), state(GLOBAL_GENERATOR)
    with pytest.raises((TypeError, ValueError), match=name):
        perform(estimator, "fit", fit_arguments(estimator, X, np.arange(len(X)) % 3, None))
    assert state(estimator) == before
    assert state(GLOBAL_GENERATOR) == generator


def length(X):
    """The number of rows, or any where it has none."""
    return len(X) if isinstance(X, list) else (*getattr(X, "shape", ()), 3)[0]


@st.composite
def calls(draw, estimator, n_features):
    """The name of a call and its arguments."""
    name = draw(st.sampled_from([name for name in CALLS if name == "pickle" or hasattr(type(estimator), name)]))
    if name in ("get_params", "__sklearn_clone__", "pickle"):
        return name, {}
    if name == "set_params":
        parameter, value = draw(st.one_of(odd_settings(EXTREME), odd_settings(INVALID)))
        return name, {parameter: value} if parameter in estimator.get_params(deep=False) else {}
    if name == "get_feature_names_out":
        return name, {"input_features": draw(st.sampled_from([None, ["a"] * n_features, "a"]))}
    n_columns = getattr(estimator, "n_components_", 1) if name == "inverse_transform" else n_features
    X = draw(any_data(n_columns))
    arguments = {"X": X}
    n_rows = length(X)
    classifies = isinstance(estimator, EncoderClassifier)
    if name in ("fit", "partial_fit", "score"):
        measures_accuracy = classifies and name == "score"  # as scikit-learn does, whose sum of weights may overflow
        arguments["sample_weight"] = draw(positive_weights(n_rows) if measures_accuracy else any_weights(n_rows))
        if classifies:
            arguments["y"] = draw(any_labels(n_rows))
    if name == "partial_fit" and classifies:
        arguments["classes"] = draw(st.sampled_from([[0, 1, 2], [2, 1, 0], None, None, ["0", "1", "2"], [0], [], "0"]))
    if name == "fit" and draw(st.integers(0, 3)) == 3:
        X_val = draw(any_data(n_features))
        arguments["X_val"] = X_val
        if classifies:
            arguments["y_val"] = draw(any_labels(length(X_val)))
    return name, arguments


def outcome(estimator, name, arguments):
    """The result of a call, or the error by which it is refused."""
    try:
        return perform(estimator, name, arguments), None
    except (ValueError, TypeError, AttributeError) as error:  # NotFittedError is two of them
        return None, error


def may_overflow(estimator, X):
    """Whether products of the weights and X may be beyond all numbers."""
    largest = max(np.abs(array).max() for array in (*estimator.coefs_, *estimator.intercepts_))
    return largest > 100 or np.abs(np.asarray(X, float)).max() > 1e10


@given(estimators(), FEATURES, st.data())
def test_any_call_works_or_is_refused_and_changes_nothing(estimator, n_features, data):
    if data.draw(st.sampled_from([True, True, False]), label="fitted"):
        X = np.random.default_rng(0).random((20, n_features))
        outcome(estimator, "fit", fit_arguments(estimator, X, np.arange(20) % 3, None))
    for _ in range(data.draw(st.integers(1, 6), label="number of calls")):
        name, arguments = data.draw(calls(estimator, n_features), label="call")
        trains = name in ("fit", "partial_fit")
        given = state(arguments)
        before = state(estimator), state(GLOBAL_GENERATOR)
        result, error = outcome(estimator, name, arguments)
        assert state(arguments) == given
        assert error is None or str(error)
        if trains and (error is None or isinstance(error, DivergenceError)):
            if hasattr(estimator, "coefs_"):  # that of a part leaves the whole as it was
                assert_trained(estimator)
        elif name != "set_params":
            assert (state(estimator), state(GLOBAL_GENERATOR)) == before
        if error is None and name == "pickle":
            assert state(result) == before[0]
        if error is None and name in PER_ROW:
            X = arguments["X"]
            assert_results(estimator, name, result, len(X), finite=not may_overflow(estimator, X))
