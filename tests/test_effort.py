"""With no argument given: what "auto" becomes, and that the result is PCA's or better, on rows that it has not seen."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier

from eigencoder import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder
from eigencoder._data.training_data import TrainingData
from eigencoder._training import cycles, effort
from eigencoder._training.exact import FitResult
from eigencoder._training.network import Network
from tolerances import EQUIVALENCE, PCA_START

DIGITS, CLASSES = load_digits(return_X_y=True)
TABLES = {
    "iris": (load_iris().data, 2),
    "wine": (load_wine().data, 5),
    "breast cancer": (load_breast_cancer().data, 5),
    "digits": (DIGITS, 16),
    "diabetes": (load_diabetes().data, 4),
}
FLOOR = 0.005  # of the variance of held-out rows
ROUNDING = 1e-6  # of a loss


def score_of_pca(n_components, train, test):
    pca = PCA(n_components).fit(train)
    errors = test - pca.inverse_transform(pca.transform(test))
    return 1 - np.square(errors).sum() / np.square(test - test.mean(axis=0)).sum()


def arrays(model):
    return model.coefs_ + model.intercepts_


def assert_same_bits(a, b):
    for one, other in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("hidden", [(), (64,)], ids=str)
@pytest.mark.parametrize("name", TABLES)
def test_no_worse_than_pca_on_rows_that_it_has_not_seen(name, hidden):
    x, n_components = TABLES[name]
    train, test = train_test_split(x, random_state=0)
    model = Autoencoder(n_components, hidden_layer_sizes=hidden, random_state=0).fit(train)
    assert model.score(test) > score_of_pca(n_components, train, test) - FLOOR


def test_a_hidden_layer_gains_where_there_is_something_to_gain():
    train, test = train_test_split(DIGITS, random_state=0)
    model = Autoencoder(16, hidden_layer_sizes=(64,), random_state=0).fit(train)
    assert model.score(test) > score_of_pca(16, train, test) + 0.03


def test_nothing_is_gained_on_noise():
    train, test = np.random.default_rng(0).normal(size=(2, 600, 30))
    model = Autoencoder(5, hidden_layer_sizes=(40,), random_state=0).fit(train)
    assert model.score(test) > score_of_pca(5, train, test) - FLOOR


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "identity"])
def test_where_pca_is_the_optimum_it_is_all(activation):
    model = Autoencoder(16, activation=activation, random_state=0).fit(DIGITS)
    pca = PCA(16).fit(DIGITS)
    errors = DIGITS - pca.inverse_transform(pca.transform(DIGITS))
    PCA_START.assert_close(model.loss_, np.square(errors).sum(axis=1).mean())
    assert (model.solver_, model.n_iter_, model.t_) == ("pca", 1, len(DIGITS))
    assert model.loss_curve_ == [model.loss_] == [model.best_loss_]
    assert_same_bits(model, clone(model).set_params(max_iter=0).fit(DIGITS))


@pytest.mark.parametrize(
    "given",
    [{"learning_rate_init": 1e-3}, {"batch_size": 64}, {"max_grad_norm": 1.0}, {"alpha": 1e-3}, {"averaging": 0.9}],
    ids=str,
)
def test_what_asks_for_steps_gets_them(given):
    model = Autoencoder(4, max_iter=3, random_state=0, **given).fit(DIGITS[:300])
    assert (model.solver_, model.n_iter_) == ("adam", 3)


START = [
    ({"alpha": 0.1, "code_activation": None}, "good"),
    ({"init": "glorot"}, "random"),
    ({"n_active": 2}, "random"),
    ({"penalty": "kl"}, "kl"),
    ({"penalty": "kl", "hidden_layer_sizes": (8,)}, "deep kl"),
]


@pytest.mark.parametrize(("given", "start"), START, ids=str)
def test_a_training_by_need_is_adam_along_a_cosine(given, start):
    """One cycle of it, whose rows judge themselves or are too few for others to."""
    rate = effort._BY_NEED[start].learning_rate_init
    x = DIGITS[:90]
    named = {"solver": "adam", "learning_rate": "cosine", "learning_rate_init": rate, "batch_size": 32}
    model = Autoencoder(4, max_iter=15, random_state=0, **given).fit(x)
    same = Autoencoder(4, max_iter=15, n_iter_no_change=15, random_state=0, **given, **named).fit(x)
    assert (model.solver_, model.learning_rate_init_, model.batch_size_) == ("adam", rate, 32)
    assert model.loss_curve_ == same.loss_curve_
    assert_same_bits(model, same)


def test_a_named_solver_has_its_usual_values():
    names = ("solver_", "learning_rate_init_", "batch_size_", "n_iter_")
    for given in (
        {"solver": "rmsprop"},
        {"learning_rate": "constant"},
        {"warmup_epochs": 1.0},
        {"early_stopping": False},
    ):
        model = Autoencoder(2, tol=0, n_iter_no_change=1000, random_state=0, **given).fit(DIGITS[:50])
        assert [getattr(model, name) for name in names] == [given.get("solver", "adam"), 1e-3, 256, 100]


def test_cycles_grow_while_there_is_a_budget():
    network = Network((64, 8, 64), ("tanh", "identity"), False)

    def lengths(n_rows=1000, max_iter=None, start="good"):
        return effort.cycle_lengths(start, max_iter, 32, network, n_rows, 1)

    assert lengths() == (15, 30, 60, 120)
    assert lengths(start="kl") == (15, 30, 60)
    assert lengths(n_rows=20, start="kl") == (15, 30, 60, 120)  # of one step an epoch
    assert [sum(lengths(n_rows=n)) for n in (10**4, 10**5, 10**6, 10**9)] == [225, 45, 4, 1]
    assert [lengths(max_iter=n) for n in (0, 7, 50, 1000)] == [(), (7,), (15, 35), (15, 30, 60, 895)]


def test_the_losses_of_all_cycles_are_kept():
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0).fit(DIGITS[:600])
    assert model.n_iter_ == len(model.loss_curve_) == len(model.validation_loss_curve_) == 225
    assert model.t_ == 225 * 510  # 15 % are set apart
    assert np.all(np.diff(model.validation_loss_curve_[-3:]) < 1e-3 * model.best_loss_)


def test_given_rows_judge_in_the_place_of_those_set_apart():
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0).fit(DIGITS[:600], X_val=DIGITS[600:700])
    assert model.t_ == model.n_iter_ * 600
    EQUIVALENCE.assert_close(model.best_loss_, -model.score_samples(DIGITS[600:700]).mean())


def test_too_few_rows_to_tell_leave_the_start_as_it_is():
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0).fit(DIGITS[:99])
    assert_same_bits(model, clone(model).set_params(max_iter=0).fit(DIGITS[:99]))
    assert clone(model).fit(DIGITS[:300]).n_iter_ > 1


def test_rows_that_only_learn_by_heart_leave_the_start_as_it_is():
    x = np.random.default_rng(0).normal(size=(120, 20))
    model = Autoencoder(3, hidden_layer_sizes=(30,), random_state=0).fit(x)
    assert_same_bits(model, clone(model).set_params(max_iter=0).fit(x))


class Scripted:
    """A training of 600 rows whose parameter counts the cycles, and whose errors are told for each count."""

    def __init__(self, *errors):
        self.data, self.seed, self.tol, self.starts_well = TrainingData(DIGITS[:600]), 0, 1e-4, True
        self.parameters, self.scales = np.zeros(1), None
        self._errors = errors

    def cycle_lengths(self, n_rows, n_networks):
        return (1,) * (len(self._errors) - 1)

    def cycle(self, branch, n_epochs, first_epoch, reporter):
        branch.parameters += 1
        return FitResult("max_iter", [1.0], [1.0], 1.0, rows_seen=1), None

    def errors(self, data, parameters):
        return np.resize(self._errors[int(parameters[0])], len(data.weighed_rows)).astype(float)

    def train(self):
        result, _ = cycles.train(self, None, overfits=True, can_restart=True)
        return int(self.parameters[0]), len(result.loss_curve), result.best_loss


@pytest.mark.parametrize(
    ("errors", "kept", "n_cycles"),
    [
        (([2, 2], [1, 1], [0.5, 0.5]), 2, 2),
        (([2, 2], [3, 3], [1, 1]), 2, 2),  # the first one may lose what a later one wins
        (([2, 2], [1, 1], [3, 3], [0, 0]), 1, 2),  # the third does not come
        (([2, 2], [1, 1], [0.99999, 0.99999], [0, 0]), 2, 2),  # nor where the second gains less than tol
        (([2, 2], [3, 3], [2.5, 2.5]), 0, 2),
        (([2, 2], [3.9, 0.09]), 0, 1),  # a gain of 0.005 in the mean, its standard error 0.2
        (([2, 2], [2.0, 1.9]), 1, 1),  # one of 0.05, its standard error 0.005
    ],
)
def test_the_best_weights_are_kept_and_the_start_unless_it_is_beaten(errors, kept, n_cycles):
    found, n_epochs, best_loss = Scripted(*errors).train()
    assert (found, n_epochs) == (kept, n_cycles)
    assert best_loss == pytest.approx(np.mean(errors[kept]), abs=0.02)


@pytest.mark.parametrize("n_rows", [300, 600])
def test_rows_without_weight_change_nothing(n_rows):
    x = DIGITS[: n_rows + 50]
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0)
    weights = np.r_[np.full(n_rows, 2.0), np.zeros(50)]
    weighted, plain = clone(model).fit(x, sample_weight=weights), clone(model).fit(x[:n_rows])
    assert weighted.n_iter_ == plain.n_iter_
    assert weighted.score(DIGITS) == pytest.approx(plain.score(DIGITS), abs=1e-3)


@pytest.mark.parametrize("n_rows", [300, 600])
def test_any_number_of_threads_gives_the_same_bits(n_rows):
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0, n_jobs=1).fit(DIGITS[:n_rows])
    assert_same_bits(model, clone(model).set_params(n_jobs=2).fit(DIGITS[:n_rows]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_score_does_not_depend_on_the_units_of_x(dtype):
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0)
    expected = clone(model).fit(DIGITS[:600].astype(dtype)).score(DIGITS[600:].astype(dtype))
    x = (1e3 * (DIGITS + 273)).astype(dtype)
    assert clone(model).fit(x[:600]).score(x[600:]) == pytest.approx(expected, abs=1e-3)


def test_a_fit_with_warm_start_goes_on_and_is_never_worse():
    model = Autoencoder(8, hidden_layer_sizes=(32,), warm_start=True, random_state=0)
    first = model.fit(DIGITS[:600], X_val=DIGITS[600:]).best_loss_
    assert model.fit(DIGITS[:600], X_val=DIGITS[600:]).best_loss_ <= first * (1 + ROUNDING)
    assert model.n_iter_ == len(model.loss_curve_) > 225


def test_partial_fit_is_adam_at_a_constant_rate():
    model = Autoencoder(8, hidden_layer_sizes=(32,), random_state=0).partial_fit(DIGITS[:600])
    named = clone(model).set_params(solver="adam", learning_rate="constant", batch_size=256).partial_fit(DIGITS[:600])
    assert_same_bits(model, named)
    assert (model.solver_, model.n_iter_) == ("adam", 1)


@pytest.mark.parametrize("n_components", [16, 32])
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("factor", [1, 100])
def test_sparse_codes_are_sparse(name, n_components, factor):
    codes = SparseAutoencoder(n_components, random_state=0).fit_transform(factor * TABLES[name][0])
    means = codes.mean(axis=0)
    assert np.all(np.abs(means / 0.05 - 1) < 0.2)
    assert np.mean(codes.std(axis=0) / means) > 0.4  # and not squeezed around the mean that they are to have


@pytest.mark.parametrize("offset", [0, 20])
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_hardly_a_unit_of_a_k_sparse_code_is_dead(activation, offset):
    model = Autoencoder(256, n_active=16, activation=activation, random_state=0)
    codes = model.fit_transform(DIGITS + offset)
    assert np.sum(~codes.any(axis=0)) < 0.05 * 256


@pytest.mark.parametrize("hidden", [(), (64,)], ids=str)
@pytest.mark.parametrize("name", ["breast cancer", "digits"])
def test_denoising_beats_the_noisy_rows_and_pca_of_them(name, hidden):
    train, test = train_test_split(TABLES[name][0], random_state=0)
    noisy = np.where(np.random.default_rng(0).random(test.shape) < 0.3, train.mean(axis=0), test)
    model = DenoisingAutoencoder(24, hidden_layer_sizes=hidden, random_state=0).fit(train)
    pca = PCA(24).fit(train)
    error, error_of_noise, error_of_pca = (
        np.square(test - rebuilt).sum()
        for rebuilt in (model.reconstruct(noisy), noisy, pca.inverse_transform(pca.transform(noisy)))
    )
    assert error < min(error_of_noise, error_of_pca)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_a_classifier_of_four_units_is_as_good_as_the_network_of_scikit_learn(load):
    x, y = load(return_X_y=True)
    found = np.mean([cross_val_score(EncoderClassifier(Autoencoder(4), random_state=i), x, y, cv=3) for i in range(3)])
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        expected = cross_val_score(MLPClassifier(random_state=0), x, y, cv=3).mean()
    assert found >= expected - 0.01


def test_a_code_that_further_layers_read_is_that_of_the_activation():
    x, y = DIGITS[:100], CLASSES[:100]
    stack = StackedAutoencoder([Autoencoder(8), Autoencoder(4)], random_state=0)
    assert Autoencoder(4).fit(x)._activations == ("identity", "identity")
    assert stack.fit(x)._activations == ("sigmoid", "identity", "sigmoid", "identity")
    for encoder, activations in ((Autoencoder(4), ["sigmoid"]), (stack, ["sigmoid"] * 2)):
        assert list(EncoderClassifier(clone(encoder), random_state=0).fit(x, y)._activations[:-1]) == activations
    given = Autoencoder(4, code_activation="identity")
    assert EncoderClassifier(given, random_state=0).fit(x, y)._activations[0] == "identity"


def test_a_stack_is_trained_by_need():
    train, test = train_test_split(DIGITS, random_state=0)
    stack = StackedAutoencoder([Autoencoder(32), Autoencoder(8)], random_state=0).fit(train)
    assert stack.score(test) > score_of_pca(8, train, test) + 0.05


def test_the_layers_of_a_stack_rebuild_codes_by_their_activation():
    x = DIGITS[:100]
    tanh, linear = Autoencoder(8, activation="tanh"), Autoencoder(6, activation="identity", solver="exact")
    for layer, activations in (
        (Autoencoder(4), ("identity", "tanh")),
        (Autoencoder(4, penalty="l1"), ("sigmoid", "tanh")),
        (Autoencoder(4, output_activation="identity"), ("identity", "identity")),
        (Autoencoder(4, init="pca"), ("identity", "identity")),
        (Autoencoder(4, solver="exact"), ("identity", "identity")),
        (Autoencoder(4, loss="binary_crossentropy"), ("sigmoid", "sigmoid")),
    ):
        stack = StackedAutoencoder([clone(tanh), layer], fine_tune=False, random_state=0)
        if layer.loss == "binary_crossentropy":
            stack.set_params(layers=[Autoencoder(8), layer])
        assert stack.fit(x).layers_[1]._activations == activations
        assert layer.output_activation in ("auto", "identity")
    stack = StackedAutoencoder([linear, Autoencoder(4), Autoencoder(2)], random_state=0, max_iter=1).fit(x)
    assert stack._activations == ("identity", "sigmoid", "identity", "sigmoid", "identity", "identity")


def test_an_output_that_compares_probabilities_is_one():
    assert Autoencoder(2, loss="binary_crossentropy", max_iter=1).fit(DIGITS / 16)._activations[-1] == "sigmoid"


def test_a_share_of_variance_is_found_with_hidden_layers():
    """Sizes that are tried after the found one leave nothing behind."""
    autoencoder = Autoencoder(0.75, hidden_layer_sizes=(24,), random_state=0).fit(DIGITS[:400])
    scores = dict(zip(*(autoencoder.size_curve_[name].tolist() for name in ("n_components", "score")), strict=True))
    assert scores[autoencoder.n_components_] >= 0.75
    assert all(score < 0.75 for size, score in scores.items() if size < autoencoder.n_components_)
    again = autoencoder.set_params(warm_start=True).fit(DIGITS[:400])
    assert again.n_components_ <= max(scores)
