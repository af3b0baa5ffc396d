"""What X may be where an encoder is used again: the features, their names and order, and the dtype of the encoder."""

import warnings

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from classifiers import assert_refused, assert_same_fit, data, encoder, small
from eigencoder import Autoencoder, StackedAutoencoder

pandas = pytest.importorskip("pandas")
NAMES = list("abcdefg")


def frame(names=NAMES):
    return pandas.DataFrame(data()[0], columns=names)


def message_of(call):
    """What the call warns of or raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except ValueError as error:
            return str(error)
    return "\n".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("wrap", [lambda encoder: encoder, FrozenEstimator], ids=["itself", "frozen"])
@pytest.mark.parametrize(
    ("fitted_on", "given"),
    [
        (frame(), frame(NAMES[::-1])),
        (frame(), frame([*NAMES[:-1], "x"])),
        (frame(), data()[0]),
        (data()[0], frame()),
        (data()[0][:, :3], data()[0]),
        (frame()[NAMES[:3]], frame()),
    ],
    ids=["order", "names", "no names", "new names", "number", "more names"],
)
def test_a_fitted_encoder_says_of_x_what_transform_says(fitted_on, given, wrap):
    start = encoder().fit(fitted_on)
    expected = message_of(lambda: start.transform(given))
    assert expected
    y = data()[1]
    assert message_of(lambda: small(wrap(start)).fit(given, y)) == expected
    assert message_of(lambda: small(wrap(start)).partial_fit(given, y, np.unique(y))) == expected


def test_a_refusal_leaves_the_classifier_as_it_was():
    start = encoder().fit(frame())
    y = data()[1]
    assert_refused(small(start), ValueError, "names should match", lambda c: c.fit(frame(NAMES[::-1]), y))
    fitted = small(start).fit(frame(), y)
    assert_refused(fitted, ValueError, "names should match", lambda c: c.fit(frame(NAMES[::-1]), y))


@pytest.mark.parametrize(("of_encoder", "of_x"), [("float32", "float64"), ("float64", "float32"), ("float32", "int8")])
def test_a_classifier_is_trained_in_the_dtype_of_its_encoder(of_encoder, of_x):
    x, y = data()
    x = (10 * x).astype(of_x)
    start = encoder().fit(data()[0].astype(of_encoder))
    classifier = small(start).fit(x, y)
    assert {array.dtype for array in classifier.coefs_ + classifier.intercepts_} == {np.dtype(of_encoder)}
    assert classifier.predict_proba(x).dtype == of_encoder
    assert_same_fit(classifier, small(start).fit(x.astype(of_encoder), y))
    parts = small(start).partial_fit(x, y, np.unique(y)).partial_fit(x.astype("float64"), y)
    assert parts.coefs_[0].dtype == of_encoder


def test_numbers_that_the_encoder_s_dtype_cannot_hold_are_refused():
    x, y = data()
    start = encoder().fit(x.astype("float32"))
    x[3, 2] = 1e300
    assert_refused(small(start), ValueError, "infinity or a value too large", lambda c: c.fit(x, y))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_an_encoder_that_it_trains_has_the_names_of_the_columns(method):
    y = data()[1]
    stack = StackedAutoencoder([StackedAutoencoder([encoder(), encoder()], max_iter=1), encoder()], max_iter=1)
    arguments = {"classes": np.unique(y)} if method == "partial_fit" else {}
    classifier = getattr(small(stack), method)(frame(), y, **arguments)
    outer = classifier.encoder_
    for fitted in (outer, outer[0], outer[0][0], outer[:1]):
        assert fitted.feature_names_in_.tolist() == NAMES
        fitted.transform(frame())  # without a warning
    for fitted in (outer[1], outer[0][1]):
        assert not hasattr(fitted, "feature_names_in_")
    assert not hasattr(getattr(small(stack), method)(data()[0], y, **arguments).encoder_, "feature_names_in_")


def test_the_first_layer_of_a_stack_has_the_names_of_the_columns():
    stack = StackedAutoencoder([Autoencoder(4, max_iter=1), Autoencoder(3, max_iter=1)], max_iter=1)
    for fitted in (stack.fit(frame()), stack.partial_fit(frame())):
        assert fitted[0].feature_names_in_.tolist() == NAMES
        fitted[0].transform(frame())
        with pytest.raises(ValueError, match="names should match"):
            fitted[0].transform(frame(NAMES[::-1]))
        assert not hasattr(fitted[1], "feature_names_in_")
    assert not hasattr(stack.fit(data()[0])[0], "feature_names_in_")


def test_an_encoder_that_was_fitted_before_keeps_what_it_has():
    start = encoder().fit(data()[0])
    with pytest.warns(UserWarning, match="X has feature names, but Autoencoder was fitted without"):
        classifier = small(start).fit(frame(), data()[1])
    assert not hasattr(classifier.encoder_, "feature_names_in_")
    assert classifier.feature_names_in_.tolist() == NAMES
