"""What an estimator or an argument holds, and the warnings that random calls may give."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning

EXPECTED_WARNINGS = [
    ("no code of up to", ConvergenceWarning),  # n_components as a share that random data do not reach
    ("score needs at least two rows", UndefinedMetricWarning),
    ("A column-vector y was passed", UserWarning),
    ("X has feature names, but", UserWarning),
    ("X does not have valid feature names", UserWarning),
    ("invalid value encountered in reduce", RuntimeWarning),  # scikit-learn's sum, of numbers near the largest
]


def expecting_warnings(call):
    """What the call gives; another warning is an error."""
    with warnings.catch_warnings():
        for message, category in EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message, category)
        return call()


def state(value, without=()):
    """What a value holds, down to the bits, as something that can be compared by ==; attributes may be left out."""
    if isinstance(value, BaseEstimator):
        return type(value), state(vars(value), without)
    if isinstance(value, dict):
        return {name: state(item, without) for name, item in value.items() if name not in without}
    if isinstance(value, (list, tuple)):
        return type(value), [state(item, without) for item in value]
    if isinstance(value, np.ma.MaskedArray):
        return state(value.data), state(value.mask)
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tolist() if value.dtype == object else value.tobytes()
    if isinstance(value, np.random.RandomState):
        return state(value.get_state(legacy=False))
    if isinstance(value, np.random.Generator):
        return state(value.bit_generator.state)
    if hasattr(value, "toarray"):
        return state(value.toarray())
    if hasattr(value, "to_numpy"):
        return state(value.to_numpy())
    return type(value), repr(value)
