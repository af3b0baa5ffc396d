"""n_components as a share of variance: which size is found, on which rows, and what stays on the estimator."""

import copy
import itertools
import pickle
import re
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from as_given import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder
from eigencoder import DivergenceError, _core, check_gradients, loss_and_gradients, reference
from eigencoder._training.sizing import Bracket, SizeSearch
from refusals import assert_refused
from tolerances import EQUIVALENCE

N_FEATURES = 12
UNMOVED = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}  # weights stay where they start


def data(n_samples=300, dtype="float64"):
    """Rows about a curved surface, on which three numbers say nearly all."""
    rng = np.random.default_rng(0)
    surface = np.tanh(rng.uniform(-1, 1, (n_samples, 3)) @ rng.normal(size=(3, 40))) @ rng.normal(size=(40, N_FEATURES))
    return (surface + 0.1 * rng.normal(size=(n_samples, N_FEATURES))).astype(dtype)


def split(n_samples=300, validation_fraction=0.1, seed=0):
    """The rows that train and those held out."""
    order = _core.permutation(n_samples, seed)
    n_held_out = int(np.ceil(validation_fraction * n_samples))
    return np.sort(order[n_held_out:]), np.sort(order[:n_held_out])


def deep(share=0.9, **parameters):
    return Autoencoder(
        share,
        **{
            "hidden_layer_sizes": (20,),
            "activation": "tanh",
            "code_activation": "identity",
            "learning_rate_init": 0.01,
            "batch_size": 32,
            "max_iter": 60,
            "random_state": 0,
            **parameters,
        },
    )


def exact(share=0.9, **parameters):
    return Autoencoder(share, activation="identity", solver="exact", **({"random_state": 0} | parameters))


def curve_of(autoencoder):
    curve = autoencoder.size_curve_
    return dict(zip(curve["n_components"].tolist(), curve["score"], strict=True))


def assert_found(autoencoder, share):
    """The size reaches the share, and the one below it was tried and does not."""
    size, curve = autoencoder.n_components_, curve_of(autoencoder)
    assert curve[size] >= share
    assert size == 1 or curve[size - 1] < share
    assert autoencoder.coefs_[len(autoencoder.coefs_) // 2].shape[0] == size


def assert_same(actual, expected):
    assert curve_of(actual) == curve_of(expected)
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def pca_scores(train, held_out):
    pca = PCA().fit(train)
    codes, variance = pca.transform(held_out), np.sum((held_out - held_out.mean(axis=0)) ** 2)
    errors = [
        np.sum((held_out - codes[:, :k] @ pca.components_[:k] - pca.mean_) ** 2) for k in range(1, N_FEATURES + 1)
    ]
    return 1 - np.array(errors) / variance


KINDS = [
    deep(),
    deep(tied_weights=True),
    deep(early_stopping=True),
    deep(averaging=0.9),
    deep(solver="lbfgs"),
    deep(corruption="salt_and_pepper", corruption_level=0.05),
    deep(0.7, hidden_layer_sizes=(), n_active=3),
    exact(alpha=0.5),
    exact(0.8, corruption="masking", corruption_level=0.1),
    Autoencoder(0.9, learning_rate_init=0.01, batch_size=32, random_state=0),
    SparseAutoencoder(
        0.8,
        sparsity=0.3,
        sparsity_weight=0.1,
        sparsity_momentum=0.5,
        learning_rate_init=0.01,
        batch_size=32,
        random_state=0,
    ),
    DenoisingAutoencoder(0.8, corruption_level=0.1, learning_rate_init=0.01, batch_size=32, random_state=0),
]


class TestFoundSize:
    @pytest.mark.parametrize("share", [0.3, 0.8, 0.9, 0.99])
    def test_without_noise_the_exact_size_is_that_of_pca(self, share):
        x, (train, held_out) = data(), split()
        autoencoder = exact(share).fit(x)
        scores = pca_scores(x[train], x[held_out])
        assert autoencoder.n_components_ == np.argmax(scores >= share) + 1
        assert_found(autoencoder, share)
        sizes = autoencoder.size_curve_["n_components"]
        EQUIVALENCE.assert_close(autoencoder.size_curve_["pca_score"], scores[sizes - 1])
        EQUIVALENCE.assert_close(autoencoder.size_curve_["score"], autoencoder.size_curve_["pca_score"])

    @pytest.mark.parametrize("autoencoder", KINDS, ids=lambda autoencoder: " ".join(repr(autoencoder).split()))
    def test_the_one_below_misses(self, autoencoder):
        assert_found(clone(autoencoder).fit(data()), autoencoder.n_components)

    def test_float32_stays(self):
        autoencoder = deep().fit(data(dtype="float32"))
        assert_found(autoencoder, 0.9)
        assert {array.dtype for array in autoencoder.coefs_} == {np.dtype("float32")}

    def test_hidden_layers_need_fewer_units_than_pca(self):
        autoencoder = deep(0.9).fit(data())
        size = autoencoder.n_components_
        assert autoencoder.size_curve_["pca_score"][list(curve_of(autoencoder)).index(size)] < 0.9

    def test_goes_as_far_as_the_curve_of_pca_says(self):
        trained = exact(N_FEATURES).fit(data())
        smaller = trained.set_params(**UNMOVED, n_components=0.9, warm_start=True).fit(data())
        assert set(curve_of(smaller)) == {1, 2, 3, 6, 12}  # PCA needs 3, and no step goes beyond the middle

    @pytest.mark.parametrize("n_jobs", [2, 3])
    def test_is_the_same_for_any_number_of_threads(self, n_jobs):
        assert_same(deep(n_jobs=n_jobs).fit(data()), deep(n_jobs=1).fit(data()))
        np.testing.assert_array_equal(
            deep(n_jobs=n_jobs).fit(data()).size_curve_["pca_score"],
            deep(n_jobs=1).fit(data()).size_curve_["pca_score"],
        )

    @pytest.mark.parametrize("n_rows", [1, 2])
    def test_rows_that_are_equal_have_no_component_and_make_one_unit(self, n_rows):
        """It once asked the core for a code of no units."""
        equal = np.tile(data(1), (n_rows, 1))
        with pytest.warns(ConvergenceWarning, match="no code of up to 1 units"):
            autoencoder = deep(max_iter=1).fit(equal, X_val=data(20))
        assert autoencoder.n_components_ == 1
        mean_only = 1 - np.sum((data(20) - equal[0]) ** 2) / np.sum((data(20) - data(20).mean(axis=0)) ** 2)
        EQUIVALENCE.assert_close(autoencoder.size_curve_["pca_score"], np.array([mean_only]))

    def test_a_share_that_no_size_reaches(self):
        x = np.random.default_rng(0).normal(size=(100, 5))
        autoencoder = deep(0.99, max_iter=1)
        message = r"no code of up to 5 units.* explains 0.99 .*: \d units explain the most, .* holds the largest code"
        with pytest.warns(ConvergenceWarning, match=message) as caught:
            autoencoder.fit(x)
        best = max(curve_of(autoencoder), key=curve_of(autoencoder).get)
        assert f"{best} units explain the most, {curve_of(autoencoder)[best]:.3g}." in str(caught[0].message)
        assert autoencoder.n_components_ == autoencoder.transform(x).shape[1] == 5


class TestBracket:
    @staticmethod
    def tried(n_features, needed, start, guess):
        """The sizes tried where ``needed`` units are enough."""
        bracket, size, sizes = Bracket(n_features), start, []
        while size is not None:
            sizes.append(size)
            size = bracket.next_size(size, size >= needed, guess(size, needed))
        return sizes, bracket.smallest_found

    @pytest.mark.parametrize("guess", [lambda size, _: size, lambda *_: -(10**6), lambda *_: 10**6, lambda _, n: n])
    @pytest.mark.parametrize("n_features", [1, 2, 3, 40])
    def test_finds_every_size_in_few_steps(self, n_features, guess):
        for needed, start in itertools.product(range(1, n_features + 1), repeat=2):
            sizes, found = self.tried(n_features, needed, start, guess)
            assert found == needed
            assert needed == 1 or needed - 1 in sizes
            assert len(sizes) <= 4 * np.log2(n_features) + 1

    def test_a_good_guess_needs_no_search(self):
        assert self.tried(100, 60, 60, lambda size, _: size)[0] == [60, 59]
        assert self.tried(100, 60, 58, lambda _, needed: needed)[0] == [58, 60, 59]
        assert self.tried(100, 60, 80, lambda _, needed: needed)[0] == [80, 60, 58, 59]

    def test_ends_at_the_number_of_features(self):
        assert self.tried(20, 21, 15, lambda size, _: size) == ([15, 16, 18, 20], None)

    def test_what_was_missed_while_growing_is_tried_again(self):
        bracket = Bracket(100)
        assert bracket.next_size(10, False, 11) == 11
        assert bracket.next_size(11, True, 10) == 10
        assert bracket.next_size(10, True, 9) == 8


class TestHeldOutRows:
    @pytest.mark.parametrize("parameters", [{}, {"corruption": "gaussian"}, {"averaging": 0.9}], ids=str)
    def test_score_is_that_of_the_rows_apart(self, parameters):
        x, (_, held_out), weights = data(), split(), np.arange(300) % 4
        autoencoder = deep(0.8, **parameters).fit(x, sample_weight=weights)
        score = autoencoder.score(x[held_out], sample_weight=weights[held_out])
        EQUIVALENCE.assert_close(curve_of(autoencoder)[autoencoder.n_components_], score)

    def test_they_do_not_train(self):
        x, (train, held_out) = data(), split()
        apart = deep(shuffle=False).fit(x)
        assert apart.t_ == apart.n_iter_ * len(train)
        assert_same(apart, deep(shuffle=False).fit(x[train], X_val=x[held_out]))

    def test_they_do_not_enter_the_exact_solution(self):
        x, (train, held_out), weights = data(), split(), np.arange(300) % 4
        apart = exact().fit(x, sample_weight=weights)
        assert (apart.t_, len(apart.validation_loss_curve_)) == (len(train), 1)
        expected = exact(apart.n_components_).fit(x[train], sample_weight=weights[train])
        EQUIVALENCE.assert_close(apart.coefs_[0], expected.coefs_[0])
        EQUIVALENCE.assert_close(apart.loss_, expected.loss_)
        mean_error = -np.average(apart.score_samples(x[held_out]), weights=weights[held_out])
        EQUIVALENCE.assert_close(apart.validation_loss_curve_, [mean_error])

    def test_they_are_those_of_early_stopping(self):
        x, (_, held_out) = data(), split(validation_fraction=0.3)
        autoencoder = deep(early_stopping=True, validation_fraction=0.3).fit(x)
        EQUIVALENCE.assert_close(autoencoder.best_loss_, -autoencoder.score_samples(x[held_out]).mean())
        EQUIVALENCE.assert_close(curve_of(autoencoder)[autoencoder.n_components_], autoencoder.score(x[held_out]))

    def test_a_weight_is_a_repetition(self):
        x, held_out, weights = data(), data(400)[300:], np.arange(300) % 4
        weighted = exact().fit(x, X_val=held_out, sample_weight=weights)
        repeated = exact().fit(x.repeat(weights, axis=0), X_val=held_out)
        EQUIVALENCE.assert_close(weighted.size_curve_["pca_score"], repeated.size_curve_["pca_score"])
        assert weighted.n_components_ == repeated.n_components_

    def test_there_must_be_two(self):
        message = "n_components=0.9 is a share .* needs two of them, found 1: give more rows, .* or X_val"
        assert_refused(deep(), ValueError, message, lambda a: a.fit(data(10)))
        assert_refused(deep(), ValueError, message, lambda a: a.fit(data(), X_val=data(1)))
        message = "validation_fraction=0.9 leaves no row to train on, found n_samples=5"
        assert_refused(deep(validation_fraction=0.9), ValueError, message, lambda a: a.fit(data(5)))

    def test_no_copy_of_the_data_is_held(self):
        x = np.random.default_rng(0).random((30_000, 200), "float32")
        autoencoder = exact(0.02).fit(x[:1000])  # whatever a first fit loads
        tracemalloc.start()
        autoencoder.fit(x)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < x.nbytes / 2


class TestCarriedWeights:
    def shrunk(self, share=0.5, **parameters):
        """A trained network, and the same with fewer units and no further training."""
        trained = deep(8, **parameters).fit(data())
        smaller = copy.deepcopy(trained).set_params(**UNMOVED, n_components=share, warm_start=True).fit(data())
        assert smaller.n_components_ < 8
        kept = np.flatnonzero(np.isin(trained.coefs_[1][0], smaller.coefs_[1][0]))
        assert len(kept) == smaller.n_components_
        return trained, smaller, kept

    @pytest.mark.parametrize("tied_weights", [False, True])
    def test_units_that_go_leave_their_mean(self, tied_weights):
        trained, smaller, kept = self.shrunk(tied_weights=tied_weights)
        x, (train, _) = data(), split()
        codes, means = trained.transform(x), trained.transform(x[train]).mean(axis=0)
        rest = np.setdiff1d(np.arange(8), kept)
        codes[:, rest] = means[rest]
        EQUIVALENCE.assert_close(smaller.reconstruct(x), trained.inverse_transform(codes))

    def test_those_go_that_add_least(self):
        trained, _, kept = self.shrunk()
        codes = trained.transform(data()[split()[0]])
        added = codes.var(axis=0) * np.sum(trained.coefs_[2] ** 2, axis=1)
        assert set(kept) == set(np.argsort(added)[-len(kept) :])

    def test_units_that_stay_keep_their_weights_when_others_come(self):
        with pytest.warns(ConvergenceWarning):
            grown = deep(0.99, **UNMOVED).fit(data())
        first = curve_of(deep(0.99, max_iter=0).fit(data())).popitem()[0]
        assert first < grown.n_components_ == N_FEATURES
        start = deep(first, max_iter=0).fit(data())
        np.testing.assert_array_equal(grown.coefs_[1][:, :first], start.coefs_[1])
        np.testing.assert_array_equal(grown.coefs_[2][:first], start.coefs_[2])
        for layer in (0, 3):
            np.testing.assert_array_equal(grown.coefs_[layer], start.coefs_[layer])
        assert np.abs(grown.coefs_[1][:, first:]).min() > 0

    def test_the_average_is_carried_over(self, monkeypatch):
        resize, n_resized = SizeSearch._resize, 0

        def watched(search, n_components):
            nonlocal n_resized
            averaged, moved = search.trained[:9].copy(), search.parameters[:9].copy()
            resize(search, n_components)
            np.testing.assert_array_equal(search.parameters[:9], averaged)
            assert (averaged != moved).all()
            n_resized += 1

        monkeypatch.setattr(SizeSearch, "_resize", watched)
        deep(averaging=0.9).fit(data())
        assert n_resized > 0


class TestGoingOn:
    def test_warm_start_begins_at_the_size_and_with_the_weights_of_the_last_fit(self):
        x = data()
        autoencoder = deep(0.8, warm_start=True).fit(x)
        size, n_iter = autoencoder.n_components_, autoencoder.n_iter_
        more = copy.deepcopy(autoencoder).set_params(n_components=0.95).fit(x)
        assert min(curve_of(more)) == size < more.n_components_
        assert n_iter < more.n_iter_ <= n_iter + 60
        assert more.loss_curve_[:n_iter] == autoencoder.loss_curve_
        assert_found(more, 0.95)

    def test_a_code_that_is_wider_than_x_shrinks_too(self):
        autoencoder = deep(N_FEATURES + 5).fit(data()).set_params(n_components=0.9, warm_start=True).fit(data())
        assert_found(autoencoder, 0.9)
        table = autoencoder.size_curve_
        assert table["n_components"][-1] == N_FEATURES + 5
        EQUIVALENCE.assert_close(table["pca_score"][-1], 1)

    def test_the_found_size_goes_on_as_a_number(self):
        autoencoder = deep().fit(data())
        autoencoder.set_params(n_components=autoencoder.n_components_)
        n_iter = autoencoder.n_iter_
        assert autoencoder.partial_fit(data()).n_iter_ == n_iter + 1
        assert len(autoencoder.size_curve_["score"]) > 0
        assert not hasattr(autoencoder.fit(data()), "size_curve_")

    def test_max_iter_0_takes_the_size_of_pca(self):
        autoencoder = deep(max_iter=0).fit(data())
        scores = pca_scores(data()[split()[0]], data()[split()[1]])
        assert autoencoder.n_components_ == np.argmax(scores >= 0.9) + 1
        assert autoencoder.n_iter_ == 0
        expected = deep(autoencoder.n_components_, max_iter=0).fit(data())
        np.testing.assert_array_equal(autoencoder.coefs_[0], expected.coefs_[0])

    def test_there_is_no_partial_fit(self):
        for autoencoder in (deep(), deep().fit(data())):
            with pytest.raises(AttributeError) as caught:
                autoencoder.partial_fit(data())
            assert "n_components as an integer, such as the n_components_ that fit has found" in str(
                caught.value.__cause__
            )

    @pytest.mark.parametrize("answer", ["stop", KeyboardInterrupt()], ids=repr)
    def test_a_callback_ends_the_search(self, answer):
        pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
        counter = EndsAt(70, answer)
        autoencoder = deep().set_callbacks(counter)
        if answer == "stop":
            autoencoder.fit(data())
        else:
            with pytest.raises(KeyboardInterrupt):
                autoencoder.fit(data())
        assert counter.max_subtasks is None
        assert counter.n_epochs == 70
        assert autoencoder.n_iter_ == 10  # of the second size
        assert len(curve_of(autoencoder)) == 1
        assert autoencoder.n_components_ not in curve_of(autoencoder)
        autoencoder.set_callbacks().set_params(warm_start=True).fit(data())
        assert_found(autoencoder, 0.9)

    def test_an_error_between_two_sizes_keeps_what_was_trained(self, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(SizeSearch, "_score", interrupted)
        autoencoder = deep()
        with pytest.raises(KeyboardInterrupt):
            autoencoder.fit(data())
        assert autoencoder.n_iter_ == 60
        assert len(autoencoder.size_curve_["score"]) == 0

    def test_divergence_ends_the_search(self):
        autoencoder = deep(solver="sgd", learning_rate_init=1e300)
        with pytest.raises(DivergenceError, match="in epoch 1 "):
            autoencoder.fit(data())
        assert np.isfinite(autoencoder.reconstruct(data())).all()

    def test_verbose_prints_a_line_a_size(self, capsys):
        autoencoder = deep(verbose=1, max_iter=30).fit(data())
        lines = re.findall(r"^(\d+) code units: score (\S+) on held-out rows$", capsys.readouterr().out, re.MULTILINE)
        assert {int(size) for size, _ in lines} == set(curve_of(autoencoder))


class EndsAt:
    """Stops or raises after so many epochs of all sizes."""

    def __init__(self, n_epochs, answer):
        self.last, self.answer, self.n_epochs = n_epochs, answer, 0

    def setup(self, estimator, context):
        self.max_subtasks = context.max_subtasks

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        self.n_epochs += context.task_name == "epoch"
        if self.n_epochs == self.last and isinstance(self.answer, BaseException):
            raise self.answer
        return self.n_epochs == self.last


class TestOtherTools:
    def test_every_fitted_autoencoder_tells_its_size(self):
        assert deep(5).fit(data()).n_components_ == 5
        assert not hasattr(deep(5), "n_components_")
        stack = StackedAutoencoder([Autoencoder(6, max_iter=1), Autoencoder(4, max_iter=1)], max_iter=1).fit(data())
        assert (stack.n_components_, stack[:1].n_components_) == (4, 6)

    def test_refused_where_a_size_is_needed_before(self):
        message = "layer1: n_components=0.9 is found by training, .* give the number of code units"
        with pytest.raises(ValueError, match=message):
            StackedAutoencoder([deep()]).fit(data())
        y = np.arange(300) % 2
        with pytest.raises(ValueError, match="is found by training, but the layers must be known before"):
            EncoderClassifier(deep()).fit(data(), y)
        assert EncoderClassifier(deep().fit(data()), max_iter=1).fit(data(), y).predict(data()).shape == (300,)
        with pytest.raises(ValueError, match="of the unfitted estimator is no size yet: fit it"):
            reference.loss_and_gradients(deep(), data())

    def test_refuses_a_covariance_beyond_the_memory(self, monkeypatch):
        monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 4000, "SC_PAGE_SIZE": 4096}.get)
        message = "n_components=0.9 needs at least 23040000 bytes for the covariance of .*: give the number of units"
        assert_refused(Autoencoder(0.9), ValueError, message, lambda a: a.fit(np.zeros((1300, 1200))))

    def test_refuses_squares_that_overflow(self):
        x = data() * 1e300
        assert_refused(deep(), ValueError, "X has entries up to .* cannot sum up: scale X", lambda a: a.fit(x))

    def test_a_refused_fit_draws_no_seed(self):
        rng, untouched = np.random.RandomState(0), np.random.RandomState(0)
        with pytest.raises(ValueError, match="needs two"):
            deep(random_state=rng).fit(data(10))
        assert rng.random() == untouched.random()

    def test_gradients(self):
        x = data(40)
        fitted = deep().fit(x)
        assert check_gradients(fitted, x[:5]).ok
        assert check_gradients(deep(), x).ok
        loss, *_ = loss_and_gradients(fitted, x)
        EQUIVALENCE.assert_close(loss, -fitted.score_samples(x).mean())

    def test_scikit_learn(self):
        x = data()
        search = GridSearchCV(deep(max_iter=5), {"n_components": [0.5, 3]}).fit(x)
        assert hasattr(search.best_estimator_, "n_components_")
        pipeline = make_pipeline(StandardScaler(), deep()).fit(x)
        n_components = pipeline[-1].n_components_
        assert pipeline.get_feature_names_out().tolist() == [f"autoencoder{i}" for i in range(n_components)]
        assert pipeline.inverse_transform(pipeline.transform(x)).shape == x.shape
        again = pickle.loads(pickle.dumps(pipeline[-1]))
        assert_same(again, pipeline[-1])
        assert again.n_components == clone(again).n_components == 0.9

    def test_the_curve_is_a_table(self):
        pandas = pytest.importorskip("pandas")
        table = pandas.DataFrame(deep().fit(data()).size_curve_)
        assert table["n_components"].is_monotonic_increasing
        assert table.notna().all(axis=None)
