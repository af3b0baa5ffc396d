"""A parameter that cannot be used is refused before any work, and the estimator stays as it was."""

import os

import numpy as np
import pytest

from eigencoder import Autoencoder, DenoisingAutoencoder, SparseAutoencoder, _core
from refusals import assert_refused, data, fitted_on_names

BAD_PARAMETERS = [
    ({"n_components": 0}, ValueError, "n_components must be at least 1, found 0"),
    ({"n_components": -3}, ValueError, "n_components must be at least 1, found -3"),
    ({"n_components": 1.0}, ValueError, "n_components must be an integer .* between 0 and 1, both excluded.*found 1.0"),
    ({"n_components": 0.0}, ValueError, "n_components must be an integer .* between 0 and 1, both excluded.*found 0.0"),
    ({"n_components": np.nan}, ValueError, "n_components must be .* between 0 and 1, both excluded.*found nan"),
    ({"n_components": np.float32(2)}, ValueError, "n_components must be .* between 0 and 1, both excluded.*found 2"),
    ({"n_components": "8"}, TypeError, "n_components must be an integer.* found '8' of type str"),
    ({"n_components": True}, TypeError, "n_components must be an integer.* found True of type bool"),
    ({"n_components": None}, TypeError, "n_components must be an integer.* found None"),
    ({"n_components": 10**12}, ValueError, r"4, 1000000000000, 4 units need \d+ bytes.* has \d+.*n_components"),
    ({"n_components": 10**40}, ValueError, r"need \d+ bytes"),
    ({"hidden_layer_sizes": (10**9, 10**9)}, ValueError, r"need \d+ bytes.*hidden_layer_sizes"),
    ({"hidden_layer_sizes": 64}, TypeError, "hidden_layer_sizes must be a sequence.* found 64"),
    ({"hidden_layer_sizes": "64"}, TypeError, "hidden_layer_sizes must be a sequence.* found '64'"),
    ({"hidden_layer_sizes": (64, 0)}, ValueError, "hidden_layer_sizes must be at least 1, found 0"),
    ({"hidden_layer_sizes": (64.0,)}, TypeError, "hidden_layer_sizes must be an integer.* found 64.0"),
    (
        {"activation": "swish"},
        ValueError,
        "activation must be one of 'identity', .*, found 'swish'",
    ),
    ({"activation": None}, TypeError, "activation must be one of .*found None"),
    (
        {"code_activation": "swish"},
        ValueError,
        "code_activation must be one of None, 'auto', 'identity'.* found 'swish'",
    ),
    ({"output_activation": np.tanh}, TypeError, "output_activation must be one of"),
    ({"loss": "mse"}, ValueError, "loss must be one of 'squared_error', .*, found 'mse'"),
    ({"loss": "binary_crossentropy", "output_activation": "identity"}, ValueError, "output_activation.*sigmoid"),
    ({"tied_weights": 1}, TypeError, "tied_weights must be True or False, found 1"),
    ({"alpha": -1e-3}, ValueError, "alpha must.* -0.001"),
    ({"alpha": np.nan}, ValueError, "alpha must"),
    ({"alpha": -1e-3, "solver": "adamw"}, ValueError, "alpha must be finite and >= 0, found -0.001"),
    ({"alpha": np.inf, "solver": "adamw"}, ValueError, "alpha must be finite and >= 0, found inf"),
    ({"alpha": "1"}, TypeError, "alpha must be a real number, found '1' of type str"),
    ({"alpha": 10**400}, ValueError, "alpha must fit into 64 bits"),
    ({"alpha": 1j}, TypeError, "alpha must be a real number"),
    ({"penalty": "l2"}, ValueError, "penalty must be one of None, 'kl', 'l1', 'contractive', found 'l2'"),
    ({"penalty": "contractive", "hidden_layer_sizes": (3,)}, ValueError, "hidden layers.*contractive.*found 1"),
    ({"penalty": "contractive", "n_active": 1}, ValueError, "n_active.*contractive.*found 1"),
    ({"penalty": "none"}, ValueError, "penalty must be one of None"),
    ({"penalty": "kl", "activation": "relu"}, ValueError, "penalty=.l1."),
    ({"penalty": "kl", "code_activation": "identity"}, ValueError, "penalty=.l1."),
    ({"sparsity": 0.0}, ValueError, "sparsity must.*0"),
    ({"sparsity": 1.0}, ValueError, "sparsity must.*1"),
    ({"sparsity": np.nan}, ValueError, "sparsity must"),
    ({"sparsity_weight": -1.0}, ValueError, "sparsity_weight must.*-1"),
    ({"sparsity_momentum": 1.0, "penalty": "kl"}, ValueError, "sparsity_momentum must.*1"),
    ({"sparsity_momentum": -0.1, "penalty": "kl"}, ValueError, "sparsity_momentum must.*-0.1"),
    ({"n_active": 0}, ValueError, "n_active must be at least 1, found 0"),
    ({"n_active": 0.5}, TypeError, "n_active must be an integer"),
    ({"corruption": "blur"}, ValueError, "corruption must be one of None, 'masking', 'gaussian', 'salt_and_pepper'"),
    ({"corruption": "masking", "corruption_level": 1.5}, ValueError, "corruption_level must.*1.5"),
    ({"corruption": "gaussian", "corruption_level": -0.1}, ValueError, "corruption_level must.*-0.1"),
    (
        {"solver": "exact", "code_activation": None},
        ValueError,
        "solver='exact' solves .*; found code_activation='sigmoid'",
    ),
    ({"solver": "Adam"}, ValueError, "solver must be one of 'auto', 'adam', .*, 'lbfgs', 'exact', found 'Adam'"),
    ({"learning_rate": "linear"}, ValueError, "learning_rate must be one of.*'cosine', found 'linear'"),
    ({"power_t": -1.0}, ValueError, "power_t must.*-1"),
    ({"warmup_epochs": -1.0}, ValueError, "warmup_epochs must.*-1"),
    ({"max_grad_norm": 0.0}, ValueError, "max_grad_norm must be greater than 0, or None, found 0.0"),
    ({"max_grad_norm": np.inf}, ValueError, "max_grad_norm must be finite"),
    ({"max_grad_norm": 1.0, "solver": "lbfgs"}, ValueError, "max_grad_norm of 'lbfgs'"),
    ({"averaging": 1.0}, ValueError, "averaging must lie between 0 and 1.*found 1.0"),
    ({"averaging": 0.9, "solver": "lbfgs"}, ValueError, "averaging of 'lbfgs'"),
    ({"learning_rate_init": -1}, ValueError, "learning_rate_init must.*-1"),
    ({"learning_rate_init": 0.0}, ValueError, "learning_rate_init must.*0"),
    ({"learning_rate_init": np.nan}, ValueError, "learning_rate_init must"),
    ({"learning_rate_init": np.inf}, ValueError, "learning_rate_init must"),
    ({"momentum": 1.5, "solver": "sgd"}, ValueError, "momentum must.*1.5"),
    ({"nesterovs_momentum": "yes"}, TypeError, "nesterovs_momentum must be True or False, found 'yes'"),
    ({"beta_1": 1.0}, ValueError, "beta_1 must.*1"),
    ({"beta_2": -0.1}, ValueError, "beta_2 must.*-0.1"),
    ({"epsilon": 0.0}, ValueError, "epsilon must.*0"),
    ({"batch_size": 0}, ValueError, "batch_size must.*0"),
    ({"batch_size": 32.0}, TypeError, "batch_size must be an integer, found 32.0 of type float"),
    ({"batch_size": 10**30}, ValueError, "batch_size must fit into 64 bits"),
    ({"max_iter": -1}, ValueError, "max_iter must.*-1"),
    ({"max_iter": True}, TypeError, "max_iter must be an integer"),
    ({"tol": -1.0}, ValueError, "tol must.*-1"),
    ({"tol": np.nan}, ValueError, "tol must"),
    ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change must.*0"),
    ({"early_stopping": None}, TypeError, "early_stopping must be True or False, found None"),
    ({"validation_fraction": 0.0}, ValueError, "validation_fraction must.*found 0.0"),
    ({"validation_fraction": 1.0}, ValueError, "validation_fraction must.*found 1.0"),
    ({"validation_fraction": 0.99, "early_stopping": True}, ValueError, "no row to train on.*n_samples=30"),
    ({"shuffle": 0}, TypeError, "shuffle must be True or False, found 0"),
    ({"warm_start": 0}, TypeError, "warm_start must be True or False"),
    ({"random_state": -1}, ValueError, r"random_state must lie in 0 .. 2\*\*64 - 1, found -1"),
    ({"random_state": 2**64}, ValueError, "random_state must lie in"),
    ({"random_state": 0.5}, TypeError, "random_state must be None, an integer.*found 0.5"),
    ({"random_state": True}, TypeError, "random_state must be"),
    ({"n_jobs": 0}, ValueError, "n_jobs must be a positive.*found 0"),
    ({"n_jobs": 2**31}, ValueError, "n_jobs must fit into 32 bits"),
    ({"n_jobs": 1.0}, TypeError, "n_jobs must be an integer, found 1.0"),
    ({"device": "tpu"}, ValueError, "device must be one of 'cpu', 'cuda', 'cuda:0', .*, 'auto', found 'tpu'"),
    ({"device": "cuda:-1"}, ValueError, "device must be one of .*, found 'cuda:-1'"),
    ({"device": 0}, TypeError, "device must be a string such as 'cpu' or 'cuda', found 0 of type int"),
    ({"device": None}, TypeError, "device must be a string .* found None"),
    (
        {"device": "cuda:1", "solver": "exact", "activation": "identity"},
        ValueError,
        "'exact' is solved on the CPU, by LAPACK, found device='cuda:1': use device='cpu', or another solver",
    ),
    ({"verbose": -1}, ValueError, "verbose must be.*found -1"),
    ({"verbose": "loud"}, TypeError, "verbose must be an integer, found 'loud'"),
]


@pytest.mark.parametrize(
    ("parameters", "error", "message"), BAD_PARAMETERS, ids=[str(case[0])[:80] for case in BAD_PARAMETERS]
)
def test_bad_parameters(parameters, error, message):
    assert_refused(Autoencoder(2).set_params(**parameters), error, message, lambda a: a.fit(data()))
    assert_refused(fitted_on_names().set_params(**parameters), error, message, lambda a: a.fit(data()))


def test_memory_is_counted_with_the_activations_of_a_batch(monkeypatch):
    n_parameters = 2 * 4 * 2 + 2 + 4
    n_activations = 10 * (2 * 4 + 2 * (2 + 4))  # of ten rows: clean and noisy input; both layers and their gradients
    needed = 8 * (5 * n_parameters + n_activations)
    autoencoder = Autoencoder(2, init="glorot", solver="adam", batch_size=10, max_iter=1)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": needed - 1, "SC_PAGE_SIZE": 1}.get)
    message = f"need {needed} bytes to train in batches of 10 rows, this machine has {needed - 1}: .*batch_size"
    assert_refused(autoencoder, ValueError, message, lambda a: a.fit(data()))
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": needed, "SC_PAGE_SIZE": 1}.get)
    autoencoder.fit(data())
    autoencoder.set_params(batch_size=10**9).fit(data(10))


@pytest.mark.parametrize("estimator", [Autoencoder, SparseAutoencoder, DenoisingAutoencoder])
def test_numpy_scalars_are_numbers(estimator):
    plain = estimator(2, hidden_layer_sizes=(3,), max_iter=2, tol=0.5, tied_weights=True, random_state=7, verbose=0)
    scalars = estimator(
        np.int8(2),
        hidden_layer_sizes=np.array([3]),
        max_iter=np.uint64(2),
        tol=np.float32(0.5),
        tied_weights=np.True_,
        random_state=np.int64(7),
        verbose=False,
    )
    np.testing.assert_array_equal(plain.fit(data()).coefs_[0], scalars.fit(data()).coefs_[0])


def test_layers_without_units_are_refused():
    """Dividing by such a size once ended the process."""
    for sizes in ((3, 0, 3), (0, 3, 0), (3, -1, 3)):
        with pytest.raises(ValueError, match="a layer size must be >= 1, found"):
            _core.NetworkConfig(sizes, ("identity", "identity"), False, 0, 0)
