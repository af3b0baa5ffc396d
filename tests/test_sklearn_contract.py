"""What scikit-learn asks of a transformer, by its own checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils import estimator_checks

from eigencoder import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder

# Some data of the checks have no code that explains the share.
pytestmark = pytest.mark.filterwarnings("ignore:no code of up to:sklearn.exceptions.ConvergenceWarning")

ESTIMATORS = [
    Autoencoder(),
    Autoencoder(
        3, hidden_layer_sizes=(5,), activation="tanh", code_activation="identity", tied_weights=True, alpha=1e-3
    ),
    Autoencoder(2, activation="elu", solver="sgd", learning_rate_init=1e-4, n_jobs=2),
    Autoencoder(3, code_activation=None, solver="adamw", alpha=0.1, averaging=0.9, max_grad_norm=1),
    Autoencoder(4, solver="lbfgs", n_active=2, activation="tanh", max_iter=5),
    Autoencoder(3, solver="rmsprop", penalty="contractive"),
    SparseAutoencoder(),
    SparseAutoencoder(5, activation="relu", penalty="l1", sparsity_weight=0.01),
    DenoisingAutoencoder(),
    DenoisingAutoencoder(3, code_activation=None, corruption="gaussian", tied_weights=True),
    DenoisingAutoencoder(3, corruption="salt_and_pepper", activation="softplus"),
    Autoencoder(3, activation="identity", tied_weights=True, alpha=1e-3, solver="exact"),
    DenoisingAutoencoder(activation="identity", solver="exact"),
    Autoencoder(0.5, validation_fraction=0.3, max_iter=5),
    Autoencoder(0.9, validation_fraction=0.3, activation="identity", solver="exact"),
    EncoderClassifier(Autoencoder(4)),
    EncoderClassifier(Autoencoder(4, max_iter=5), learning_rate_init=0.01),
    EncoderClassifier(Autoencoder(4, max_iter=5), class_weight="balanced", solver="lbfgs", alpha=0.01),
    EncoderClassifier(Autoencoder(4, max_iter=5), early_stopping=True, solver="lbfgs", alpha=0.01, random_state=0),
    StackedAutoencoder([Autoencoder(5), Autoencoder(3)]),
    StackedAutoencoder([Autoencoder(5), SparseAutoencoder(3)]),
    StackedAutoencoder(
        [("tied", Autoencoder(4, code_activation=None, tied_weights=True))], tied_weights=True, alpha=1e-3
    ),
    StackedAutoencoder([Autoencoder(5), Autoencoder(3, hidden_layer_sizes=(4,))], fine_tune=False),
]

NOT_RUN_BY_PARAMETRIZE = [
    estimator_checks.check_set_output_transform,
    estimator_checks.check_set_output_transform_pandas,
    estimator_checks.check_set_output_transform_polars,
    estimator_checks.check_global_output_transform_pandas,
    estimator_checks.check_global_set_output_transform_polars,
    estimator_checks.check_dataframe_column_names_consistency,
    estimator_checks.check_transformer_get_feature_names_out,
    estimator_checks.check_transformer_get_feature_names_out_pandas,
]


def expected_failed_checks(estimator: BaseEstimator) -> dict[str, str]:
    if estimator.corruption is not None and getattr(estimator, "tied_weights", False):
        return {"check_sample_weight_equivalence_on_dense_data": "noise is drawn by row, so equal rows get other noise"}
    if isinstance(getattr(estimator, "n_components", None), float) or estimator.early_stopping is True:
        return {"check_sample_weight_equivalence_on_dense_data": "rows are held out by index, so equal rows part"}
    if not getattr(estimator, "fine_tune", True):
        return {"check_transformer_n_iter": "the epochs are those of the layers"}
    return {}


@estimator_checks.parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failed_checks)
def test_passes_the_check(estimator, check):
    check(estimator)


# The checks of set_output mix data frames and arrays between fit and transform, which warns.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize(
    "estimator",
    [estimator for estimator in ESTIMATORS if hasattr(estimator, "transform")],
    ids=lambda estimator: " ".join(repr(estimator).split()),
)
@pytest.mark.parametrize("check", NOT_RUN_BY_PARAMETRIZE, ids=lambda check: check.__name__)
def test_passes_a_check_that_is_not_run_by_itself(estimator, check):
    check(type(estimator).__name__, clone(estimator))


@pytest.mark.skipif("SCIPY_ARRAY_API" in os.environ, reason="this is the inner run")
def test_passes_with_array_api_dispatch():
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(__file__))],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout
    assert " 1 skipped" in run.stdout  # this test alone
