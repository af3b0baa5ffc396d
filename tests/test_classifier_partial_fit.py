"""A classifier that gets its rows block by block."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from as_given import EncoderClassifier
from classifiers import assert_refused, assert_same_fit, data, encoder, small
from tolerances import EQUIVALENCE

CLASSES = ["low", "middle", "high"]


@pytest.mark.parametrize("fitted", [True, False])
@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop", "sgd"])
def test_the_first_call_is_a_fit_of_one_epoch(solver, fitted):
    x, y = data()
    weights = np.arange(len(x)) % 3
    start = encoder().fit(x[:40]) if fitted else encoder()
    part = small(start, solver=solver).partial_fit(x, y, CLASSES, sample_weight=weights)
    whole = small(start, solver=solver, max_iter=1).fit(x, y, sample_weight=weights)
    assert_same_fit(part, whole)
    assert (part.n_iter_, part.t_) == (1, len(x))
    np.testing.assert_array_equal(part.encoder_.coefs_[0], whole.encoder_.coefs_[0])


@pytest.mark.parametrize("corruption", [None, "masking"])
def test_blocks_are_a_fit_of_the_whole(corruption):
    x, y = data(64)
    start = encoder().fit(x)
    settings = {"corruption": corruption, "scale": None, "solver": "adam", "shuffle": False}
    blocks = small(start, **settings)
    for rows in np.split(np.arange(64), 4):
        blocks.partial_fit(x[rows], y[rows], classes=CLASSES)
    whole = small(start, **settings, max_iter=1).fit(x, y)
    for a, b in zip(blocks.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    EQUIVALENCE.assert_close(np.mean(blocks.loss_curve_), whole.loss_)


def test_an_encoder_that_is_not_fitted_is_trained_on_the_first_block_alone():
    x, y = data()
    classifier = small().partial_fit(x[:40], y[:40], CLASSES)
    first = classifier.encoder_
    np.testing.assert_array_equal(first.coefs_[0], encoder().fit(x[:40]).coefs_[0])
    assert classifier.partial_fit(x[40:], y[40:]).encoder_ is first


def test_a_block_may_lack_classes():
    x, y = data()
    classifier = small().partial_fit(x[y == "low"], y[y == "low"], classes=CLASSES)
    assert classifier.classes_.tolist() == ["high", "low", "middle"]
    assert classifier.predict_proba(x).shape == (len(x), 3)
    before = classifier.coefs_[1].copy()
    classifier.partial_fit(x[y == "high"], y[y == "high"])
    assert (classifier.coefs_[1] != before).any()


def test_labels_are_told_apart_by_value_and_type():
    x, y = data()
    numbers = np.searchsorted(["high", "low", "middle"], y)
    expected = small().partial_fit(x, numbers, [0, 1, 2])
    assert_same_fit(small().partial_fit(x, numbers.astype(object), classes=np.array([2, 1, 0], np.int8)), expected)
    assert_refused(
        expected, ValueError, r"y has the labels \['0', '1', '2'\]", lambda c: c.partial_fit(x, numbers.astype(str))
    )


def test_after_fit_it_goes_on():
    x, y = data()
    classifier = small().fit(x, y)
    curve, before = classifier.loss_curve_, classifier.coefs_[0].copy()
    classifier.partial_fit(x, y)
    assert classifier.n_iter_ == 6
    assert classifier.loss_curve_[:5] == curve
    step = np.abs(classifier.coefs_[0] - before).max()
    assert 0 < step < 10 * classifier.learning_rate_init_ * 6  # six updates of Adam, each of about the learning rate
    assert classifier.fit(x, y).n_iter_ == 5


def test_classes_may_be_repeated_but_not_changed():
    x, y = data()
    assert_refused(small(), ValueError, "first call of partial_fit needs classes", lambda c: c.partial_fit(x, y))
    classifier = small().partial_fit(x, y, CLASSES).partial_fit(x, y, CLASSES[::-1])
    for classes in (["low", "middle"], [*CLASSES, "highest"], [0, 1, 2]):
        message = r"partial_fit goes on with the classes \['high', 'low', 'middle'\], found classes="
        assert_refused(classifier, ValueError, message, lambda c, classes=classes: c.partial_fit(x, y, classes))


def test_unknown_labels_are_named():
    x, y = data()
    strange = y.astype(object)
    strange[[3, 5]] = "higher", "lowest"
    message = r"y has the labels \['higher', 'lowest'\], which are not among the classes \['high', 'low', 'middle'\]"
    assert_refused(small(), ValueError, message, lambda c: c.partial_fit(x, strange, CLASSES))
    for fitted in (small().fit(x, y), small().partial_fit(x, y, CLASSES)):
        assert_refused(fitted, ValueError, message, lambda c: c.partial_fit(x, strange))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (np.ma.masked_equal([1, 2, 3], 2), "classes is a masked array"),
        ([[1, 2], [3, 4]], r"classes must hold one label a row, found .* \(2, 2\)"),
        ([1.0, np.nan], "classes contains NaN"),
        ([], r"classes must hold one label a row, found .* \(0,\)"),
        (0, r"classes must hold one label a row, found .* \(\)"),
    ],
)
def test_bad_classes(classes, message):
    x, y = data()
    assert_refused(small(), ValueError, message, lambda c: c.partial_fit(x, y, classes))


def test_solvers_that_need_all_rows_have_no_partial_fit():
    assert not hasattr(small(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError) as caught:
        _ = small(solver="lbfgs").partial_fit
    assert "solver='lbfgs' needs all: use fit" in str(caught.value.__cause__)


def test_what_one_pass_cannot_honour_is_refused():
    x, y = data()
    for parameters in ({"early_stopping": True}, {"learning_rate": "cosine"}, {"warmup_epochs": 1.0}):
        message = f"cannot honour {next(iter(parameters))}"
        assert_refused(small(**parameters), ValueError, message, lambda c: c.partial_fit(x, y, CLASSES))


def test_any_number_of_threads_gives_the_same_bits():
    x, y = data(1100, 40)
    start = encoder(n_components=300, n_active=20).fit(x)
    expected = small(start, batch_size=1100, n_jobs=1).partial_fit(x, y, CLASSES).partial_fit(x, y)
    assert_same_fit(small(start, batch_size=1100, n_jobs=2).partial_fit(x, y, CLASSES).partial_fit(x, y), expected)


def test_it_can_request_its_metadata():
    requests = EncoderClassifier(encoder())._get_metadata_request()
    assert set(requests.partial_fit.requests) == {"classes", "sample_weight"}
    assert set(requests.fit.requests) == {"sample_weight", "X_val", "y_val"}


def test_callbacks_hear_of_it():
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    (x, y), classifier = data(), small()
    for _ in range(2):
        monitor = callback.ScoringMonitor(scoring="accuracy")
        classifier.set_callbacks(monitor).partial_fit(x, y, CLASSES)
        rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
        assert [row["accuracy"] for row in rows] == [classifier.score(x, y)]


def test_weights_and_validation_rows_reach_the_last_step_of_a_pipeline():
    x, y = data()
    arguments = {"sample_weight": np.arange(90.0), "X_val": x[:9], "y_val": y[:9]}
    pipeline = make_pipeline(small()).fit(x, y, **{f"encoderclassifier__{k}": v for k, v in arguments.items()})
    assert_same_fit(pipeline[-1], small().fit(x, y, **arguments))
