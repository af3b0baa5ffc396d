"""A stack: layers trained one on the code of the other, then together."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    DivergenceError,
    SparseAutoencoder,
    StackedAutoencoder,
    check_gradients,
    loss_and_gradients,
    reference,
)
from tolerances import NATIVE_OVER_REFERENCE

ARCHITECTURE = {
    "n_components",
    "hidden_layer_sizes",
    "activation",
    "code_activation",
    "output_activation",
    "n_active",
    "init",
}


def data(n_samples=60, n_features=7, dtype="float64"):
    return np.random.default_rng(0).random((n_samples, n_features)).astype(dtype)


def layers_of(*sizes, **parameters):
    """Layers which unroll to the network of an Autoencoder."""
    parameters = {"max_iter": 3, "batch_size": 16} | parameters
    return [
        Autoencoder(size, output_activation="sigmoid" if i else "identity", **parameters)
        for i, size in enumerate(sizes)
    ]


def variants(**parameters):
    parameters = {"max_iter": 3, "batch_size": 16} | parameters
    return [
        DenoisingAutoencoder(6, corruption="salt_and_pepper", **parameters),
        ("sparse", SparseAutoencoder(4, hidden_layer_sizes=(5,), activation="tanh", **parameters)),
        Autoencoder(2, activation="softplus", output_activation="tanh", **parameters),
    ]


def stack_of(layers, **parameters):
    return StackedAutoencoder(layers, **({"max_iter": 3, "batch_size": 16, "random_state": 0} | parameters))


def copy_weights(source, target):
    for a, b in zip(source.coefs_ + source.intercepts_, target.coefs_ + target.intercepts_, strict=True):
        b[...] = a


def assert_same_weights(actual, expected):
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def assert_same_curves(actual, expected):
    for name in ("loss_curve_", "validation_loss_curve_", "loss_", "best_loss_", "n_iter_", "t_"):
        assert getattr(actual, name) == getattr(expected, name)


def assert_refused(stack, error, message, call=lambda stack: stack.fit(data())):
    """The call raises the error, and neither the stack nor a layer of it changes."""

    def state():
        return pickle.dumps(sorted(vars(stack).items()))

    before = state()
    with pytest.raises(error, match=message):
        call(stack)
    assert state() == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_fine_tuning_a_stack_is_its_layers_trained_by_hand(dtype):
    X, X_val, weights = data(dtype=dtype), data(20, dtype=dtype), np.arange(60) / 7
    layers = variants(early_stopping=True, random_state=5)
    stack = stack_of(layers, fine_tune=False).fit(X, sample_weight=weights, X_val=X_val)

    by_hand = [clone(layer[1] if isinstance(layer, tuple) else layer) for layer in layers]
    codes, validation_codes = X, X_val
    for layer in by_hand[:-1]:
        layer.set_params(code_activation=None, init="glorot")
    by_hand[1].set_params(output_activation=by_hand[0].activation)
    for layer, trained in zip(by_hand, stack.layers_, strict=True):
        layer.fit(codes, sample_weight=weights, X_val=validation_codes)
        codes, validation_codes = layer.transform(codes), layer.transform(validation_codes)
        assert_same_weights(trained, layer)
        assert_same_curves(trained, layer)

    decoded = codes
    for layer in reversed(by_hand):
        decoded = layer.inverse_transform(decoded)
    assert codes.dtype == decoded.dtype == dtype
    np.testing.assert_array_equal(stack.transform(X), codes)
    np.testing.assert_array_equal(stack.inverse_transform(codes), decoded)
    np.testing.assert_array_equal(stack.reconstruct(X), decoded)
    assert stack.loss_curve_ == stack.validation_loss_curve_ == []
    assert stack.n_iter_ == stack.t_ == 0
    NATIVE_OVER_REFERENCE["cpu", dtype].assert_close(stack.loss_, np.average(-stack.score_samples(X), weights=weights))


@pytest.mark.parametrize("tied_weights", [False, True])
def test_fine_tuning_is_the_training_of_an_autoencoder_from_the_weights_of_the_layers(tied_weights):
    X, arguments = data(), {"sample_weight": np.arange(60), "X_val": data(20)}
    tuning = {
        "tied_weights": tied_weights,
        "alpha": 1e-3,
        "penalty": "kl",
        "corruption": "masking",
        "solver": "sgd",
        "learning_rate_init": 0.05,
        "early_stopping": True,
        "batch_size": 7,
        "random_state": 3,
    }
    layers = layers_of(6, 4, 2, tied_weights=tied_weights, init="glorot")
    greedy = StackedAutoencoder(layers, fine_tune=False, **tuning).fit(X, **arguments)
    deep = Autoencoder(2, hidden_layer_sizes=(6, 4), warm_start=True, max_iter=0, **tuning).fit(X)
    copy_weights(greedy, deep)
    deep.set_params(max_iter=5).fit(X, **arguments)
    stack = StackedAutoencoder(layers, max_iter=5, **tuning).fit(X, **arguments)
    assert_same_weights(stack, deep)
    assert_same_curves(stack, deep)
    for trained, expected in zip(stack.layers_, greedy.layers_, strict=True):
        assert_same_weights(trained, expected)

    for method in ("partial_fit", "partial_fit", "fit"):  # the second goes on with the optimizer's state
        for estimator in (stack, deep):
            getattr(estimator.set_params(early_stopping=False, warm_start=True), method)(X)
        assert_same_weights(stack, deep)
        assert_same_curves(stack, deep)
    assert np.shares_memory(stack.coefs_[0], stack.coefs_[-1]) == tied_weights
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(stack)).fit(X).coefs_[0], deep.fit(X).coefs_[0])


def test_a_stack_without_fine_tuning_can_be_fine_tuned_later():
    at_once = stack_of(variants()).fit(data())
    later = stack_of(variants(), fine_tune=False).fit(data())
    layer = later.layers_[0]
    assert_same_weights(later.set_params(fine_tune=True, warm_start=True).fit(data()), at_once)
    assert later.layers_[0] is layer


def test_the_weights_of_the_layers_are_a_better_start_than_random_ones():
    X = load_digits().data[:600] / 16
    sizes = (32, 16, 8)
    settings = {"scale": None, "solver": "adam", "learning_rate_init": 0.01, "max_iter": 20}
    for seed in range(3):
        stack = StackedAutoencoder(layers_of(*sizes, init="glorot", **settings), random_state=seed, **settings).fit(X)
        at_once = Autoencoder(sizes[-1], hidden_layer_sizes=sizes[:-1], init="glorot", random_state=seed, **settings)
        at_once.fit(X)
        assert stack.loss_ < at_once.loss_


@pytest.mark.parametrize("tied_weights", [False, True])
def test_its_gradients_agree_with_the_reference_and_with_differences(tied_weights):
    layers = variants(tied_weights=tied_weights)
    stack = stack_of(layers, tied_weights=tied_weights, alpha=0.1, penalty="l1", corruption="gaussian")
    for estimator in (stack, clone(stack).fit(data())):
        report = check_gradients(estimator, data(9))
        assert report.ok, report


def test_a_stack_can_be_a_layer():
    nested = stack_of([stack_of(variants()), Autoencoder(2, max_iter=2)]).fit(data())
    native, expected = (f(nested, data()) for f in (loss_and_gradients, reference.loss_and_gradients))
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(native[0], expected[0])


def test_layers_without_a_random_state_get_seeds_of_their_own():
    layers = [Autoencoder(7), Autoencoder(7), Autoencoder(7, random_state=4), Autoencoder(7)]
    stack = stack_of(layers, fine_tune=False).fit(data())
    states = [layer.random_state for layer in stack.layers_]
    assert states[2] == 4
    assert len({*states, stack.random_state}) == 5
    assert [layer.random_state for layer in layers] == [None, None, 4, None]
    assert_same_weights(stack_of(layers, fine_tune=False).fit(data()), stack)
    other = stack_of(layers, fine_tune=False, random_state=1).fit(data())
    assert [a.random_state == b.random_state for a, b in zip(other.layers_, stack.layers_, strict=True)] == [
        False,
        False,
        True,
        False,
    ]
    assert [layer.random_state for layer in stack_of(layers[:2]).fit(data()).layers_] == states[:2]
    generator = np.random.default_rng(0)
    drawn = [stack_of(layers, random_state=generator).fit(data()).layers_[0].random_state for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_given_layers_do_not_change():
    layers = variants()
    before = pickle.dumps(layers)
    stack = stack_of(layers).fit(data())
    assert pickle.dumps(layers) == before
    assert stack.layers is layers


def test_parameters_are_those_of_an_autoencoder_but_for_the_architecture():
    def defaults(estimator):
        return {name: p.default for name, p in inspect.signature(estimator).parameters.items()}

    expected = {name: value for name, value in defaults(Autoencoder).items() if name not in ARCHITECTURE}
    assert defaults(StackedAutoencoder) == {"layers": inspect.Parameter.empty, "fine_tune": True} | expected
    values = {name: object() for name in defaults(StackedAutoencoder)}
    assert StackedAutoencoder(**values).get_params(deep=False) == values


def test_parameters_of_layers_are_reached_by_name():
    stack = stack_of(variants())
    assert stack.get_params()["sparse__sparsity"] == 0.05
    assert stack.get_params()["layer3"] is stack.layers[2]
    stack.set_params(layer1__n_components=5, sparse__sparsity=0.1, max_iter=1)
    assert (stack[0].n_components, stack["sparse"].sparsity, stack.max_iter) == (5, 0.1, 1)
    replacement = Autoencoder(3)
    assert stack.set_params(layer3=replacement)["layer3"] is replacement
    assert list(stack.fit(data()).named_layers_) == ["layer1", "sparse", "layer3"]
    stack.set_params(layers=[Autoencoder(4), Autoencoder(3)], layer2__n_components=2)
    assert [layer.n_components for layer in stack.layers] == [4, 2]
    assert stack.fit(data()).transform(data()).shape == (60, 2)
    copy = clone(stack)
    assert copy.get_params()["layer2__n_components"] == 2
    assert copy.layers[0] is not stack.layers[0]
    assert stack.set_params(layers=None).get_params()["layers"] is None


def test_length_and_layers():
    stack = stack_of(variants())
    assert len(stack) == 3
    assert stack[0] is stack["layer1"] is stack.layers[0]
    assert stack[-1] is stack["layer3"] is stack.layers[2]
    stack.fit(data())
    assert stack[0] is stack["layer1"] is stack.layers_[0]
    assert list(stack) == stack.layers_
    with pytest.raises(KeyError):
        stack["layer2"]


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("tied_weights", [False, True])
def test_slices_are_stacks_with_the_weights_of_the_whole(cut, tied_weights):
    X = data()
    stack = stack_of(variants(tied_weights=tied_weights), tied_weights=tied_weights, solver="adam").fit(X)
    lower, upper = stack[:cut], stack[cut:]
    inner = lower.transform(X)
    np.testing.assert_array_equal(upper.transform(inner), stack.transform(X))
    np.testing.assert_array_equal(lower.inverse_transform(upper.reconstruct(inner)), stack.reconstruct(X))
    assert lower.layers_ + upper.layers_ == stack.layers_
    assert [*lower.named_layers_, *upper.named_layers_] == list(stack.named_layers_)
    assert len(lower) + len(upper) == len(stack)
    assert lower.get_feature_names_out()[0] == "stackedautoencoder0"
    assert (upper.n_features_in_, upper.max_iter) == (inner.shape[1], 3)
    assert np.shares_memory(lower.coefs_[0], stack.coefs_[0])
    assert np.shares_memory(lower.coefs_[0], lower.coefs_[-1]) == tied_weights
    assert (lower.n_iter_, lower.t_, lower.loss_curve_, lower.loss_) == (0, 0, [], np.inf)
    np.testing.assert_array_equal(stack[:].reconstruct(X), stack.reconstruct(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(upper)).transform(inner), stack.transform(X))

    before = stack.coefs_[0].copy()
    assert lower.partial_fit(X).set_params(warm_start=True).fit(X).n_iter_ == 4
    np.testing.assert_array_equal(stack.coefs_[0], before)
    assert not np.array_equal(lower.coefs_[0], before)


def test_a_slice_of_a_stack_that_is_not_fitted():
    stack = stack_of(variants(), alpha=0.1)
    part = stack[1:]
    assert part.layers == [("sparse", stack[1]), ("layer3", stack[2])]
    assert part.alpha == 0.1
    assert not hasattr(part, "coefs_")
    assert_same_weights(stack_of(variants())[:2].fit(data()), stack_of(variants()[:2]).fit(data()))
    for index in (slice(2, 2), slice(3, None), slice(None, None, 2), slice(None, None, -1)):
        with pytest.raises(ValueError, match=r"one or more layers that follow each other, found slice\("):
            stack[index]


def test_names_of_features():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(data(), columns=list("abcdefg"))
    stack = stack_of(variants(), solver="adam").set_output(transform="pandas").fit(frame, X_val=frame[:9])
    assert list(stack.transform(frame).columns) == ["stackedautoencoder0", "stackedautoencoder1"]
    assert list(stack[:1].feature_names_in_) == list("abcdefg")
    assert not hasattr(stack[1:], "feature_names_in_")
    assert type(stack[:1].transform(frame)) is np.ndarray
    assert_same_weights(stack, stack_of(variants(), solver="adam").fit(data(), X_val=data()[:9]))


def test_in_a_pipeline_and_a_grid_search():
    X = load_digits().data[:300]
    pipeline = make_pipeline(MinMaxScaler(), StackedAutoencoder([Autoencoder(16), Autoencoder(8)], random_state=0))
    grid = {"stackedautoencoder__layer1__n_components": [1, 16]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X)
    assert search.best_params_ == {"stackedautoencoder__layer1__n_components": 16}
    assert search.transform(X).shape == (300, 8)


def test_validation_rows_are_encoded_by_all_layers():
    X, X_val = data(), 1 - data(20)
    stack = stack_of(layers_of(5, 3, early_stopping=True)).fit(X, X_val=X_val)
    assert len(stack.validation_loss_curve_) == 3
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(
        stack.validation_loss_curve_[-1], -stack.score_samples(X_val).mean()
    )
    codes = stack[0].transform(X_val)
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(stack[1].best_loss_, -stack[1].score_samples(codes).mean())


def test_rows_set_apart_for_the_fine_tuning_train_the_layers():
    stack = stack_of(layers_of(5, 3), early_stopping=True).fit(data())
    assert (stack.t_, stack[0].t_) == (3 * 54, 3 * 60)
    assert (len(stack.validation_loss_curve_), stack[0].validation_loss_curve_) == (3, [])
    assert_same_weights(stack[0], stack_of(layers_of(5, 3)).fit(data())[0])


def test_verbose_reports_the_fine_tuning_and_layers_report_for_themselves(capsys):
    stack_of(layers_of(5, 3)).fit(data())
    assert capsys.readouterr().out == ""
    stack = stack_of(layers_of(5, 3), solver="adam", verbose=1, max_iter=2).fit(data())
    assert capsys.readouterr().out.splitlines()[1] == f"Epoch 2: loss {stack.loss_:.6g}"
    stack.set_params(verbose=0, layer2__verbose=1, fine_tune=False).fit(data())
    assert capsys.readouterr().out.splitlines()[2] == f"Epoch 3: loss {stack[1].loss_:.6g}"


BAD_LAYERS = [
    ([], ValueError, r"layers must hold at least one autoencoder, found \[\]"),
    (Autoencoder(3), TypeError, r"layers must be a list such as .*found Autoencoder\("),
    ("abc", TypeError, "layers must be a list such as .*found 'abc'"),
    (None, TypeError, "layers must be a list such as .*found None"),
    ([Autoencoder(3), PCA(2)], TypeError, r"must be an autoencoder.*found PCA\(n_components=2\) at position 2"),
    ([Autoencoder], TypeError, "must be an autoencoder.*found <class .*Autoencoder'> at position 1"),
    ([("a", Autoencoder(3), 1)], TypeError, r"pair \(name, autoencoder\).*position 1"),
    ([(1, Autoencoder(3))], TypeError, r"pair \(name, autoencoder\).*position 1"),
    ([("a", Autoencoder(3)), ("a", Autoencoder(2))], ValueError, r"not unique: \['a', 'a'\]"),
    ([("layer2", Autoencoder(3)), Autoencoder(2)], ValueError, r"not unique: \['layer2', 'layer2'\]"),
    ([("a__b", Autoencoder(3))], ValueError, r"must not contain __: got \['a__b'\]"),
    ([("alpha", Autoencoder(3))], ValueError, r"conflict with constructor arguments: \['alpha'\]"),
]


@pytest.mark.parametrize(("layers", "error", "message"), BAD_LAYERS)
def test_bad_layers(layers, error, message):
    assert_refused(stack_of(layers), error, message)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"fine_tune": 1}, TypeError, "fine_tune must be True or False, found 1"),
        ({"alpha": -1.0}, ValueError, "^alpha must"),
        ({"penalty": "kl", "layer2__activation": "relu"}, ValueError, "penalty=.l1."),
        ({"loss": "binary_crossentropy"}, ValueError, "output_activation.*'sigmoid'"),
        ({"tied_weights": True, "layer1__tied_weights": True}, ValueError, "layer2: tied_weights=True of the stack"),
        ({"warm_start": True, "fine_tune": False}, ValueError, "warm_start=True goes on .*fine_tune=False"),
        ({"layer2__n_components": 0}, ValueError, "layer2: n_components must be at least 1, found 0"),
        ({"layer2__activation": "swish"}, ValueError, "layer2: activation must be one of"),
        ({"layer2__alpha": "1"}, TypeError, "layer2: alpha must be a real number"),
        ({"layer2__learning_rate_init": 0.0}, ValueError, "layer2: learning_rate_init must"),
        ({"layer2__batch_size": 0}, ValueError, "layer2: batch_size must"),
        ({"layer2__penalty": "kl", "layer2__activation": "relu"}, ValueError, "layer2: .*penalty=.l1."),
        ({"solver": "exact"}, ValueError, "solver='exact' of the stack"),
        ({"layer1__solver": "exact"}, ValueError, "layer1: solver='exact' solves .*; found code_activation='sigmoid'"),
        ({"layer1__n_active": 2}, ValueError, "layer1: n_active=2, but only the top layer"),
        ({"layer2__n_jobs": 0}, ValueError, "layer2: n_jobs must"),
        ({"layer2__n_components": 10**12}, ValueError, r"layer2: layers of 5, 1000000000000, 5 units need \d+ bytes"),
        ({"layer2__n_components": 10**40}, ValueError, r"layer2: layers of 5, 10{40}, 5 units need \d+ bytes"),
        ({"layer2__hidden_layer_sizes": (10**9, 10**9)}, ValueError, r"layer2: .*need \d+ bytes.*hidden_layer_sizes"),
        ({"layer2__alpha": np.nan}, ValueError, "layer2: alpha must be finite and >= 0, found nan"),
    ],
    ids=str,
)
def test_bad_parameters_are_refused_before_a_layer_is_trained(parameters, error, message, monkeypatch):
    random_state = np.random.RandomState(0)
    stack = stack_of(layers_of(5, 3), random_state=random_state).set_params(**parameters)
    fitted = stack_of(layers_of(5, 3)).fit(data()).set_params(**parameters)
    monkeypatch.setattr(Autoencoder, "fit", None)
    assert_refused(stack, error, message)
    assert_refused(fitted, error, message)
    assert random_state.random() == np.random.RandomState(0).random()


def test_the_code_of_the_top_layer_may_be_k_sparse():
    stack = stack_of([Autoencoder(5), Autoencoder(4, activation="tanh", n_active=2)]).fit(data())
    assert ((stack.transform(data()) != 0).sum(axis=1) == 2).all()
    assert (stack[:1].transform(data()) != 0).all()
    assert ((stack[1:].transform(stack[:1].transform(data())) != 0).sum(axis=1) == 2).all()
    assert check_gradients(stack, data(9)).ok


def test_a_layer_may_be_solved_and_the_stack_minimised():
    layers = [Autoencoder(4, activation="identity", solver="exact"), *layers_of(2)]
    stack = stack_of(layers, solver="lbfgs", averaging=None).fit(data())
    np.testing.assert_array_equal(stack.layers_[0].coefs_[0], clone(layers[0]).fit(data()).coefs_[0])
    assert stack.loss_ < stack_of(layers, fine_tune=False).fit(data()).loss_
    assert not hasattr(stack, "partial_fit")


def test_the_average_of_the_weights_is_what_the_stack_has():
    settings = {"solver": "adam", "max_iter": 1, "batch_size": 60}
    averaged, plain = (stack_of(layers_of(5, 3), averaging=a, **settings) for a in (0.5, None))
    assert_same_weights(averaged.fit(data()), plain.fit(data()))  # after one update they are the same


def test_data_that_a_layer_cannot_use_are_refused_in_its_name():
    layers = [Autoencoder(3, activation="identity"), Autoencoder(2, loss="binary_crossentropy")]
    stack = stack_of(layers, fine_tune=False).set_params(layer2__output_activation="sigmoid")
    assert_refused(stack, ValueError, r"^layer2: .*needs X in \[0, 1\]")
    assert_refused(stack, ValueError, "^Input X contains NaN", lambda s: s.fit(np.full((9, 2), np.nan)))


def test_a_divergence_in_a_layer_names_it_and_leaves_the_stack_as_it_was():
    stack = stack_of([Autoencoder(5), Autoencoder(3, output_activation="identity")]).fit(data())
    stack.set_params(layer2__solver="sgd", layer2__learning_rate_init=1e300)
    assert_refused(stack, DivergenceError, r"^layer2: .*learning_rate_init=1e\+300.*; the stack stays as it was$")


def test_a_divergence_of_the_fine_tuning_leaves_the_start_of_the_epoch():
    stack = stack_of(layers_of(5, 3), solver="sgd", learning_rate_init=1e300)
    with pytest.raises(DivergenceError, match=r"^the loss was not finite"):
        stack.fit(data())
    assert_same_weights(stack, stack_of(layers_of(5, 3), fine_tune=False).fit(data()))


class Interrupted(Autoencoder):
    def fit(self, X, y=None, *, sample_weight=None, X_val=None):
        raise KeyboardInterrupt


def test_ctrl_c_while_a_layer_is_trained_leaves_the_stack_as_it_was():
    fitted = stack_of(layers_of(5, 3)).fit(data()).set_params(layer2=Interrupted(3))
    assert_refused(fitted, KeyboardInterrupt, None, lambda stack: stack.fit(data(n_features=4)))
    assert_refused(stack_of([Autoencoder(5), Interrupted(3)]), KeyboardInterrupt, None)


class Interrupts:
    """Presses Ctrl-C at the end of the second epoch."""

    epochs = 0

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.epochs += 1
        self.seen = fitted_estimator
        if self.epochs == 2:
            raise KeyboardInterrupt


def test_ctrl_c_while_fine_tuning_keeps_the_last_step():
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    interrupts = Interrupts()
    stack = stack_of(layers_of(5, 3), solver="adam", max_iter=9).set_callbacks(interrupts)
    with pytest.raises(KeyboardInterrupt):
        stack.fit(data())
    expected = stack_of(layers_of(5, 3), solver="adam", max_iter=2).fit(data())
    assert_same_weights(stack, expected)
    assert_same_weights(stack[0], expected[0])
    np.testing.assert_array_equal(interrupts.seen.transform(data()), expected.transform(data()))


def test_the_first_partial_fit_trains_the_layers_and_each_one_fine_tunes_for_a_pass():
    X, X_later = data(), 1 - data()
    stack = stack_of(layers_of(5, 3)).partial_fit(X)
    whole = stack_of(layers_of(5, 3), solver="adam", max_iter=1).fit(X)
    assert_same_weights(stack, whole)
    assert_same_weights(stack[1], whole[1])
    layer = stack[0]
    assert stack.partial_fit(X_later).n_iter_ == 2
    assert stack[0] is layer
    with pytest.raises(AttributeError) as caught:
        stack.set_params(fine_tune=False).partial_fit(X)
    assert "fine_tune=False" in str(caught.value.__cause__)
