"""What fit leaves beside the network, and what a training goes on from."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._training.columns import Columns
from .._training.estimators import NetworkEstimator
from .._training.network import Network
from .._training.optimizer_state import OptimizerState
from .._training.units import SCALES, Units
from .container import Tensors
from .fields import Fields, count, flag, key, malformed, of_real, one_of, or_none, real, text

_Arrays = dict[str, NDArray[Any]]
_PLAIN: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {  # to JSON, and from it
    "loss_": (of_real, real),
    "best_loss_": (of_real, real),
    "n_iter_": (int, count),
    "t_": (int, count),
    "solver_": (str, text),
    "learning_rate_init_": (of_real, real),
    "batch_size_": (int, count),
}
_CURVES = ("loss_curve_", "validation_loss_curve_")
_SIZE_CURVE = {"n_components": np.int64, "score": np.float64, "pca_score": np.float64}
_FLAT = ("first_moment", "second_moment", "average", "parameters", "packed")
_UNTRAINED: dict[str, Any] = {"loss_": np.inf, "best_loss_": np.inf, "n_iter_": 0, "t_": 0}


def describe(estimator: NetworkEstimator) -> tuple[dict[str, Any], _Arrays]:
    """What fit has left, as far as it is known to every version of its class."""
    known = vars(estimator)
    units, extremes = estimator._columns
    found: dict[str, Any] = {name: to_json(known[name]) for name, (to_json, _) in _PLAIN.items() if name in known}
    found["seed"] = estimator._seed
    found["units"] = dict(zip(("scale", "tied_weights", "sigmoid_as_tanh"), units.key, strict=True))
    arrays: dict[str, Any] = {name: np.array(known[name], np.float64) for name in _CURVES}
    arrays |= {"units.center": units.center, "units.factor": units.factor, "extremes": extremes}
    arrays |= {f"size_curve_.{name}": column for name, column in known.get("size_curve_", {}).items()}
    return found, {name: array for name, array in arrays.items() if array is not None}


def read(fields: Fields, tensors: Tensors, network: Network, dtype: str) -> dict[str, Any]:
    """The attributes of the estimator; of a file that lacks some, those of one that has been trained no further."""
    found = _UNTRAINED | {name: fields.take(name, convert) for name, (_, convert) in _PLAIN.items() if name in fields}
    for name in _CURVES:
        found[name] = tensors.take(name, np.float64, (None,)).tolist() if name in tensors else []
    if f"size_curve_.{next(iter(_SIZE_CURVE))}" in tensors:
        found["size_curve_"] = {
            name: tensors.take(f"size_curve_.{name}", of, (None,)) for name, of in _SIZE_CURVE.items()
        }
    found["_seed"] = fields.take_if("seed", or_none(key), None)
    n_features = network.layer_sizes[0]
    units = fields.take_if("units", _units, Units())
    if units.scale is not None:
        units = units._replace(
            center=tensors.take("units.center", dtype, (n_features,)),
            factor=tensors.take("units.factor", dtype, (n_features,)),
        )
    extremes = tensors.take("extremes", dtype, (2, n_features)) if "extremes" in tensors else None
    return found | {"_columns": Columns(units, extremes), "_scales": None, "_optimizer_state": None}


def _units(value: object) -> Units:
    fields = Fields(value, "units")
    units = Units(
        scale=fields.take("scale", one_of(None, *SCALES)),
        tied_weights=fields.take("tied_weights", flag),
        sigmoid_as_tanh=fields.take("sigmoid_as_tanh", flag),
    )
    fields.end()
    return units


def describe_training(estimator: NetworkEstimator) -> tuple[dict[str, Any], _Arrays]:
    """What the next training goes on from."""
    state = estimator._optimizer_state
    arrays: dict[str, Any] = {"scales": estimator._scales}
    found: dict[str, Any] = {}
    if state is not None:
        found = {name: getattr(state, name) for name in ("solver", "n_updates", "n_warmup_updates")}
        arrays |= {name: getattr(state, name) for name in (*_FLAT, "mean_activity")}
    return found, {name: array for name, array in arrays.items() if array is not None}


def read_training(fields: Fields, tensors: Tensors, network: Network, dtype: str) -> dict[str, Any]:
    needed = ("first_moment", "second_moment") if "solver" in fields else ()
    names = [name for name in (*_FLAT, "scales") if name in needed or name in tensors]
    flat = {name: tensors.take(name, dtype, (None,)) for name in names}
    lengths = {len(array) for array in flat.values()}
    # A decoder that was tied while it was trained may have got weights of its own since.
    possible = {replace(network, tied_weights=tied).n_parameters for tied in (False, True)}
    if len(lengths) > 1 or not lengths <= possible:
        raise malformed(f"the tensors of training have the lengths {sorted(lengths)}, expected {network.n_parameters}")
    scales, state = flat.pop("scales", None), None
    if "solver" in fields:
        has_activity = "mean_activity" in tensors
        state = OptimizerState(
            solver=fields.take("solver", text),
            first_moment=flat["first_moment"],
            second_moment=flat["second_moment"],
            average=flat.get("average"),
            parameters=flat.get("parameters"),
            packed=flat.get("packed"),
            mean_activity=tensors.take("mean_activity", np.float64, (network.n_components,)) if has_activity else None,
            n_updates=fields.take("n_updates", count),
            n_warmup_updates=fields.take("n_warmup_updates", count),
        )
    return {"_scales": scales, "_optimizer_state": state}
