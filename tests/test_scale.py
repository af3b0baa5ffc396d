"""The units of training: a fit is that of rows which came in them, and its weights take rows as they are given."""

import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone

from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder
from eigencoder import DivergenceError
from eigencoder._data.training_data import TrainingData
from eigencoder._training.network import Network as NativeNetwork
from eigencoder._training.units import SCALES, Units, fold_scales, unfold_scales
from eigencoder.reference import Dataset, Network, Objective, Optimizer, Schedule, exact, scaling, training
from tolerances import EQUIVALENCE, OTHER_UNITS, TRAINING

SIZES = (6, 3, 6)
LARGEST_OFFSET = {"float32": 1e3, "float64": 1e5}  # of the spread


def data(n_samples=120):
    """Rows of six columns about 0, whose spreads, averaged, are about 1."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_samples, 6)) * [2, 1.2, 0.7, 0.4, 0.3, 0.2] @ np.linalg.qr(rng.normal(size=(6, 6)))[0]


X = data() * [1, 2, 0.5, 1, 3, 1] + [0, 5, -2, 1, 0, 3]
UNIT_X = (X - X.min(axis=0)) / np.ptp(X, axis=0)


def small(**parameters):
    settings = {"activation": "tanh", "code_activation": None, "learning_rate_init": 0.01, "batch_size": 40}
    settings |= {"max_iter": 3, "random_state": 0}
    return Autoencoder(**({"n_components": 3} | settings | parameters))


def center_and_spread(scale, x):
    if scale == "minmax":
        return x.min(axis=0), np.ptp(x, axis=0)
    return x.mean(axis=0), np.sqrt(x.var(axis=0).mean()) * np.ones(6) if scale == "auto" else x.std(axis=0)


def arrays(model):
    return model.coefs_ + model.intercepts_


def assert_same_bits(a, b):
    for one, other in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_array_equal(one, other)


def assert_close_weights(a, b, tolerance=EQUIVALENCE):
    for one, other in zip(arrays(a), arrays(b), strict=True):
        tolerance.assert_close(one, other)


@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
@pytest.mark.parametrize("fit", [("glorot", 0), ("glorot", 20), ("pca", 0), ("pca", 20)], ids=str)
@pytest.mark.parametrize("dtype", LARGEST_OFFSET)
def test_codes_do_not_depend_on_the_units_of_x(dtype, fit, hidden):
    init, max_iter = fit
    model = small(scale="auto", init=init, max_iter=max_iter, hidden_layer_sizes=hidden)
    direction = np.array([0.1, -0.4, 0.2, 0.7, -0.5, 0.2])
    for factor, offset in ((1e-12, 0), (1e12, 1), (1 / 3, LARGEST_OFFSET[dtype]), (1e12, LARGEST_OFFSET[dtype])):
        x = (factor * (data() + offset * direction)).astype(dtype)
        as_rounded = (x.astype(np.float64) / factor - offset * direction).astype(dtype)
        expected, other = clone(model).fit(as_rounded), clone(model).fit(x)
        codes, loss = expected.transform(as_rounded), expected.loss_
        assert np.abs(other.transform(x) - codes).max() <= OTHER_UNITS[dtype] * np.abs(codes).max()
        assert abs(other.loss_ / factor**2 - loss) <= OTHER_UNITS[dtype] * loss


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("init", ["glorot", "pca"])
@pytest.mark.parametrize("dtype", LARGEST_OFFSET)
def test_a_power_of_two_changes_no_bit(dtype, init, corruption):
    x = X.astype(dtype)
    model = small(scale="auto", init=init, corruption=corruption, hidden_layer_sizes=(4,))
    expected = clone(model).fit(x)
    for exponent in (-40, 3, 40):
        other = clone(model).fit(np.ldexp(x, exponent))
        np.testing.assert_array_equal(other.transform(np.ldexp(x, exponent)), expected.transform(x), strict=True)
        assert other.loss_curve_ == [loss * 4.0**exponent for loss in expected.loss_curve_]


@pytest.mark.parametrize("init", ["glorot", "pca"])
@pytest.mark.parametrize("options", [{}, {"tied_weights": True, "activation": "identity"}], ids=str)
def test_the_loss_is_that_of_the_rows(options, init):
    model = small(scale="auto", init=init, max_iter=0, **options).fit(X)
    EQUIVALENCE.assert_close(model.loss_, -model.score_samples(X).mean())
    assert model.best_loss_ == model.loss_


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_where_columns_differ_the_loss_is_in_the_units_of_training(scale):
    model = small(scale=scale, max_iter=0).fit(X)
    _, spread = center_and_spread(scale, X)
    errors = ((X - model.reconstruct(X)) / spread) ** 2
    EQUIVALENCE.assert_close(model.loss_, errors.sum(axis=1).mean())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hidden_layer_sizes": (5,), "activation": "relu"},
        {"init": "pca"},
        {"alpha": 0.1, "solver": "lbfgs"},
        {"penalty": "l1", "sparsity_weight": 0.1},
        {"corruption": "gaussian"},
        {"corruption": "salt_and_pepper"},
        {"corruption": "masking", "corruption_fill": "mean", "init": "pca"},
        {"averaging": 0.9, "early_stopping": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("scale", SCALES)
def test_training_is_that_of_rows_in_these_units(scale, options):
    train, validation = X[:90], X[90:]
    center, spread = center_and_spread(scale, train)
    model = small(scale=scale, **options).fit(train, X_val=validation)
    other = small(**options).fit((train - center) / spread, X_val=(validation - center) / spread)
    TRAINING["cpu", "float64"].assert_close(model.transform(X), other.transform((X - center) / spread))
    TRAINING["cpu", "float64"].assert_close(
        model.reconstruct(X), other.reconstruct((X - center) / spread) * spread + center
    )
    factor = spread[0] ** 2 if scale == "auto" else 1.0
    TRAINING["cpu", "float64"].assert_close(model.loss_curve_, factor * np.array(other.loss_curve_))
    TRAINING["cpu", "float64"].assert_close(
        model.validation_loss_curve_, factor * np.array(other.validation_loss_curve_)
    )


@pytest.mark.parametrize("scale", SCALES)
def test_tied_weights_only_center(scale):
    center, _ = center_and_spread(scale, X)
    model = small(scale=scale, tied_weights=True).fit(X)
    other = small(tied_weights=True).fit(X - center)
    TRAINING["cpu", "float64"].assert_close(model.reconstruct(X), other.reconstruct(X - center) + center)
    TRAINING["cpu", "float64"].assert_close(model.loss_curve_, other.loss_curve_)
    np.testing.assert_array_equal(model.coefs_[0], model.coefs_[1].T)


def reference_fit(model, x, weights=None, fill=None):
    """The weights and the loss curve that the reference gives a model with the layers SIZES."""
    network = Network(SIZES, model._activations, model.tied_weights)
    objective = Objective(model.loss, corruption=model.corruption or "none", corruption_level=model.corruption_level)
    rows = np.ones(len(x)) if weights is None else weights
    units = None if model.scale is None else scaling.units_of(model.scale, x, rows, network)
    fill = np.zeros(6) if fill is None else fill
    train = Dataset.of(
        x, weights=rows, units=units, mask_fill=fill if units is None else (fill - units.center) * units.factor
    )
    result = training.fit(
        network,
        objective,
        Optimizer(learning_rate_init=model.learning_rate_init),
        Schedule(batch_size=model.batch_size, max_iter=model.max_iter),
        train,
        seed=model.random_state,
    )
    parameters = result.state.parameters
    loss_factor = 1.0
    if units is not None:
        parameters = scaling.fold(network, units, parameters)
        loss_factor = units.factor[0] ** -2 if model.scale == "auto" and units.of_target else 1.0
    return network.layers(parameters), loss_factor * np.array(result.loss_curve)


def assert_is_of_the_reference(model, expected):
    layers, loss_curve = expected
    for coef, intercept, layer in zip(model.coefs_, model.intercepts_, layers, strict=True):
        TRAINING["cpu", "float64"].assert_close(coef, layer.weights)
        TRAINING["cpu", "float64"].assert_close(intercept, layer.bias)
    TRAINING["cpu", "float64"].assert_close(model.loss_curve_, loss_curve)


@pytest.mark.parametrize("loss", ["squared_error", "binary_crossentropy"])
@pytest.mark.parametrize("scale", SCALES)
def test_an_output_that_is_not_linear_stays_in_the_units_of_x(scale, loss):
    model = small(scale=scale, output_activation="sigmoid", loss=loss).fit(UNIT_X)
    assert_is_of_the_reference(model, reference_fit(model, UNIT_X))
    if loss == "squared_error":
        model = small(scale=scale, output_activation="sigmoid", max_iter=0).fit(UNIT_X)
        EQUIVALENCE.assert_close(model.loss_, -model.score_samples(UNIT_X).mean())


@pytest.mark.parametrize("fill", ["auto", "mean", 2.5])
@pytest.mark.parametrize("scale", [None, "auto", "minmax"])
def test_what_masking_puts_in_the_place_of_an_entry(scale, fill):
    weights = np.arange(len(X)) % 3.0
    model = small(scale=scale, corruption="masking", corruption_fill=fill).fit(X, sample_weight=weights)
    mean = weights @ X / weights.sum()
    values = {"mean": mean, "auto": np.zeros(6) if scale is None else mean}.get(fill, np.full(6, fill))
    assert_is_of_the_reference(model, reference_fit(model, X, weights, values))


@pytest.mark.parametrize("fill", ["auto", "mean", 0.25])
@pytest.mark.parametrize("scale", [None, "auto"])
def test_what_masking_puts_there_under_cross_entropy(scale, fill):
    settings = {"output_activation": "sigmoid", "loss": "binary_crossentropy", "corruption": "masking"}
    model = small(scale=scale, corruption_fill=fill, **settings).fit(UNIT_X)
    values = {"mean": UNIT_X.mean(axis=0), "auto": np.zeros(6)}.get(fill, np.full(6, fill))
    assert_is_of_the_reference(model, reference_fit(model, UNIT_X, fill=values))


@pytest.mark.parametrize("fill", ["auto", "mean", 2.5])
@pytest.mark.parametrize("scale", [None, "auto", "minmax"])
@pytest.mark.parametrize("n_samples", [120, 5])
def test_what_masking_puts_there_for_an_exact_solution(n_samples, scale, fill):
    """It has the units of X whatever ``scale`` says."""
    x, weights = X[:n_samples], 1 + np.arange(n_samples) % 3.0
    settings = {"activation": "identity", "solver": "exact", "corruption": "masking", "corruption_level": 0.4}
    model = small(scale=scale, corruption_fill=fill, **settings).fit(x, sample_weight=weights)
    mean = weights @ x / weights.sum()
    values = {"mean": mean, "auto": np.zeros(6) if scale is None else mean}.get(fill, np.full(6, fill))
    network, objective = Network(SIZES, ("identity",) * 2), Objective(corruption="masking", corruption_level=0.4)
    rows = Dataset.of(x, weights=weights, mask_fill=values)
    solution = exact.solve(network, objective, rows)
    for coef, intercept, layer in zip(model.coefs_, model.intercepts_, network.layers(solution), strict=True):
        EQUIVALENCE.assert_close(coef, layer.weights)
        EQUIVALENCE.assert_close(intercept, layer.bias)
    EQUIVALENCE.assert_close(model.loss_, exact.expected_value(network, objective, solution, rows))


@pytest.mark.parametrize("init", ["glorot", "pca"])
@pytest.mark.parametrize("scale", SCALES)
def test_rows_without_weight_do_not_count(scale, init):
    others = 1e3 * X[:30]
    weights = np.repeat([1.0, 0.0], [len(X), len(others)])
    settings = {"scale": scale, "init": init, "max_iter": 0, "corruption": "masking", "corruption_fill": "mean"}
    model = small(**settings).fit(np.concatenate([X, others]), sample_weight=weights)
    assert_close_weights(model, small(**settings).fit(X))


@pytest.mark.parametrize("init", ["glorot", "pca"])
@pytest.mark.parametrize("scale", SCALES)
def test_rows_that_validate_do_not_count(scale, init):
    settings = {"scale": scale, "init": init, "max_iter": 0}
    model = small(**settings).fit(X)
    assert_same_bits(small(**settings).fit(X, X_val=1e3 * X), model)
    _, held_out = training.split_rows(len(X), 0.1, seed=0)
    x = X.copy()
    x[held_out] *= 1e3
    assert_same_bits(*(small(early_stopping=True, **settings).fit(rows) for rows in (X, x)))


def errors_in_units(model, x, spread):
    return (((x - model.reconstruct(x)) / spread) ** 2).sum(axis=1).mean()


def loss_of_a_step(model, method, x):
    """J before it."""
    return getattr(model.set_params(solver="sgd", learning_rate_init=1e-9, max_iter=1), method)(x).loss_


def test_partial_fit_keeps_the_units_of_its_first_block():
    blocks = X[:50], 7 * X[50:80] - 3, X[80:] / 5
    center, spread = center_and_spread("standard", blocks[0])
    model, other = small(scale="standard"), small()
    for block in blocks:
        model.partial_fit(block)
        other.partial_fit((block - center) / spread)
        TRAINING["cpu", "float64"].assert_close(
            model.reconstruct(block), other.reconstruct((block - center) / spread) * spread + center
        )
        TRAINING["cpu", "float64"].assert_close(model.loss_, other.loss_)


@pytest.mark.parametrize("scale", [None, "minmax"])
def test_partial_fit_takes_units_anew_where_scale_has_changed(scale):
    model, other = small(scale="standard", batch_size=200).fit(X), 7 * X[:50] - 3
    kept = errors_in_units(model, other, X.std(axis=0))
    EQUIVALENCE.assert_close(loss_of_a_step(pickle.loads(pickle.dumps(model)), "partial_fit", other), kept)
    _, spread = (0, 1) if scale is None else center_and_spread(scale, other)
    expected = errors_in_units(model, other, spread)
    EQUIVALENCE.assert_close(loss_of_a_step(model.set_params(scale=scale), "partial_fit", other), expected)


def test_a_warm_start_takes_units_anew():
    model, other = small(scale="standard", batch_size=200, warm_start=True).fit(X), 7 * X[:50] - 3
    expected = errors_in_units(model, other, other.std(axis=0))
    EQUIVALENCE.assert_close(loss_of_a_step(model, "fit", other), expected)


@pytest.mark.parametrize("scale", [None, *SCALES])
def test_a_warm_start_without_an_epoch_changes_nothing_but_rounding(scale):
    model = small(scale=scale, hidden_layer_sizes=(5,)).fit(X)
    before = clone(model).fit(X)
    assert_close_weights(model.set_params(warm_start=True, max_iter=0).fit(X), before)


@pytest.mark.parametrize("scale", SCALES)
def test_copies_train_alike(scale):
    model = small(scale=scale, averaging=0.9).fit(X)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert_same_bits(again.fit(X), model)
    copy = pickle.loads(pickle.dumps(model))
    assert_same_bits(copy.partial_fit(2 * X), model.partial_fit(2 * X))


@pytest.mark.parametrize("scale", [None, *SCALES])
def test_verbose_prints_the_losses_of_the_curves(scale, capsys):
    model = small(scale=scale, verbose=1).fit(1e3 * X, X_val=1e3 * X[:50])
    printed = np.array(re.findall(r"loss ([\d.e+-]+), validation loss ([\d.e+-]+)", capsys.readouterr().out), float)
    curves = np.stack([model.loss_curve_, model.validation_loss_curve_], axis=1)
    np.testing.assert_array_equal(printed, [[float(f"{loss:.6g}") for loss in epoch] for epoch in curves])


@pytest.mark.parametrize("scale", SCALES)
def test_callbacks_see_a_network_for_rows_as_they_are_given(scale):
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    seen = []

    class Recorder:
        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            if context.task_name == "epoch":
                seen.append(fitted_estimator.reconstruct(X))

    model = small(scale=scale).set_callbacks(Recorder()).fit(X)
    assert len(seen) == 3
    np.testing.assert_array_equal(seen[-1], model.reconstruct(X))


@pytest.mark.parametrize("scale", SCALES)
def test_a_stack_and_a_classifier_train_on_rows_in_these_units(scale):
    center, spread = center_and_spread(scale, X)
    z, y = (X - center) / spread, X[:, 0] > 0
    settings = {"max_iter": 5, "random_state": 0, "learning_rate_init": 0.01}
    layers = [small(scale=scale), small(n_components=2)], [small(), small(n_components=2)]
    stack = StackedAutoencoder(layers[0], scale=scale, **settings).fit(X)
    other = StackedAutoencoder(layers[1], **settings).fit(z)
    TRAINING["cpu", "float64"].assert_close(stack.transform(X), other.transform(z))
    TRAINING["cpu", "float64"].assert_close(stack.reconstruct(X), other.reconstruct(z) * spread + center)
    of_columns = "standard" if scale == "auto" else scale
    center, spread = center_and_spread(of_columns, X)
    z = (X - center) / spread
    classifier = EncoderClassifier(small(scale=of_columns), scale=scale, **settings).fit(X, y)
    other = EncoderClassifier(small(), **settings).fit(z, y)
    TRAINING["cpu", "float64"].assert_close(classifier.decision_function(X), other.decision_function(z))
    TRAINING["cpu", "float64"].assert_close(classifier.loss_curve_, other.loss_curve_)


@pytest.mark.parametrize("scale", SCALES)
def test_a_share_of_variance_is_found_in_any_units(scale):
    settings = {"scale": scale, "init": "pca", "activation": "identity", "max_iter": 5}
    model = small(n_components=0.7, **settings).fit(X)
    assert model.size_curve_["score"][model.size_curve_["n_components"] == model.n_components_] >= 0.7


@pytest.mark.parametrize(
    "x",
    [X[:1], X[[0] * 9], np.zeros((9, 6)), np.where(np.arange(6) == 2, 0.1, X)],
    ids=["row", "rows", "zeros", "column"],
)
@pytest.mark.parametrize("scale", SCALES)
def test_a_column_without_spread_keeps_its_units(scale, x):
    model = small(scale=scale, alpha=0.1, max_iter=5).fit(x)
    assert np.isfinite(model.loss_curve_).all()
    constant = np.ptp(x, axis=0) == 0
    other = small(scale=scale, max_iter=0, init="pca").fit(x)
    EQUIVALENCE.assert_close(other.reconstruct(x)[:, constant], x[:, constant])


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_columns_of_any_magnitude_are_equal(scale):
    model = small(scale=scale, init="pca", max_iter=20).fit(UNIT_X)
    factor = 2.0 ** np.array([498, -498, 0, 10, 400, -400])  # 1e150 beside 1e-150
    other = small(scale=scale, init="pca", max_iter=20).fit(UNIT_X * factor)
    np.testing.assert_array_equal(other.transform(UNIT_X * factor), model.transform(UNIT_X))
    assert other.loss_curve_ == model.loss_curve_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", SCALES)
def test_squares_that_overflow_are_refused(scale, dtype):
    x = UNIT_X.astype(dtype)
    x[3, 2] = np.finfo(dtype).max / 4
    with pytest.raises(ValueError, match=rf"X has entries up to .* in row 3, column 2, .*{dtype} cannot sum up"):
        small(scale=scale).fit(x)
    with pytest.raises((ValueError, DivergenceError)):
        small(scale=None).fit(x)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"corruption_fill": np.nan},
            ValueError,
            "corruption_fill must be 'auto', 'mean' or a finite number, found nan",
        ),
        ({"corruption_fill": np.inf}, ValueError, "corruption_fill must be .* a finite number, found inf"),
        ({"corruption_fill": "median"}, ValueError, "corruption_fill must be 'auto', 'mean' or a number.*'median'"),
        ({"corruption_fill": None}, TypeError, "corruption_fill must be.*found None"),
        ({"corruption_fill": [0.0]}, TypeError, "corruption_fill must be"),
        ({"scale": "robust"}, ValueError, "scale must be one of None, 'auto', 'standard', 'minmax', found 'robust'"),
        ({"scale": 1.0}, TypeError, "scale must be one of"),
    ],
    ids=str,
)
def test_what_is_no_scale_and_no_fill(parameters, error, message):
    with pytest.raises(error, match=message):
        small(**parameters).fit(X)


NETWORKS = [
    {"activations": ("tanh", "identity"), "tied_weights": False},
    {"activations": ("tanh", "identity"), "tied_weights": True},
    {"activations": ("tanh", "sigmoid"), "tied_weights": False},
    {"activations": ("tanh", "sigmoid"), "tied_weights": True},
    {"activations": ("tanh", "relu", "tanh", "identity"), "tied_weights": False},
    {"activations": ("tanh", "identity"), "n_encoder_layers": 1, "tied_weights": False},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", NETWORKS, ids=str)
@pytest.mark.parametrize("scale", SCALES)
def test_units_and_folding_agree_with_the_reference(scale, options, weighted):
    sizes = {2: SIZES, 4: (6, 4, 3, 4, 6)}[len(options["activations"])]
    weights = np.arange(len(X)) % 3.0 if weighted else np.ones(len(X))
    network, native = Network(sizes, **options), NativeNetwork(sizes, **options)
    expected = scaling.units_of(scale, X, weights, network)
    units = Units.of(scale, TrainingData(X, weights=weights / weights.mean()), native)
    EQUIVALENCE.assert_close(units.center, expected.center)
    EQUIVALENCE.assert_close(units.factor, expected.factor)
    assert units.has_target(native) == expected.of_target
    parameters = np.random.default_rng(0).normal(size=network.n_parameters)
    folded = scaling.fold(network, expected, parameters)
    EQUIVALENCE.assert_close(units.fold(native, parameters), folded)
    EQUIVALENCE.assert_close(units.unfold(native, folded), parameters)


@pytest.mark.parametrize("sigmoid_as_tanh", [False, True])
@pytest.mark.parametrize("scale", [None, *SCALES])
def test_scales_fold_as_the_weights_that_they_belong_to(scale, sigmoid_as_tanh):
    n = UNIT_X.shape[1]
    network = NativeNetwork((n, 4, 2, 4, n), ("sigmoid", "tanh", "sigmoid", "identity"), False)
    units = Units.of(scale, TrainingData(UNIT_X), network, sigmoid_as_tanh)
    parameters, scales = np.random.default_rng(0).uniform(1, 2, (2, network.n_parameters))
    folded = fold_scales(units, network, scales)
    moved = units.fold(network, parameters + scales) - units.fold(network, parameters)
    for of_weights, difference in zip(network.unpack(folded)[0], network.unpack(moved)[0], strict=True):
        EQUIVALENCE.assert_close(difference, of_weights)
    EQUIVALENCE.assert_close(unfold_scales(units, network, folded), scales)
