"""Random estimators, data, weights and labels for hypothesis, and how often it is to draw them.

HYPOTHESIS_PROFILE=long draws many, other ones each time; without it the same few are drawn each time.
"""

import os

import numpy as np
import pandas
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from scipy import sparse

from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    EncoderClassifier,
    SparseAutoencoder,
    StackedAutoencoder,
    _core,
)

_ALWAYS = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate, Phase.shrink],
    "print_blob": False,
}
settings.register_profile("suite", derandomize=True, max_examples=100, stateful_step_count=6, **_ALWAYS)
settings.register_profile("long", derandomize=False, max_examples=3000, stateful_step_count=12, **_ALWAYS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

AUTOENCODERS = (Autoencoder, SparseAutoencoder, DenoisingAutoencoder)
ESTIMATORS = (*AUTOENCODERS, StackedAutoencoder, EncoderClassifier)

UNITS, FEATURES, ROWS = st.integers(1, 9), st.integers(1, 8), st.integers(1, 20)

_ACTIVATIONS = st.sampled_from(_core.ACTIVATIONS)
_TRAINING = {
    "alpha": st.sampled_from([1e-4, 0.1, 1.0]),
    "corruption": st.sampled_from([None, "masking", "gaussian", "salt_and_pepper"]),
    "corruption_level": st.floats(0, 1),
    "corruption_fill": st.sampled_from(["auto", "mean", 0.5]),
    "solver": st.sampled_from(["auto", *_core.SOLVERS]),
    "learning_rate": st.sampled_from(["auto", *_core.LEARNING_RATES]),
    "learning_rate_init": st.sampled_from(["auto", 1e-5, 0.01]),
    "power_t": st.floats(0, 2),
    "warmup_epochs": st.one_of(st.just("auto"), st.floats(0, 3)),
    "momentum": st.floats(0, 0.9),
    "nesterovs_momentum": st.booleans(),
    "beta_1": st.floats(0, 0.99),
    "beta_2": st.floats(0, 0.9999),
    "epsilon": st.sampled_from([1e-12, 1e-3]),
    "max_grad_norm": st.sampled_from([None, 1e-3, 10.0]),
    "averaging": st.sampled_from([None, 0.5, 0.998]),
    "batch_size": st.one_of(st.just("auto"), st.integers(1, 30)),
    "max_iter": st.sampled_from([*range(6), "auto"]),
    "tol": st.sampled_from([0.0, 0.5]),
    "n_iter_no_change": st.integers(1, 3),
    "early_stopping": st.sampled_from(["auto", False, True]),
    "validation_fraction": st.floats(0.25, 0.5),
    "shuffle": st.booleans(),
    "warm_start": st.booleans(),
    "random_state": st.one_of(
        st.none(),
        st.integers(0, 2**64 - 1),
        st.builds(np.random.RandomState, st.integers(0, 9)),
        st.builds(np.random.default_rng, st.integers(0, 9)),
    ),
    "n_jobs": st.sampled_from([None, 1, 2, 3, -1]),
    "verbose": st.sampled_from([0, 1]),
}
_OBJECTIVE = {
    "loss": st.sampled_from(["squared_error", "binary_crossentropy"]),
    "tied_weights": st.booleans(),
    "penalty": st.sampled_from([None, "kl", "l1", "contractive"]),
    "sparsity": st.floats(0.01, 0.99),
    "sparsity_weight": st.sampled_from(["auto", 0.0, 0.1, 3.0]),
    "sparsity_momentum": st.sampled_from([0.0, 0.9]),
}
_NETWORK = {
    "activation": _ACTIVATIONS,
    "code_activation": st.one_of(st.none(), _ACTIVATIONS),
    "output_activation": _ACTIVATIONS,
    "n_active": st.one_of(st.none(), st.integers(1, 9)),
    "init": st.sampled_from(["auto", "pca", "glorot"]),
    "scale": st.sampled_from([None, "auto", "standard", "minmax"]),
}

_BY_NEED = dict.fromkeys(["solver", "learning_rate", "warmup_epochs", "early_stopping"], "auto") | {"averaging": None}

# Each is refused whatever the others are.
INVALID = {
    "n_components": [0, -1, 1.0, 0.0, np.nan, "8", None, True, 10**12, 10**40],
    "hidden_layer_sizes": [4, "4", (0,), (4.0,), (10**9, 10**9), [[3]]],
    "activation": ["swish", None, 0],
    "code_activation": ["swish", 0],
    "output_activation": ["swish", None, np.tanh],
    "loss": ["mse", None, "softmax_crossentropy"],
    "tied_weights": [1, None],
    "alpha": [-1e-3, np.nan, np.inf, "1", 1j, 10**400, None],
    "penalty": ["l2", "none", 0],
    "sparsity": [0.0, 1.0, np.nan, None],
    "sparsity_weight": [-1.0, np.inf, None],
    "n_active": [0, 0.5, True],
    "corruption": ["blur", "none", 0],
    "corruption_level": [-0.1, np.nan, np.inf, None],
    "corruption_fill": [np.nan, -np.inf, "median", None],
    "scale": ["robust", 1.0],
    "init": ["svd", None],
    "solver": ["Adam", None],
    "learning_rate": ["linear", None],
    "learning_rate_init": [0.0, -1, np.nan, np.inf, None],
    "power_t": [-1.0, np.nan],
    "warmup_epochs": [-1.0, np.inf],
    "momentum": [-0.1, 1.5],
    "nesterovs_momentum": ["yes", 1],
    "beta_1": [1.0, -0.1],
    "beta_2": [1.0, np.nan],
    "epsilon": [0.0, np.inf],
    "max_grad_norm": [0.0, np.inf, "1"],
    "averaging": [0.0, 1.0],
    "batch_size": [0, 32.0, 10**30],
    "max_iter": [-1, True, 1.0],
    "tol": [-1.0, np.nan],
    "n_iter_no_change": [0, None],
    "early_stopping": [None, 1],
    "validation_fraction": [0.0, 1.0],
    "shuffle": [0, None],
    "warm_start": [0, "no"],
    "random_state": [-1, 2**64, 0.5, True],
    "n_jobs": [0, 2**31, 1.0],
    "device": ["tpu", "cuda:-1", 0, None],
    "verbose": [-1, "loud"],
    "fine_tune": [1, None],
    "layers": [[], 3, [3], "layers"],
    "encoder": [None, 3, "encoder"],
    "class_weight": ["equal", 3, {0: -1.0}, {0: "1"}],
}

# Each can be used, but may let the training diverge.
EXTREME = {
    "alpha": [1e308],
    "corruption_level": [1.0],
    "corruption_fill": [1e308],
    "learning_rate_init": [5e-324, 1e300],
    "power_t": [1e300],
    "warmup_epochs": [1e300],
    "momentum": [1.0],
    "epsilon": [5e-324, 1e300],
    "max_grad_norm": [5e-324, 1e300],
    "averaging": [5e-324, 1 - 1e-16],
    "batch_size": [2**62],
    "max_iter": [0],
    "tol": [1e308],
    "n_iter_no_change": [2**62],
    "n_active": [10**9],
    "sparsity": [5e-324, 1 - 1e-16],
    "sparsity_weight": [1e308],
    "validation_fraction": [1e-9, 0.99],
    "random_state": [0, 2**64 - 1],
    "n_jobs": [-100, 64],
}


def _trainings(sizes, optional):
    """Parameters, which often ask for a training by need."""
    drawn = st.fixed_dictionaries(sizes, optional=optional)
    return st.one_of(drawn, drawn, drawn.map(lambda parameters: parameters | _BY_NEED))


def _is_saturating(activation):
    return activation in ("sigmoid", "tanh")


def _made_possible(parameters):
    """The same, but for what cannot be combined."""
    p = dict(parameters)
    if p["solver"] == "exact":
        p |= dict.fromkeys(("code_activation", "penalty", "n_active", "max_grad_norm", "averaging"))
        p |= {"activation": "identity", "output_activation": "identity", "loss": "squared_error"}
        p |= {"hidden_layer_sizes": ()}
        if p["corruption"] is not None:
            p |= {"corruption": "masking", "alpha": 0.0, "tied_weights": False}
    if p["solver"] == "lbfgs":
        p |= {"max_grad_norm": None, "averaging": None}
    if p.get("penalty") == "kl" and not _is_saturating(p["code_activation"] or p["activation"]):
        p["code_activation"] = "tanh"
    if p.get("penalty") == "contractive":
        p |= {"hidden_layer_sizes": (), "n_active": None}
    if p.get("loss") == "binary_crossentropy":
        p["output_activation"] = "sigmoid"
    if p.get("init") == "pca" and not _may_be_pca(p):
        p["init"] = "auto"
    return p


def _may_be_pca(p):
    linear = {p["code_activation"] or p["activation"], *([p["activation"]] if p["hidden_layer_sizes"] else [])}
    return (
        (p["loss"], p["output_activation"], p["n_active"]) == ("squared_error", "identity", None)
        and p["penalty"] != "kl"
        and (not p["tied_weights"] or linear == {"identity"})
    )


@st.composite
def autoencoders(draw, units=UNITS, shares=True):
    """One with settings that can be combined; its loss takes data in [0, 1]."""
    kind = draw(st.sampled_from(AUTOENCODERS))
    sizes = {"n_components": st.one_of(units, st.sampled_from([0.3, 0.9])) if shares else units}
    optional = _TRAINING | _OBJECTIVE | _NETWORK | {"hidden_layer_sizes": st.lists(units, max_size=2).map(tuple)}
    optional["solver"] = st.sampled_from(["auto", *_core.SOLVERS, "exact"])
    drawn = draw(_trainings(sizes, optional))
    return kind(**_made_possible(kind().get_params() | {"max_iter": 3} | drawn))


@st.composite
def stacks(draw, units=UNITS):
    """A stack of one or two such."""
    layers = draw(st.lists(autoencoders(units, shares=False), min_size=1, max_size=2))
    for layer in layers[:-1]:
        layer.set_params(n_active=None)
    for layer in layers[1:]:
        layer.set_params(loss="squared_error")  # codes need not lie in [0, 1]
    top = layers[-1]
    drawn = draw(_trainings({}, _TRAINING | _OBJECTIVE | {"fine_tune": st.booleans()}))
    p = StackedAutoencoder(layers).get_params(deep=False) | {"max_iter": 3} | drawn
    if p["solver"] == "lbfgs":
        p |= {"max_grad_norm": None, "averaging": None}
    if p["penalty"] == "kl" and not _is_saturating(top.code_activation or top.activation):
        p["penalty"] = None
    if p["penalty"] == "contractive" and (len(layers) > 1 or top.hidden_layer_sizes or top.n_active):
        p["penalty"] = "l1"
    if layers[0].output_activation != "sigmoid":
        p["loss"] = "squared_error"
    p["tied_weights"] = p["tied_weights"] and all(layer.tied_weights for layer in layers)
    p["warm_start"] = p["warm_start"] and p["fine_tune"]
    if layers[0].solver != "exact" and not layers[0].tied_weights:
        p["scale"] = layers[0].scale  # in other units its weights may be of no use
    return StackedAutoencoder(**p)


@st.composite
def classifiers(draw, units=UNITS):
    """A classifier on an encoder or a stack that is not fitted."""
    encoder = draw(st.one_of(autoencoders(units, shares=False), stacks(units)))
    optional = _TRAINING | {"class_weight": st.sampled_from([None, "balanced", {0: 2.0}])}
    drawn = draw(_trainings({}, optional)) | {"scale": encoder.scale}
    return EncoderClassifier(
        **_made_possible(EncoderClassifier(encoder).get_params(deep=False) | {"max_iter": 3} | drawn)
    )


def estimators(units=UNITS):
    """Any of them."""
    return st.one_of(autoencoders(units), stacks(units), classifiers(units))


def odd_settings(table):
    """The name of a parameter and a value of the table."""
    return st.sampled_from([(name, value) for name, values in table.items() for value in values])


KINDS = {
    "uniform": lambda rng, shape, dtype: rng.random(shape),
    "bits": lambda rng, shape, dtype: rng.integers(0, 2, shape),
    "zeros": lambda rng, shape, dtype: np.zeros(shape),
    "constant columns": lambda rng, shape, dtype: np.tile(rng.random(shape[1]), (shape[0], 1)),
    "tiny": lambda rng, shape, dtype: rng.random(shape) * np.finfo(dtype).tiny,
    "normal": lambda rng, shape, dtype: rng.standard_normal(shape),
    "large": lambda rng, shape, dtype: rng.standard_normal(shape) * 1e10,
    "huge": lambda rng, shape, dtype: rng.uniform(-1, 1, shape) * np.finfo(dtype).max,
}
IN_UNIT_INTERVAL = ["uniform", "bits", "zeros", "constant columns", "tiny"]


def _read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def _misaligned(X):
    buffer = np.empty(X.nbytes + 1, np.uint8)
    buffer[1:] = X.view(np.uint8).ravel()
    return buffer[1:].view(X.dtype).reshape(X.shape)


LAYOUTS = {
    "C": lambda X: X,
    "Fortran": np.asfortranarray,
    "every other column": lambda X: X.repeat(2, axis=1)[:, ::2],
    "every other row": lambda X: X.repeat(2, axis=0)[::2],
    "backwards": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian": lambda X: X.astype(X.dtype.newbyteorder(">")),
    "read-only": _read_only,
    "misaligned": _misaligned,
}


@st.composite
def matrices(draw, n_features=FEATURES, n_rows=ROWS, kinds=tuple(KINDS), layouts=tuple(LAYOUTS)):
    """Finite numbers, (n_rows, n_features)."""
    shape, dtype = (draw(n_rows), draw(n_features)), np.dtype(draw(st.sampled_from(["float64", "float32"])))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    X = np.ascontiguousarray(KINDS[draw(st.sampled_from(kinds))](rng, shape, dtype), dtype)
    return LAYOUTS[draw(st.sampled_from(layouts))](X)


def _with(value):
    def change(X):
        X = np.array(X)
        X[-1, -1] = value
        return X

    return change


def _native(X):
    return np.array(X, X.dtype.newbyteorder("="))


def _frame(X):
    return pandas.DataFrame(_native(X), columns=[f"x{i}" for i in range(X.shape[1])])


FORMS = {
    "list": lambda X: X.tolist(),
    "DataFrame": _frame,
    "object": lambda X: X.astype(object),
    "int": lambda X: (X > 0.5).astype(np.int8),
    "float16": lambda X: np.clip(X, 0, 1).astype(np.float16),
    "masked": lambda X: np.ma.masked_array(X, X > 0.5),
    "NaN": _with(np.nan),
    "inf": _with(-np.inf),
    "complex": lambda X: X.astype(complex),
    "strings": lambda X: X.astype(str),
    "objects that are none": lambda X: np.full(X.shape, None),
    "sparse": lambda X: sparse.csr_matrix(_native(X)),
    "ragged": lambda X: [*X.tolist(), []],
    "a row": lambda X: X[0],
    "three axes": lambda X: X[np.newaxis],
    "no rows": lambda X: X[:0],
    "no columns": lambda X: X[:, :0],
    "a column more": lambda X: np.hstack([X, X[:, :1]]),
    "a number": lambda X: X[0, 0],
    "text": lambda X: "X",
    "None": lambda X: None,
}


def any_data(n_features):
    """X as it should be, or in a form that is converted or refused."""
    plain = matrices(st.just(n_features))
    in_unit_interval = matrices(st.just(n_features), kinds=IN_UNIT_INTERVAL)
    return st.one_of(
        in_unit_interval,
        in_unit_interval,
        plain,
        st.builds(lambda X, form: form(X), plain, st.sampled_from(list(FORMS.values()))),
    )


def positive_weights(n_rows):
    """Weights that any training takes."""
    return st.one_of(
        st.none(), st.builds(lambda seed: np.random.default_rng(seed).random(n_rows) + 0.1, st.integers(0, 9))
    )


def any_weights(n_rows):
    """The same, others that some trainings take, and some that none does."""
    ones = np.ones(n_rows)
    others = [ones.tolist(), np.arange(n_rows), np.eye(1, n_rows)[0], ones * 1e308, ones * 5e-324, ones[:, np.newaxis]]
    refused = [
        -ones,
        ones * np.nan,
        ones * 0,
        ones[1:],
        np.ones(n_rows + 1),
        "w",
        ones + 1j,
        np.ma.masked_array(ones, ones),
    ]
    return st.one_of(st.none(), st.none(), positive_weights(n_rows), st.sampled_from(others), st.sampled_from(refused))


def labels(n_rows, n_classes=3):
    """Classes by number."""
    return st.builds(lambda seed: np.random.default_rng(seed).integers(0, n_classes, n_rows), st.integers(0, 9))


def any_labels(n_rows):
    """Classes of any type, and some that no classifier takes."""
    forms = [
        lambda y: y.tolist(),
        lambda y: y.astype(str),
        lambda y: y > 0,
        lambda y: y[:, np.newaxis],
        lambda y: y.astype(object),
        lambda y: y * 0,
        lambda y: y + 0.5,
        lambda y: y * np.nan,
        lambda y: y[1:],
        lambda y: np.ma.masked_array(y, y > 0),
        lambda y: np.eye(3)[y],
        lambda y: None,
    ]
    return st.one_of(
        labels(n_rows), labels(n_rows), st.builds(lambda y, form: form(y), labels(n_rows), st.sampled_from(forms))
    )
