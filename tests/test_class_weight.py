"""class_weight multiplies sample_weight."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from classifiers import assert_refused, assert_same_fit, data, encoder, small
from tolerances import EQUIVALENCE

WEIGHTS = {"low": 3.0, "middle": 0.25, "high": 1.0}


def assert_close_fit(actual, expected):
    EQUIVALENCE.assert_close(actual.loss_curve_, expected.loss_curve_)
    for a, b in zip(actual.coefs_, expected.coefs_, strict=True):
        EQUIVALENCE.assert_close(a, b)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("class_weight", ["balanced", WEIGHTS, {"low": 0, "high": np.int8(2)}], ids=str)
def test_it_weighs_rows_by_their_class(class_weight, solver):
    x, y = data()
    start = encoder().fit(x)
    by_class = small(start, solver=solver, class_weight=class_weight).fit(x, y)
    rows = (
        compute_sample_weight("balanced", y)
        if class_weight == "balanced"
        else np.array([class_weight.get(label, 1) for label in y.tolist()])
    )
    assert_close_fit(by_class, small(start, solver=solver).fit(x, y, sample_weight=rows))
    assert by_class.loss_curve_ != small(start, solver=solver).fit(x, y).loss_curve_


def test_it_multiplies_sample_weight():
    x, y = data()
    start, weights = encoder().fit(x), np.arange(1.0, 91)
    rows = weights * np.array([WEIGHTS[label] for label in y])
    by_class = small(start, class_weight=WEIGHTS).fit(x, y, sample_weight=weights)
    assert_close_fit(by_class, small(start).fit(x, y, sample_weight=rows))


def test_balanced_counts_weights_as_repetitions():
    x, y = data()
    start, weights = encoder().fit(x), np.arange(90) % 4
    weighted = small(start, solver="lbfgs", class_weight="balanced").fit(x, y, sample_weight=weights)
    repeated = small(start, solver="lbfgs", class_weight="balanced").fit(x.repeat(weights, 0), y.repeat(weights))
    assert_close_fit(weighted, repeated)


def test_balanced_counts_all_rows_also_those_set_apart():
    x, y = data()
    start = encoder().fit(x)
    balanced = small(start, class_weight="balanced", early_stopping=True, validation_fraction=0.3).fit(x, y)
    rows = compute_sample_weight("balanced", y)
    expected = small(start, early_stopping=True, validation_fraction=0.3).fit(x, y, sample_weight=rows)
    assert_close_fit(balanced, expected)
    EQUIVALENCE.assert_close(balanced.validation_loss_curve_, expected.validation_loss_curve_)


def test_a_class_without_weight_in_sample_weight_leaves_balanced_to_the_others():
    x, y = data()
    start, weights = encoder().fit(x), np.where(y == "low", 0.0, 1.0)
    weighted = small(start, class_weight="balanced").fit(x, y, sample_weight=weights)
    rows = weights * compute_sample_weight("balanced", y)
    assert_close_fit(weighted, small(start).fit(x, y, sample_weight=rows))


def test_it_does_not_weigh_what_the_encoder_learns_from():
    x, y = data()
    np.testing.assert_array_equal(
        small(class_weight=WEIGHTS).fit(x, y).encoder_.coefs_[0], small().fit(x, y).encoder_.coefs_[0]
    )


@pytest.mark.parametrize(
    "labels", [[True, False], [0, 1], [-1.0, 2.0], ["1", "2"]], ids=["booleans", "integers", "floats", "digits"]
)
def test_labels_of_any_type(labels):
    x, y = data()
    of_two = np.where(y == "low", *labels)
    start = encoder().fit(x)
    found = small(start, class_weight={labels[0]: 5.0}).fit(x, of_two)
    assert_close_fit(found, small(start).fit(x, of_two, sample_weight=np.where(y == "low", 5.0, 1.0)))


def test_classes_that_y_lacks_are_ignored_where_no_other_is_left_out():
    x, y = data()
    assert_same_fit(small(class_weight=WEIGHTS | {"highest": 7}).fit(x, y), small(class_weight=WEIGHTS).fit(x, y))
    message = r"class_weight gives a weight to \['Low'\], .*not among the classes .*, and none to \['low'\]"
    misspelt = {"Low": 3.0, "middle": 1.0, "high": 1.0}
    assert_refused(small(class_weight=misspelt), ValueError, message, lambda c: c.fit(x, y))
    assert_refused(small(class_weight=misspelt), ValueError, message, lambda c: c.partial_fit(x, y, list(WEIGHTS)))


def test_blocks_with_the_weights_of_balanced_are_a_balanced_fit_of_the_whole():
    """Though no block has all classes: the weights count from block to block."""
    x, y = data(64)
    order = np.argsort(y, kind="stable")
    x, y = x[order], y[order]
    start, classes = encoder().fit(x), np.unique(y)
    balanced = dict(zip(classes, compute_class_weight("balanced", classes=classes, y=y), strict=True))
    blocks = small(start, class_weight=balanced, scale=None, shuffle=False, solver="sgd")
    for rows in np.split(np.arange(64), 4):
        blocks.partial_fit(x[rows], y[rows], classes)
    whole = small(start, class_weight="balanced", scale=None, shuffle=False, solver="sgd", max_iter=1).fit(x, y)
    for a, b in zip(blocks.coefs_, whole.coefs_, strict=True):
        EQUIVALENCE.assert_close(a, b)
    EQUIVALENCE.assert_close(np.mean(blocks.loss_curve_), whole.loss_)


def test_partial_fit_cannot_balance():
    x, y = data()
    message = "partial_fit .* class_weight='balanced'.*give a dict.*compute_class_weight"
    for classifier in (small(class_weight="balanced"), small(class_weight="balanced").fit(x, y)):
        assert_refused(classifier, ValueError, message, lambda c: c.partial_fit(x, y, list(WEIGHTS)))


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ("auto", ValueError, "class_weight must be None, 'balanced' or a dict.*found 'auto'"),
        ([1, 2, 3], TypeError, "class_weight must be None, 'balanced' or a dict.*found .* of type list"),
        ({"low": -1.0}, ValueError, r"class_weight\['low'\] must be finite and not negative, found -1.0"),
        ({"low": np.nan}, ValueError, r"class_weight\['low'\] must be finite"),
        ({"low": np.inf}, ValueError, r"class_weight\['low'\] must be finite"),
        ({"low": "3"}, TypeError, r"class_weight\['low'\] must be a real number, found '3'"),
        (dict.fromkeys(WEIGHTS, 0), ValueError, "sample_weight times class_weight is zero in every row"),
    ],
    ids=str,
)
def test_bad_weights(class_weight, error, message):
    x, y = data()
    assert_refused(small(class_weight=class_weight), error, message, lambda c: c.fit(x, y))
    assert_refused(small(class_weight=class_weight), error, message, lambda c: c.partial_fit(x, y, list(WEIGHTS)))


def test_huge_weights_do_not_overflow():
    x, y = data()
    start = encoder().fit(x)
    huge = {label: weight / 3 * 1e308 for label, weight in WEIGHTS.items()}
    found = small(start, class_weight=huge).fit(x, y, sample_weight=np.arange(90.0))
    assert_close_fit(found, small(start, class_weight=WEIGHTS).fit(x, y, sample_weight=np.arange(90.0)))
