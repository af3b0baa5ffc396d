"""With training_state=True the next training gives the bits that it gives on the estimator that was saved."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import eigencoder
from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder
from model_files import bytes_of, load, parts
from states import state

DIGITS = load_digits()
X, Y = DIGITS.data[:300] / 16, DIGITS.target[:300]
OPTIONS = [
    {},
    {"averaging": 0.9, "tied_weights": True, "alpha": 1e-3},
    {"penalty": "kl", "sparsity_momentum": 0.9},
    {"scale": "auto", "averaging": 0.9},
    {"scale": "standard", "corruption": "salt_and_pepper"},
    {"hidden_layer_sizes": (20,), "early_stopping": True},
]


def assert_goes_on(model, folder, call):
    """Both give the same at the first call and at the second."""
    loaded = load(bytes_of(model, folder, training_state=True))
    for _ in range(2):
        assert state(call(loaded)) == state(call(model))


def passes(model):
    return model.partial_fit(X[:150])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop", "sgd"])
def test_partial_fit(solver, options, tmp_path):
    model = Autoencoder(6, solver=solver, max_iter=2, random_state=0, **options).fit(X)
    assert_goes_on(model.set_params(early_stopping=False), tmp_path, passes)
    assert_goes_on(model, tmp_path, lambda model: model.partial_fit(X, sample_weight=np.arange(1.0, 301)))


@pytest.mark.parametrize(
    "parameters",
    [
        *({"solver": solver, **OPTIONS[1]} for solver in ("adam", "sgd")),
        {"solver": "lbfgs"},
        {"scale": "auto", "solver": "auto", "init": "auto", "hidden_layer_sizes": (9,)},
        {"n_components": 0.5, "hidden_layer_sizes": (9,), "init": "auto"},
        {"penalty": "kl", "sparsity_momentum": 0.9, "early_stopping": True},
    ],
    ids=str,
)
def test_fit_with_warm_start(parameters, tmp_path):
    model = Autoencoder(**{"n_components": 4, "max_iter": 3, "random_state": 0, "warm_start": True, **parameters})
    assert_goes_on(model.fit(X), tmp_path, lambda model: model.fit(X))


@pytest.mark.parametrize("solver", ["lbfgs", "exact"])
def test_after_solvers_without_moments(solver, tmp_path):
    model = Autoencoder(4, activation="identity", solver=solver, max_iter=3, random_state=0).fit(X)
    assert_goes_on(model.set_params(solver="adam"), tmp_path, passes)


def test_after_training_by_need(tmp_path):
    """Whose steps have the sizes that init="pca" gives each weight."""
    model = eigencoder.Autoencoder(4, hidden_layer_sizes=(9,), random_state=0).fit(X)
    assert model._scales is not None
    assert_goes_on(model, tmp_path, passes)


def test_before_any_epoch_and_without_a_seed_of_ones_own(tmp_path):
    assert_goes_on(Autoencoder(4, max_iter=0).fit(X), tmp_path, passes)


def test_stack(tmp_path):
    stack = StackedAutoencoder([Autoencoder(9, max_iter=2), Autoencoder(4, max_iter=2)], max_iter=2, averaging=0.9)
    assert_goes_on(stack.fit(X), tmp_path, passes)
    assert_goes_on(stack.set_params(warm_start=True), tmp_path, lambda model: model.fit(X))
    assert_goes_on(stack, tmp_path, lambda model: model.layers_[0].partial_fit(X))


def test_classifier(tmp_path):
    classifier = EncoderClassifier(Autoencoder(4, max_iter=2), max_iter=2, scale="standard", class_weight={3: 2.0})
    assert_goes_on(classifier.fit(X, Y), tmp_path, lambda model: model.partial_fit(X[:150], Y[:150]))
    assert_goes_on(classifier.set_params(warm_start=True), tmp_path, lambda model: model.fit(X, Y))


def test_two_loaded_estimators_share_nothing(tmp_path):
    data = bytes_of(Autoencoder(4, solver="adam", max_iter=2, random_state=0).fit(X), tmp_path, training_state=True)
    one, other = load(data), load(data)
    passes(one)
    assert state(other) == state(load(data))


def test_without_it_the_file_holds_no_moments_and_the_optimizer_starts_afresh(tmp_path):
    """Whose rate then grows over the first 10 updates, so that it moves the weights less."""
    model = Autoencoder(4, solver="adam", scale="standard", max_iter=3, random_state=0).fit(X)
    data = bytes_of(model, tmp_path)
    assert parts(data)[1]["training"] is None
    assert not [name for name in parts(data)[0] if name.startswith("training.")]
    loaded = load(data)
    before = model.coefs_[0].copy()
    moved = np.abs(passes(loaded).coefs_[0] - before).max()
    assert 0 < moved < 0.5 * np.abs(passes(model).coefs_[0] - before).max()
    assert loaded._columns.units.center is not None
    np.testing.assert_array_equal(loaded._columns.units.center, model._columns.units.center)
    assert (loaded.n_iter_, loaded.t_) == (model.n_iter_, model.t_)


def test_a_loaded_estimator_without_it_can_be_saved_with_it(tmp_path):
    loaded = load(bytes_of(Autoencoder(4, solver="adam", max_iter=1, random_state=0).fit(X), tmp_path))
    assert_goes_on(loaded, tmp_path, passes)
