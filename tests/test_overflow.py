"""Finite numbers whose squares overflow are computed in float64, or named."""

import numpy as np
import pytest

from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder
from eigencoder import DivergenceError
from refusals import assert_refused, data
from tolerances import EQUIVALENCE, NATIVE_OVER_REFERENCE

HUGE = {"float32": 1e25, "float64": -1e200}


def with_huge(dtype, n_samples=30):
    X = data(n_samples).astype(dtype)
    X[3, 2] = HUGE[dtype]
    return X


def frame(X):
    return pytest.importorskip("pandas").DataFrame(X, columns=["a", "b", "c", "d"])


def fitted(dtype, X=None):
    return Autoencoder(2, max_iter=3, random_state=0).fit(data().astype(dtype) if X is None else X)


def test_a_score_that_float32_cannot_hold_is_one_of_float64():
    autoencoder, X = fitted("float32"), with_huge("float32", 3000)
    X[2500:] *= np.float32(1e20)
    scores = autoencoder.score_samples(X)
    assert scores.dtype == np.float64
    coefs, intercepts = (
        [a.astype(np.float64) for a in arrays] for arrays in (autoencoder.coefs_, autoencoder.intercepts_)
    )
    double = fitted("float64")
    double.coefs_, double.intercepts_ = coefs, intercepts
    NATIVE_OVER_REFERENCE["cpu", "float32"].assert_close(np.log(-scores), np.log(-double.score_samples(X)))
    fine = np.delete(np.arange(2500), 3)
    np.testing.assert_array_equal(scores[fine], autoencoder.score_samples(X[fine]))
    assert autoencoder.score(X) == pytest.approx(double.score(X))


def test_a_score_beyond_float64_names_the_row_the_column_and_the_value():
    X = with_huge("float64")
    for method in ("score_samples", "score"):
        message = r"the squared error of row 3 is not finite, where X has -1e\+200 in row 3, column 2: scale X"
        assert_refused(fitted("float64"), ValueError, message, lambda a, m=method: getattr(a, m)(X))
        message = r"X has -1e\+200 in row 3, column 'c': scale X"
        named = fitted("float64", frame(data()))
        assert_refused(named, ValueError, message, lambda a, m=method: getattr(a, m)(frame(X)))


def test_a_sum_of_scores_beyond_float64_names_the_largest_entry():
    X = np.sign(data() - 0.5) * 5e153
    X[7, 1] = 6e153
    autoencoder = fitted("float64")
    assert np.isfinite(autoencoder.score_samples(X)).all()
    message = r"the sum of squares is not finite, where X has 6e\+153 in row 7, column 1: scale X"
    assert_refused(autoencoder, ValueError, message, lambda a: a.score(X))


@pytest.mark.parametrize("dtype", HUGE)
def test_a_row_without_weight_has_no_part_in_a_score(dtype):
    X, weights = with_huge(dtype), np.ones(30)
    weights[3] = 0
    expected = fitted(dtype).score(np.delete(X, 3, axis=0))
    EQUIVALENCE.assert_close(fitted(dtype).score(X, sample_weight=weights), expected)


def test_weights_that_are_not_finite_are_named_and_not_the_rows():
    autoencoder = fitted("float32")
    autoencoder.coefs_[1][0, 0] = np.nan
    assert_refused(autoencoder, ValueError, "coefs_ and intercepts_ must be finite", lambda a: a.score_samples(data()))


@pytest.mark.parametrize("dtype", HUGE)
@pytest.mark.parametrize("parameters", [{}, {"solver": "sgd"}, {"solver": "lbfgs"}], ids=str)
def test_a_divergence_names_the_entry_whose_square_overflows(parameters, dtype):
    X, value = with_huge(dtype), f"{HUGE[dtype]:g}".replace("+", r"\+")
    autoencoder = Autoencoder(2, random_state=0, **parameters)
    message = (
        f"in epoch 1: X has entries up to {value}, in row 3, column 2, whose squares {dtype} cannot sum up: scale X"
    )
    with pytest.raises(DivergenceError, match=message):
        autoencoder.fit(X)
    assert np.isfinite(autoencoder.coefs_[0]).all()
    with pytest.raises(DivergenceError, match="in row 3, column 'c'"):
        autoencoder.fit(frame(X))
    with pytest.raises(DivergenceError, match=r"X_val has entries up to .*: scale X_val"):
        autoencoder.set_params(early_stopping=True).fit(data().astype(dtype), X_val=X)


@pytest.mark.parametrize("dtype", HUGE)
def test_without_epochs_it_is_the_initial_weights_that_diverge(dtype):
    autoencoder = Autoencoder(2, max_iter=0, random_state=0)
    with pytest.raises(DivergenceError, match="the loss of the initial weights is not finite: X has entries up to"):
        autoencoder.fit(with_huge(dtype))
    np.testing.assert_array_equal(autoencoder.coefs_[0], autoencoder.fit(data().astype(dtype)).coefs_[0])
    with pytest.raises(DivergenceError, match="in epoch 1: X has entries up to"):
        autoencoder.partial_fit(with_huge(dtype))


@pytest.mark.parametrize("data_of", [lambda X: {"X": X}, lambda X: {"X": data(), "X_val": X}], ids=["X", "X_val"])
@pytest.mark.parametrize(
    "autoencoder", [Autoencoder(2, activation="identity", solver="exact"), Autoencoder(0.5)], ids=["exact", "search"]
)
def test_what_sums_up_squares_names_the_entry_before_any_work(autoencoder, data_of):
    arguments = data_of(with_huge("float64"))
    name = list(arguments)[-1]
    message = rf"{name} has entries up to -1e\+200, in row 3, column 2, .*: scale {name}"
    assert_refused(autoencoder, ValueError, message, lambda a: a.fit(**arguments))
    arguments = {key: frame(value) for key, value in arguments.items()}
    assert_refused(autoencoder, ValueError, "in row 3, column 'c'", lambda a: a.fit(**arguments))


def test_layers_and_encoders_name_it_too():
    X = with_huge("float64")
    with pytest.raises(DivergenceError, match=r"^layer1: .*in row 3, column 2.*the stack stays as it was"):
        StackedAutoencoder([Autoencoder(2)]).fit(X)
    with pytest.raises(DivergenceError, match="in row 3, column 2"):
        EncoderClassifier(Autoencoder(2)).fit(X, np.arange(30) % 3)
