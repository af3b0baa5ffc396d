"""Where another transformer stood, an autoencoder stands."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from eigencoder import Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from tolerances import EQUIVALENCE


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600]


def autoencoder(n_components=16, **parameters):
    return Autoencoder(
        n_components, activation="tanh", learning_rate_init=0.01, max_iter=30, random_state=0, **parameters
    )


@pytest.mark.parametrize("estimator", [autoencoder(), SparseAutoencoder(9), DenoisingAutoencoder(9)])
def test_pipeline(digits, estimator):
    X, y = digits
    pipeline = make_pipeline(MinMaxScaler(), estimator, LogisticRegression(max_iter=1000)).fit(X, y)
    assert pipeline.predict(X).shape == y.shape
    prefix = type(estimator).__name__.lower()
    assert list(pipeline[:2].get_feature_names_out()) == [f"{prefix}{i}" for i in range(estimator.n_components)]


def test_codes_serve_a_classifier(digits):
    X, y = digits
    pipeline = make_pipeline(StandardScaler(), autoencoder(), LogisticRegression(max_iter=1000))
    chance = 1 / 10
    assert cross_val_score(pipeline, X, y, cv=3).min() > 5 * chance


def test_a_pipeline_of_autoencoders(digits):
    X, _ = digits
    stack = make_pipeline(MinMaxScaler(), autoencoder(32), autoencoder(8)).fit(X)
    codes = stack.transform(X)
    assert codes.shape == (600, 8)
    assert stack.inverse_transform(codes).shape == X.shape
    assert stack.score(X) == stack[-1].score(stack[:-1].transform(X))


def test_weights_and_validation_data_reach_the_step(digits):
    X, _ = digits
    weights = np.arange(600.0)
    scaled = MinMaxScaler().fit_transform(X)
    pipeline = make_pipeline(MinMaxScaler(), autoencoder())
    pipeline.fit(X, autoencoder__sample_weight=weights, autoencoder__X_val=scaled[:50])
    expected = autoencoder().fit(scaled, sample_weight=weights, X_val=scaled[:50])
    assert pipeline[-1].validation_loss_curve_ == expected.validation_loss_curve_


def test_metadata_routing(digits):
    X, _ = digits
    weights = np.arange(600.0)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(
            MinMaxScaler(), autoencoder().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        pipeline.fit(X, sample_weight=weights)
    expected = autoencoder().fit(MinMaxScaler().fit_transform(X), sample_weight=weights)
    assert pipeline[-1].loss_curve_ == expected.loss_curve_


def test_grid_search(digits):
    X, _ = digits
    pipeline = make_pipeline(MinMaxScaler(), autoencoder())
    search = GridSearchCV(pipeline, {"autoencoder__n_components": [1, 24]}, cv=2, n_jobs=2).fit(X)
    assert search.best_params_ == {"autoencoder__n_components": 24}
    alone = GridSearchCV(pipeline, {"autoencoder__n_components": [1, 24]}, cv=2).fit(X)
    EQUIVALENCE.assert_close(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


def test_cross_val_score_is_the_score_on_rows_left_out(digits):
    X = digits[0] / 16
    scores = cross_val_score(autoencoder(), X, cv=[(np.arange(400), np.arange(400, 600))])
    assert scores[0] == autoencoder().fit(X[:400]).score(X[400:])


def test_column_transformer_and_feature_union(digits):
    X = digits[0] / 16
    halves = ColumnTransformer([("left", autoencoder(4), slice(0, 32)), ("right", autoencoder(5), slice(32, 64))])
    assert halves.fit_transform(X).shape == (600, 9)
    assert halves.get_feature_names_out()[4] == "right__autoencoder0"
    assert FeatureUnion([("a", autoencoder(4)), ("b", SparseAutoencoder(3))]).fit_transform(X).shape == (600, 7)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output(digits, container):
    library = pytest.importorskip(container)
    X = digits[0] / 16
    frame = library.DataFrame({f"pixel{i}": column for i, column in enumerate(X.T)})
    fitted = autoencoder(3).set_output(transform=container).fit(frame)
    codes = fitted.transform(frame)
    assert isinstance(codes, library.DataFrame)
    assert list(codes.columns) == ["autoencoder0", "autoencoder1", "autoencoder2"]
    if container == "pandas":
        assert list(fitted.feature_names_in_)[:2] == ["pixel0", "pixel1"]
        assert list(codes.index) == list(frame.index)
    np.testing.assert_array_equal(codes.to_numpy(), autoencoder(3).fit(X).transform(X))
    assert type(fitted.reconstruct(frame)) is type(fitted.inverse_transform(codes.to_numpy())) is np.ndarray
