"""Initial weights: those of PCA through the linear parts of the activations, where that can be, else Glorot's."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.decomposition import PCA

from eigencoder import Autoencoder, SparseAutoencoder, StackedAutoencoder, _core
from eigencoder.reference import Dataset, Network, Objective, scaling, start
from refusals import assert_refused
from tolerances import EQUIVALENCE, NATIVE_OVER_REFERENCE, PCA_START

DATA = {"iris": (load_iris().data, 2), "wine": (load_wine().data, 3), "digits": (load_digits().data[::4], 16)}
PCA_OF = {name: PCA(n_components, svd_solver="full").fit(x) for name, (x, n_components) in DATA.items()}
SCALES = [None, "auto", "standard", "minmax"]


def data(n_samples=60, rank=7):
    """Rows of seven columns, one of them constant where the rank is less, about a mean far from 0."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, rank)) * [3, 2, 1.4, 1, 0.7, 0.5, 0.3][:rank] @ rng.normal(size=(rank, 7))
    return x * np.where(np.arange(7) == (2 if rank < 7 else 7), 0, 1) + [5, 0, 0.1, 1, -3, 2, 0]


X = data()


def started(n_components=3, **parameters):
    """One that is not to be trained."""
    settings = {"activation": "tanh", "code_activation": None, "init": "pca", "max_iter": 0, "random_state": 0}
    return Autoencoder(n_components, **(settings | parameters))


def arrays(model):
    return model.coefs_ + model.intercepts_


def assert_same_bits(a, b):
    for one, other in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_array_equal(one, other)


def errors_of(pca, x, noisy=None):
    """The squared error of each row, rebuilt by PCA, from itself or from what noise has made of it."""
    return ((x - pca.inverse_transform(pca.transform(x if noisy is None else noisy))) ** 2).sum(axis=1)


def errors_of_pca(x, n_components):
    return errors_of(PCA(n_components, svd_solver="full").fit(x), x)


def start_of_the_reference(model, x, weights):
    """The layers for rows as they are given, and the scales of training."""
    hidden, n_features = model.hidden_layer_sizes, x.shape[1]
    sizes = (n_features, *hidden, model.n_components, *hidden[::-1], n_features)
    network = Network(sizes, (*(model.activation,) * (len(sizes) - 2), "identity"), model.tied_weights)
    weights = np.ones(len(x)) if weights is None else weights
    units = None if model.scale is None else scaling.units_of(model.scale, x, weights, network)
    fill = np.full(n_features, 0.0) if model.scale is None else weights @ x / weights.sum()
    rows = Dataset.of(
        x, weights=weights, units=units, mask_fill=fill if units is None else (fill - units.center) * units.factor
    )
    objective = Objective(corruption=model.corruption or "none", corruption_level=model.corruption_level)
    trained = scaling.as_tanh(network)
    parameters = scaling.fold_tanh(network, start.initialise(trained, objective, rows, model.random_state))
    layers = network.layers(parameters if units is None else scaling.fold(network, units, parameters))
    return layers, start.scales(trained, objective, rows)


def assert_agrees_with_the_reference(model, x, weights=None):
    model.fit(x, sample_weight=weights)
    close = NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close
    layers, scales = start_of_the_reference(model, x, weights)
    close(model._scales, scales)
    for coef, intercept, layer in zip(model.coefs_, model.intercepts_, layers, strict=True):
        close(coef, layer.weights)
        close(np.append(intercept, 1), np.append(layer.bias, 1))  # where it is 0 but for rounding


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("hidden", [(), (9,), (8, 6)], ids=str)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_agrees_with_the_reference(activation, hidden, corruption):
    settings = {"activation": activation, "hidden_layer_sizes": hidden, "corruption": corruption}
    assert_agrees_with_the_reference(started(3, **settings), X)
    assert_agrees_with_the_reference(started(9, scale="auto", **settings), data(rank=4), np.arange(60) % 4.0)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_many_rows_agree_with_the_reference(activation):
    """The farthest one comes last."""
    x = data(1200)
    assert_agrees_with_the_reference(started(activation=activation), x[np.argsort(np.linalg.norm(x, axis=1))])


@pytest.mark.parametrize("n_samples", [1, 3, 5])
@pytest.mark.parametrize("corruption", [None, "masking", "gaussian"])
def test_few_rows_agree_with_the_reference(corruption, n_samples):
    x = np.round(8 * X[:n_samples]) / 8  # whose means have no rounding
    for scale, hidden in zip(SCALES, ((), (9,), (8, 6), (9,)), strict=True):
        settings = {"hidden_layer_sizes": hidden, "corruption": corruption, "scale": scale}
        assert_agrees_with_the_reference(started(9, **settings), x)


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian"])
@pytest.mark.parametrize("hidden", [(), (9,)], ids=str)
@pytest.mark.parametrize("scale", SCALES)
def test_tied_weights_start_from_pca_whatever_the_noise(scale, hidden, corruption):
    settings = {"activation": "identity", "tied_weights": True, "corruption": corruption, "corruption_fill": "mean"}
    model = started(scale=scale, hidden_layer_sizes=hidden, **settings).fit(X)
    EQUIVALENCE.assert_close(-model.score_samples(X), errors_of_pca(X, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [(), (30, 20)], ids=str)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
@pytest.mark.parametrize("name", DATA)
def test_the_first_loss_is_that_of_pca(name, activation, hidden, dtype):
    x, n_components = DATA[name]
    for scale in (None, "auto"):
        model = started(n_components, activation=activation, hidden_layer_sizes=hidden, scale=scale)
        PCA_START.assert_close(model.fit(x.astype(dtype)).loss_, errors_of(PCA_OF[name], x).mean())


@pytest.mark.parametrize("hidden", [(), (9,)], ids=str)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_a_row_ten_times_as_far_is_still_carried(activation, hidden):
    model = started(activation=activation, hidden_layer_sizes=hidden, scale="auto").fit(X)
    mean = X.mean(axis=0)
    far = mean + 10 * (PCA(3).fit(X).inverse_transform(PCA(3).fit_transform(X)) - mean)
    missed = np.linalg.norm(model.reconstruct(far) - far, axis=1) / np.linalg.norm(far - mean, axis=1)
    assert missed.max() < 1 / 3


@pytest.mark.parametrize("corruption", ["masking", "gaussian"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_noisy_rows_are_rebuilt_no_worse_than_by_pca(activation, corruption):
    x, n_components = DATA["digits"]
    rng, scale = np.random.default_rng(0), np.sqrt(x.var(axis=0).mean())
    noisy = np.where(rng.random(x.shape) < 0.3, x.mean(axis=0), x)
    if corruption == "gaussian":
        noisy = x + 0.3 * scale * rng.normal(size=x.shape)
    model = started(n_components, activation=activation, corruption=corruption, scale="auto").fit(x)
    assert ((x - model.reconstruct(noisy)) ** 2).sum(axis=1).mean() < errors_of(PCA_OF["digits"], x, noisy).mean()
    PCA_START.assert_close(
        model.loss_, started(n_components, activation="identity", corruption=corruption, scale="auto").fit(x).loss_
    )


IMPOSSIBLE = [
    ({"loss": "binary_crossentropy", "output_activation": "sigmoid"}, "loss='binary_crossentropy'"),
    ({"output_activation": "sigmoid"}, "output_activation='sigmoid'"),
    ({"output_activation": "relu"}, "output_activation='relu'"),
    ({"penalty": "kl", "code_activation": "sigmoid"}, "penalty='kl'"),
    ({"n_active": 2}, "n_active=2"),
    ({"tied_weights": True, "activation": "sigmoid"}, "tied_weights=True and activation 'sigmoid'"),
    (
        {"tied_weights": True, "activation": "identity", "code_activation": "relu"},
        "tied_weights=True and activation 'relu'",
    ),
    (
        {"tied_weights": True, "code_activation": "identity", "hidden_layer_sizes": (5,)},
        "tied_weights=True and activation 'tanh'",
    ),
]


def unit_data():
    return (X - X.min(axis=0)) / np.ptp(X, axis=0)


@pytest.mark.parametrize(("parameters", "found"), IMPOSSIBLE, ids=str)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_where_it_cannot_be_pca_is_refused(method, parameters, found):
    message = f"init='pca' starts from a linear map, which a network with {found} is not: use init='auto'"
    assert_refused(started(**parameters), ValueError, message, lambda model: getattr(model, method)(unit_data()))


@pytest.mark.parametrize("value", ["random", "svd"])
def test_another_start_is_refused(value):
    assert_refused(started(init=value), ValueError, f"init must be one of .*found '{value}'", lambda m: m.fit(X))
    assert_refused(started(init=None), TypeError, "init must be one of", lambda m: m.fit(X))


@pytest.mark.parametrize("scale", [None, "auto"])
@pytest.mark.parametrize("max_iter", [0, 2])
@pytest.mark.parametrize(
    "parameters",
    [*(parameters for parameters, _ in IMPOSSIBLE[1:]), {"penalty": "l1"}, {"penalty": "contractive"}],
    ids=str,
)
def test_auto_is_glorot_where_it_cannot_be_pca(parameters, max_iter, scale):
    models = [started(init=init, max_iter=max_iter, scale=scale, **parameters) for init in ("auto", "glorot")]
    assert_same_bits(*(model.fit(unit_data()) for model in models))


@pytest.mark.parametrize("parameters", [{}, {"hidden_layer_sizes": (5,)}, {"corruption": "masking"}], ids=str)
def test_auto_is_pca_where_it_can_be(parameters):
    models = [started(init=init, scale="auto", max_iter=2, **parameters) for init in ("auto", "pca", "glorot")]
    auto, pca, glorot = (model.fit(X) for model in models)
    assert_same_bits(auto, pca)
    assert not np.array_equal(auto.coefs_[0], glorot.coefs_[0])


def test_a_penalty_that_is_no_obstacle_leaves_the_choice():
    model = SparseAutoencoder(3, penalty="l1", init="pca", max_iter=0, random_state=0).fit(X)
    PCA_START.assert_close(-model.score_samples(X).mean(), errors_of_pca(X, 3).mean())


@pytest.mark.parametrize("weights", [None, np.arange(60) % 4.0], ids=["equal", "weighted"])
@pytest.mark.parametrize("scale", [None, "auto"])
def test_under_cross_entropy_the_output_starts_at_the_mean(scale, weights):
    x = unit_data()
    x[:, 3], x[:, 4] = 0, 1
    settings = {"loss": "binary_crossentropy", "output_activation": "sigmoid", "scale": scale}
    auto, glorot = (started(init=init, **settings).fit(x, sample_weight=weights) for init in ("auto", "glorot"))
    for one, other in zip(arrays(auto)[:-1], arrays(glorot)[:-1], strict=True):
        np.testing.assert_array_equal(one, other)
    rows = Dataset.of(x, weights=weights)
    network = Network((7, 3, 7), ("tanh", "sigmoid"))
    expected = network.layers(start.initialise_at_mean(network, rows, seed=0))
    EQUIVALENCE.assert_close(auto.intercepts_[-1], expected[-1].bias)
    mean = 1 / (1 + np.exp(-auto.intercepts_[-1]))
    EQUIVALENCE.assert_close(mean[:3], (np.average(x, axis=0, weights=weights))[:3])
    EQUIVALENCE.assert_close(mean[3:5], [0.5 / 60, 1 - 0.5 / 60])


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("scale", [None, "standard"])
@pytest.mark.parametrize(
    "x", [X[:1], X[[0] * 9], np.zeros((9, 7)), data(rank=4), X[:3], X[:, :1]], ids=lambda x: str(x.shape)
)
def test_poor_data_begin_with_what_they_have(x, scale, corruption):
    """All components of them, with more units than there are."""
    settings = {"scale": scale, "hidden_layer_sizes": (25,), "corruption": corruption}
    model = started(20, activation="relu", **settings).fit(x)
    spread = max(np.abs(x).max(), 1)
    if corruption in (None, "salt_and_pepper") or np.ptp(x, axis=0).max() == 0:
        np.testing.assert_allclose(model.reconstruct(x), x, rtol=0, atol=1e-12 * spread)
    assert max(np.abs(coef).max() for coef in model.coefs_) < 1e4
    trained = clone(model).set_params(max_iter=10).fit(x)
    assert np.isfinite([*trained.loss_curve_, *map(np.sum, arrays(trained))]).all()


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("scale", [None, "auto", "standard"])
def test_columns_of_150_orders_of_magnitude(scale, activation):
    x = X[:, :4] * [1e150, 1, 1e-150, 1]
    model = started(4, scale=scale, activation=activation).fit(x)
    errors = np.abs(model.reconstruct(x) - x) / np.abs(x).max(axis=0)
    assert errors[:, [0] if scale != "standard" else slice(None)].max() < 1e-2


@pytest.mark.parametrize("shape", [(400, 70), (40, 300)], ids=str)
@pytest.mark.parametrize("corruption", [None, "masking", "gaussian"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_of_threads_starts_alike(dtype, corruption, shape):
    x = np.random.default_rng(0).normal(size=shape).astype(dtype) + 3
    settings = {"scale": "auto", "corruption": corruption, "hidden_layer_sizes": (50,), "max_iter": 2}
    expected = started(20, n_jobs=1, **settings).fit(x)
    for n_jobs in (2, 5):
        assert_same_bits(started(20, n_jobs=n_jobs, **settings).fit(x), expected)


@pytest.mark.parametrize("hidden", [(), (9,)], ids=str)
@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_further_units_learn(activation, hidden):
    """Those that carry nothing have random weights, which differ by seed, and are read once they are of use."""
    models = [started(20, activation=activation, hidden_layer_sizes=hidden, random_state=seed) for seed in (0, 1)]
    a, b = (model.fit(X) for model in models)
    np.testing.assert_allclose(a.reconstruct(X), b.reconstruct(X), atol=1e-9)
    assert not np.array_equal(a.coefs_[0], b.coefs_[0])
    assert (np.ptp(a.transform(X), axis=0) > 0).all()
    trained = clone(a).set_params(solver="adam", max_iter=3).fit(X)
    assert (np.abs(trained.coefs_[-1]).sum(axis=1) > 0).all()


def test_the_first_block_of_partial_fit_is_what_it_starts_from():
    blocks = X[:30], X[30:]
    model = started(solver="sgd", learning_rate_init=1e-15).partial_fit(blocks[0])
    PCA_START.assert_close(-model.score_samples(blocks[0]).mean(), errors_of_pca(blocks[0], 3).mean())
    before = model.reconstruct(X)
    np.testing.assert_allclose(model.partial_fit(blocks[1]).reconstruct(X), before, atol=1e-6)


@pytest.mark.parametrize("options", [{"solver": "exact", "activation": "identity"}, {"warm_start": True}], ids=str)
def test_where_it_is_unused(options):
    models = [started(init=init, max_iter=2, **options) for init in ("pca", "glorot")]
    if "warm_start" in options:
        models = [started(max_iter=1).fit(X).set_params(**model.get_params()) for model in models]
    assert_same_bits(*(model.fit(X) for model in models))


@pytest.mark.parametrize("scale", [None, "auto", "standard", "minmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_without_a_square_make_no_weights_without_one(dtype, scale):
    x = X.astype(dtype) * np.finfo(dtype).tiny
    model = started(20, scale=scale, alpha=1e-4, max_iter=3).fit(x)
    assert np.isfinite([np.sum(np.square(array)) for array in arrays(model)]).all()
    assert np.isfinite(model.loss_curve_).all()


def test_squares_that_overflow_are_refused():
    x = X.copy()
    x[3, 2] = 1e160
    message = "X has entries up to 1e.160, in row 3, column 2, whose squares float64 cannot sum up: scale X"
    assert_refused(started(), ValueError, message, lambda model: model.fit(x))


def test_of_the_layers_of_a_stack_the_last_one_may_start_from_pca():
    settings = {"scale": "auto", "init": "auto", "random_state": 0, "output_activation": "identity"}
    stack = StackedAutoencoder([Autoencoder(6, **settings), Autoencoder(2, **settings)], scale="auto", random_state=0)
    first, last = stack.set_params(layer1__max_iter=0, layer2__max_iter=0).fit(X).layers_
    assert_same_bits(first, Autoencoder(6, **(settings | {"init": "glorot"}), max_iter=0).fit(X))
    codes = first.transform(X)
    EQUIVALENCE.assert_close(-last.score_samples(codes).mean(), last.loss_)
    assert last.loss_ < (1 + 1e-4) * errors_of_pca(codes, 2).mean()


@pytest.mark.parametrize("name", DATA)
def test_fine_tuning_a_stack_that_starts_from_pca_does_no_harm(name):
    x, n_components = DATA[name]
    layers = [Autoencoder(8, scale="auto"), Autoencoder(n_components, scale="auto", init="auto")]
    layered, tuned = (
        StackedAutoencoder(layers, scale="auto", fine_tune=fine_tune, random_state=0).fit(x).score(x)
        for fine_tune in (False, True)
    )
    assert tuned >= layered
