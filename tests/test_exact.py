"""solver="exact" reaches the least J, and agrees with the reference, with PCA and with the native objective."""

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.decomposition import PCA

from as_given import Autoencoder
from eigencoder import loss_and_gradients
from eigencoder.reference import Dataset, Network, Objective, exact
from refusals import assert_refused
from tolerances import AT_OPTIMUM, EQUIVALENCE, GRADIENT, N_SIGMA, NATIVE_OVER_REFERENCE, PCA_GAP

Array = NDArray[np.float64]
N_FEATURES, N_COMPONENTS = 7, 4
ALPHA = 1.6  # the least of the components vanishes

WITHOUT_NOISE = [{}, {"tied_weights": True}, {"alpha": ALPHA}, {"alpha": ALPHA, "tied_weights": True}]
WITH_NOISE = [{"corruption": "masking"}, {"corruption": "gaussian", "corruption_level": 0.7}]


def data(n_samples: int = 50) -> Array:
    """Rows about a mean far from 0 with variances from 4 to 0.16; the last column is constant."""
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(N_FEATURES - 1, N_FEATURES - 1)))[0]
    x = rng.normal(size=(n_samples, N_FEATURES - 1)) * [2, 1.5, 1.1, 0.8, 0.6, 0.4] @ rotation
    return np.hstack([x, np.zeros((n_samples, 1))]) + rng.normal(size=N_FEATURES)


def linear(n_components: int = N_COMPONENTS, **parameters: object) -> Autoencoder:
    return Autoencoder(n_components, **({"activation": "identity", "solver": "exact"} | parameters))


class Problem:
    """Expected J of the data as a function of the flat parameters, in the reference."""

    def __init__(self, x: Array, weights: Array | None = None, tied_weights: bool = False, **objective: object):
        self.network = Network((x.shape[1], N_COMPONENTS, x.shape[1]), ("identity", "identity"), tied_weights)
        self.objective = Objective(**objective)
        self.data = Dataset.of(x, weights=weights)

    def solution(self) -> Array:
        return exact.solve(self.network, self.objective, self.data)

    def value(self, parameters: Array) -> float:
        return exact.expected_value(self.network, self.objective, parameters, self.data)

    def gradient(self, parameters: Array) -> Array:
        """By hand, from residuals r_i = h(E x~_i) - x_i and the mean variance v of the noise."""
        gradient = np.zeros_like(parameters)
        (w_1, b_1), (w_2, b_2) = self.network.layers(parameters)
        (d_w_1, d_b_1), (d_w_2, d_b_2) = self.network.layers(gradient)
        shares = self.data.weights / len(self.data.x)
        mean, variance = exact.moments_of_noise(self.objective, self.data.x)
        v = shares @ variance
        code = mean @ w_1 + b_1
        d_output = 2 * shares[:, np.newaxis] * (code @ w_2 + b_2 - self.data.x)
        d_code = d_output @ w_2.T
        d_w_1 += mean.T @ d_code + 2 * v[:, np.newaxis] * (w_1 @ w_2 @ w_2.T) + self.objective.alpha * w_1
        d_w_2 += code.T @ d_output + 2 * w_1.T @ (v[:, np.newaxis] * (w_1 @ w_2)) + self.objective.alpha * w_2
        d_b_1 += d_code.sum(axis=0)
        d_b_2 += d_output.sum(axis=0)
        return gradient

    def parameters_of(self, autoencoder: Autoencoder) -> Array:
        parameters = np.empty(self.network.n_parameters)
        for layer, w, b in zip(
            self.network.layers(parameters), autoencoder.coefs_, autoencoder.intercepts_, strict=True
        ):
            layer.weights[...], layer.bias[...] = w, b
        return parameters


@pytest.mark.parametrize("parameters", [*WITHOUT_NOISE, *WITH_NOISE], ids=str)
class TestEveryProblem:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_agrees_with_the_reference(self, parameters, dtype):
        x, weights = data(), np.arange(50) % 4
        problem = Problem(x, weights, **parameters)
        solution = problem.solution()
        autoencoder = linear(**parameters).fit(x.astype(dtype), sample_weight=weights)
        close = NATIVE_OVER_REFERENCE["cpu", dtype].assert_close
        close(problem.parameters_of(autoencoder), solution)
        close(autoencoder.loss_, problem.value(solution))
        assert {array.dtype for array in autoencoder.coefs_ + autoencoder.intercepts_} == {np.dtype(dtype)}

    def test_the_gradient_by_hand_is_that_of_differences(self, parameters):
        problem = Problem(data(), **parameters)
        point = np.random.default_rng(1).normal(size=problem.network.n_parameters)
        of_differences = [
            GRADIENT.derivative(lambda step, axis=axis: problem.value(point + step * axis))
            for axis in np.eye(len(point))
        ]
        GRADIENT.assert_close(of_differences, problem.gradient(point))

    def test_the_gradient_is_zero(self, parameters):
        problem = Problem(data(), **parameters)
        solution = problem.parameters_of(linear(**parameters).fit(data()))
        assert np.abs(problem.gradient(solution)).max() < AT_OPTIMUM * np.abs(problem.gradient(1.1 * solution)).max()

    def test_no_perturbation_lowers_the_cost(self, parameters):
        problem = Problem(data(), **parameters)
        autoencoder = linear(**parameters).fit(data())
        solution, least = problem.parameters_of(autoencoder), autoencoder.loss_ * (1 - EQUIVALENCE.relative)
        rng = np.random.default_rng(1)
        for size in (1e-3, 1e-2, 1e-1, 1):
            assert all(problem.value(solution + size * rng.normal(size=len(solution))) > least for _ in range(200))

    def test_a_search_from_another_start_ends_there(self, parameters):
        problem = Problem(data(), **parameters)
        start = np.random.default_rng(1).normal(size=problem.network.n_parameters)
        found = minimize(problem.value, start, jac=problem.gradient, method="L-BFGS-B", options={"maxiter": 200})
        loss = linear(**parameters).fit(data()).loss_
        assert loss * (1 - EQUIVALENCE.relative) < found.fun < loss * (1 + PCA_GAP)

    def test_a_weight_is_a_repetition(self, parameters):
        x, weights = data(), np.arange(50) % 4
        weighted = linear(**parameters).fit(x, sample_weight=weights)
        repeated = linear(**parameters).fit(x.repeat(weights, axis=0))
        for a, b in zip(weighted.coefs_ + weighted.intercepts_, repeated.coefs_ + repeated.intercepts_, strict=True):
            EQUIVALENCE.assert_close(a, b)
        EQUIVALENCE.assert_close(weighted.loss_, repeated.loss_)

    def test_fitted_attributes(self, parameters):
        x, x_val = data(), data(60)[50:]
        autoencoder = linear(random_state=3, **parameters).fit(x, X_val=x_val)
        assert autoencoder.loss_curve_ == [autoencoder.loss_] == [autoencoder.best_loss_]
        assert (autoencoder.n_iter_, autoencoder.t_, autoencoder._seed) == (1, len(x), 3)
        problem = Problem(x_val, **{**parameters, "alpha": 0.0})
        EQUIVALENCE.assert_close(
            autoencoder.validation_loss_curve_, [problem.value(problem.parameters_of(autoencoder))]
        )
        encoder, decoder = autoencoder.coefs_
        assert np.shares_memory(encoder, decoder) == parameters.get("tied_weights", False)

    @pytest.mark.parametrize("n_components", [N_FEATURES, N_FEATURES + 3])
    def test_more_units_than_the_rank(self, parameters, n_components):
        x = data()
        autoencoder = linear(n_components, **parameters).fit(x)
        full = linear(N_FEATURES - 1, **parameters).fit(x)
        one = linear(1, **parameters).fit(x).loss_  # the losses may be 0 but for rounding
        EQUIVALENCE.assert_close([one, autoencoder.loss_], [one, full.loss_])
        EQUIVALENCE.assert_close(autoencoder.reconstruct(x), full.reconstruct(x))
        assert autoencoder.transform(x).shape == (len(x), n_components)
        assert not autoencoder.coefs_[0][:, N_FEATURES:].any()

    @pytest.mark.parametrize(
        "x", [data(3), data(1), np.zeros((5, 3)), np.full((5, 3), 0.1)], ids=lambda x: str(x.shape)
    )
    def test_poor_data(self, parameters, x):
        autoencoder = linear(3, **parameters).fit(x)
        if len(np.unique(x, axis=0)) == 1:
            EQUIVALENCE.assert_close(autoencoder.reconstruct(x), x)
        assert np.isfinite([autoencoder.loss_, *map(np.sum, autoencoder.coefs_)]).all()


@pytest.mark.parametrize("parameters", WITHOUT_NOISE, ids=str)
def test_the_native_objective_has_its_least_value(parameters):
    x, weights = data(), np.arange(50) % 4
    autoencoder = linear(**parameters).fit(x, sample_weight=weights)

    def loss_and_slope() -> tuple[float, float]:
        loss, *gradients = loss_and_gradients(autoencoder, x, sample_weight=weights)
        return loss, max(np.abs(gradient).max() for arrays in gradients for gradient in arrays)

    loss, slope = loss_and_slope()
    EQUIVALENCE.assert_close(autoencoder.loss_, loss)
    autoencoder.intercepts_[1][...] *= 1.1
    assert slope < AT_OPTIMUM * loss_and_slope()[1]


@pytest.mark.parametrize("parameters", WITH_NOISE, ids=str)
def test_drawn_noise_gives_the_expected_cost_and_no_gradient(parameters):
    x = data(500)
    autoencoder = linear(**parameters).fit(x)
    draws = [loss_and_gradients(autoencoder, x, noise_seed=seed) for seed in range(200)]
    values = np.array([[loss, *coefs[0].flat, *coefs[1].flat] for loss, coefs, _ in draws])
    deviations = values.mean(axis=0) - [autoencoder.loss_, *np.zeros(values.shape[1] - 1)]
    assert (np.abs(deviations) <= N_SIGMA * values.std(axis=0) / np.sqrt(len(values))).all()


@pytest.mark.parametrize("n_components", [1, N_COMPONENTS, N_FEATURES])
@pytest.mark.parametrize("n_samples", [50, 5000])
def test_without_noise_and_penalty_it_is_pca(n_components, n_samples):
    x = data(n_samples)
    autoencoder, pca = linear(n_components).fit(x), PCA(n_components, svd_solver="full").fit(x)
    EQUIVALENCE.assert_close(autoencoder.coefs_[0].T[: N_FEATURES - 1], pca.components_[: N_FEATURES - 1])
    EQUIVALENCE.assert_close(autoencoder.transform(x).var(axis=0, ddof=1), pca.explained_variance_)
    EQUIVALENCE.assert_close(autoencoder.transform(x), pca.transform(x))
    EQUIVALENCE.assert_close(autoencoder.reconstruct(x), pca.inverse_transform(pca.transform(x)))


@pytest.mark.parametrize("tied_weights", [False, True])
def test_a_large_alpha_leaves_the_mean_row(tied_weights):
    x = data()
    autoencoder = linear(alpha=1e3, tied_weights=tied_weights).fit(x)
    assert not autoencoder.coefs_[0].any()
    EQUIVALENCE.assert_close(autoencoder.loss_, x.var(axis=0).sum())


@pytest.mark.parametrize("parameters", WITH_NOISE, ids=str)
def test_the_full_map_cut_to_the_plane_of_pca_costs_more(parameters):
    x = data()
    problem = Problem(x, **parameters)
    autoencoder, full = linear(**parameters).fit(x), linear(N_FEATURES, **parameters).fit(x)
    components = linear().fit(x).coefs_[0]
    cut = problem.parameters_of(autoencoder)
    (w_1, b_1), (w_2, _) = problem.network.layers(cut)
    w_1[...] = full.coefs_[0] @ full.coefs_[1] @ components
    w_2[...] = components.T
    b_1[...] = -exact.moments_of_noise(problem.objective, x)[0].mean(axis=0) @ w_1
    if parameters["corruption"] == "masking":
        assert problem.value(cut) > autoencoder.loss_ * (1 + EQUIVALENCE.relative)
    else:  # noise that is equal in all directions keeps the components
        EQUIVALENCE.assert_close(problem.value(cut), autoencoder.loss_)


@pytest.mark.parametrize("corruption", ["masking", "gaussian"])
def test_no_noise_at_level_0_and_no_input_at_level_1(corruption):
    x = data()
    EQUIVALENCE.assert_close(
        linear(corruption=corruption, corruption_level=0).fit(x).reconstruct(x), linear().fit(x).reconstruct(x)
    )
    if corruption == "masking":
        masked = linear(corruption=corruption, corruption_level=1).fit(x)
        assert not masked.coefs_[0].any()
        EQUIVALENCE.assert_close(masked.loss_, x.var(axis=0).sum())


def test_a_column_that_is_always_0_gets_no_weight():
    x = data()
    expected = np.insert(linear(corruption="masking").fit(x).coefs_[0], 2, 0, axis=0)
    EQUIVALENCE.assert_close(linear(corruption="masking").fit(np.insert(x, 2, 0, axis=1)).coefs_[0], expected)


@pytest.mark.parametrize(
    "unused",
    [
        {"max_iter": 0},
        {"early_stopping": True},
        {"warm_start": True},
        {"batch_size": 3, "shuffle": False},
        {"tol": 0.0},
    ],
    ids=str,
)
def test_settings_of_the_other_solvers_are_unused(unused):
    x = data()
    trained = linear(solver="adam", max_iter=2).fit(data(9).astype("float32"))
    autoencoder = trained.set_params(solver="exact", **unused).fit(x)
    np.testing.assert_array_equal(autoencoder.coefs_[0], linear().fit(x).coefs_[0])
    assert (autoencoder.n_iter_, autoencoder.t_, autoencoder.validation_loss_curve_) == (1, len(x), [])


def test_training_goes_on_from_the_solution():
    x = data()
    autoencoder = linear(alpha=ALPHA).fit(x)
    solution = autoencoder.coefs_[0].copy()
    autoencoder.set_params(solver="sgd", warm_start=True, max_iter=1).fit(x)
    EQUIVALENCE.assert_close(autoencoder.loss_curve_, [autoencoder.loss_curve_[0]] * 2)
    EQUIVALENCE.assert_close(autoencoder.coefs_[0], solution)


def test_gradients_of_an_unfitted_estimator_are_those_of_initial_weights():
    x, parameters = data(), {"alpha": ALPHA, "random_state": 0}
    loss, *_ = loss_and_gradients(linear(**parameters), x)
    assert loss == loss_and_gradients(linear(solver="adam", **parameters), x)[0]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"code_activation": "sigmoid"}, "found code_activation='sigmoid'"),
        ({"code_activation": "tanh"}, "found code_activation='tanh'"),
        ({"output_activation": "sigmoid"}, "found output_activation='sigmoid'"),
        ({"hidden_layer_sizes": (5,)}, r"found hidden_layer_sizes=\(5,\)"),
        (
            {"loss": "binary_crossentropy", "output_activation": "sigmoid"},
            "found output_.*, loss='binary_crossentropy'",
        ),
        ({"penalty": "kl"}, "found penalty='kl'"),
        ({"penalty": "l1", "sparsity_weight": 0.0}, "found penalty='l1'"),
        ({"corruption": "salt_and_pepper"}, "found corruption='salt_and_pepper'"),
        ({"corruption": "masking", "alpha": 0.1}, "found alpha=0.1"),
        ({"corruption": "gaussian", "tied_weights": True}, "found tied_weights=True"),
    ],
    ids=str,
)
def test_what_it_cannot_solve_is_refused(parameters, found):
    message = rf"solver='exact' solves activation='identity'.* {found}.*solver='adam'"
    assert_refused(linear(**parameters), ValueError, message, lambda a: a.fit(data()))
    assert_refused(linear().fit(data()).set_params(**parameters), ValueError, message, lambda a: a.fit(data()))


def test_an_activation_that_no_layer_has_is_unused():
    linear(activation="sigmoid", code_activation="identity").fit(data())


def test_there_is_no_partial_fit():
    with pytest.raises(AttributeError) as caught:
        linear().partial_fit(data())
    assert "solver='exact' needs all: use fit, or solver='adam'" in str(caught.value.__cause__)
    linear(solver="adam").partial_fit(data())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_refused_data(dtype):
    x = data().astype(dtype)
    x[3, 2] = -np.finfo(dtype).max / 4
    assert_refused(linear(), ValueError, rf"X has entries up to .*{dtype} cannot sum up: scale X", lambda a: a.fit(x))
    x[3, 2] = np.sqrt(np.finfo(dtype).max / x.size) / 3
    assert np.isfinite(linear(1).fit(x).loss_)


def test_refuses_a_covariance_beyond_the_memory(monkeypatch):
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 4000, "SC_PAGE_SIZE": 4096}.get)
    x = np.zeros((1300, 1200))
    message = (
        "needs at least 23040000 bytes for the covariance of 1300 rows of 1200 features, this machine has 16384000"
    )
    assert_refused(linear(), ValueError, message, lambda a: a.fit(x))
    linear().fit(x[:10])


@pytest.mark.parametrize("parameters", [{}, {"alpha": ALPHA}, *WITH_NOISE], ids=str)
def test_memory_grows_with_the_features_alone(parameters):
    x = np.random.default_rng(0).random((30_000, 200), "float32")
    linear().fit(x[:10])  # whatever a first fit loads
    tracemalloc.start()
    linear(**parameters).fit(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < x.nbytes / 2


@pytest.mark.parametrize("parameters", [*WITHOUT_NOISE, *WITH_NOISE], ids=str)
class TestFewRows:
    """Fewer rows than columns: the products of rows are used, not those of columns."""

    def rows(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(10, 3)) @ rng.normal(size=(3, 23)) * 2 + 0.3 * rng.normal(size=(10, 23)) + 1
        x[:, 5] = 0
        return x

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_agree_with_the_reference(self, parameters, dtype):
        weights = np.arange(10) % 4
        problem = Problem(self.rows(), weights, **parameters)
        solution = problem.solution()
        autoencoder = linear(**parameters).fit(self.rows().astype(dtype), sample_weight=weights)
        close = NATIVE_OVER_REFERENCE["cpu", dtype].assert_close
        close(problem.parameters_of(autoencoder), solution)
        close(autoencoder.loss_, problem.value(solution))

    def test_are_solved_as_they_are_in_more_rows(self, parameters):
        few = linear(**parameters).fit(self.rows())
        many = linear(**parameters).fit(self.rows().repeat(3, axis=0))
        for a, b in zip(few.coefs_ + few.intercepts_, many.coefs_ + many.intercepts_, strict=True):
            EQUIVALENCE.assert_close(a, b)
        EQUIVALENCE.assert_close(few.loss_, many.loss_)

    def test_units_beyond_the_rank_have_weights_of_0(self, parameters):
        few, all_rows = linear(9, **parameters).fit(self.rows()), linear(15, **parameters).fit(self.rows())
        EQUIVALENCE.assert_close(all_rows.coefs_[0][:, :9], few.coefs_[0])
        assert not all_rows.coefs_[0][:, 9:].any()
        assert not all_rows.coefs_[1][9:].any()
        EQUIVALENCE.assert_close(all_rows.reconstruct(self.rows()), few.reconstruct(self.rows()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("n_components", "parameters"), [(0.5, {}), (20, {}), *((20, noise) for noise in WITH_NOISE)], ids=str
)
def test_memory_grows_with_the_data_where_rows_are_few(n_components, parameters, dtype):
    rng = np.random.default_rng(0)
    x = (rng.random((100, 30)) @ rng.random((30, 4000))).astype(dtype)
    linear().fit(x[:, :10])  # whatever a first fit loads
    tracemalloc.start()
    linear(n_components, **parameters).fit(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * x.nbytes


def test_a_share_of_few_rows_is_measured_as_pca_would():
    x = np.random.default_rng(0).random((30, 3)) @ np.random.default_rng(1).random((3, 200))
    x += 0.1 * np.random.default_rng(2).random(x.shape)
    train, held_out = x[:25], x[25:]
    curve = linear(0.8).fit(train, X_val=held_out).size_curve_
    deviation = ((held_out - held_out.mean(axis=0)) ** 2).sum()
    for size, pca_score in zip(curve["n_components"], curve["pca_score"], strict=True):
        pca = PCA(size, svd_solver="full").fit(train)
        error = ((held_out - pca.inverse_transform(pca.transform(held_out))) ** 2).sum()
        EQUIVALENCE.assert_close(pca_score, 1 - error / deviation)
