"""A fitted estimator, made again of what a model file says."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from sklearn.utils import Bunch

from .._training.network import Network
from .._training.settings import AutoencoderSettings, TrainingSettings
from .._training.stacking import unrolled
from . import labels, network, state, values
from .container import Tensors
from .fields import Fields, fields_of, flag, list_of, malformed, one_of, or_none, text
from .names import AUTOENCODERS, CLASSIFIERS, WRAPPERS, class_of


def read(fields: Fields, tensors: Tensors) -> Any:
    """The estimator. Inside it are those that its attributes list, each of which may hold those before it."""
    attributes = fields.take("attributes", fields_of("attributes"))
    inside: list[Any] = []
    models: list[Fields] = attributes.take_if("estimators", list_of(fields_of("an estimator inside")), [])
    for number, model in enumerate(models):
        its_attributes = model.take("attributes", fields_of("attributes of an estimator inside"))
        its_tensors = tensors.under(f"attributes.estimators.{number}.")
        inside.append(_fitted(model, its_attributes, its_tensors, AUTOENCODERS, inside))
        model.end()
    return _fitted(fields, attributes, tensors, (*AUTOENCODERS, *CLASSIFIERS), inside)


def _fitted(fields: Fields, attributes: Fields, tensors: Tensors, classes: tuple[str, ...], inside: list[Any]) -> Any:
    weights = network.read(fields, tensors)
    trained, sizes = weights.network, weights.network.layer_sizes
    construction = fields.take("estimator", fields_of("estimator"))
    name, params = _class_and_params(construction, classes, inside)
    estimator = _constructed(name, params)
    _check(estimator, name, len(params) == len(estimator._get_param_names()), trained)
    found: dict[str, Any] = {
        "n_features_in_": sizes[0],
        "coefs_": weights.coefs,
        "intercepts_": weights.intercepts,
        "_layer_sizes": sizes,
        "_activations": trained.activations,
        "_n_active": trained.n_active_outputs,
        "_dtype": weights.dtype,
    }
    found |= labels.read_names(fields, sizes[0])
    found |= state.read(attributes, tensors.under("attributes."), trained, weights.dtype)
    if name == "StackedAutoencoder":
        found |= _layers(attributes.take("layers_", list_of(_pair_of(inside))), trained)
    if name in CLASSIFIERS:
        as_objects = attributes.take("classes_are_objects", flag)
        found["classes_"] = labels.read_classes(fields, tensors, as_objects, sizes[-1])
        found["encoder_"] = attributes.take("encoder_", _one_of_those(inside))
    else:
        fields.take("classes", one_of(None))
    attributes.end()
    training = fields.take("training", or_none(fields_of("training")))
    if training is not None:
        found |= state.read_training(training, tensors.under("training."), trained, weights.dtype)
        training.end()
    vars(estimator).update(found)
    return estimator


def _class_and_params(fields: Fields, classes: tuple[str, ...], inside: list[Any]) -> tuple[str, dict[str, Any]]:
    name = fields.take("class", one_of(*classes))
    params = fields.take("params", fields_of(f"params of {name}"))
    fields.end()

    def estimator(value: Fields) -> Any:
        if "fitted" in value:
            return value.take("fitted", _one_of_those(inside))
        return _constructed(*_class_and_params(value, (*AUTOENCODERS, *WRAPPERS), inside))

    names = class_of(name)._get_param_names()
    found = {key: params.take(key, partial(values.read, estimator=estimator)) for key in names if key in params}
    params.end()
    return name, found


def _constructed(name: str, params: dict[str, Any]) -> Any:
    try:
        return class_of(name)(**params)
    except TypeError as error:  # one without a default is missing
        raise malformed(f"of the parameters of {name}, {error}") from error


def _check(estimator: Any, name: str, is_complete: bool, trained: Network) -> None:
    """Refuse what no fit makes. Where parameters are missing, those that are there must mean the network."""
    n_encoder_layers = len(trained.activations) - 1 if name in CLASSIFIERS else 0
    if trained.n_encoder_layers != n_encoder_layers:
        raise malformed(f"n_encoder_layers of {name} must be {n_encoder_layers}, found {trained.n_encoder_layers}")
    try:
        settings: TrainingSettings = estimator._settings()
        if not is_complete and isinstance(settings, AutoencoderSettings):
            meant = settings.network(trained.layer_sizes[0])
            if meant != trained:
                raise ValueError(f"some are missing, and with the defaults they mean {meant}, found {trained}")
    except (AttributeError, TypeError, ValueError) as error:
        raise malformed(f"of the parameters of {name}, {error}") from error


def _layers(pairs: list[tuple[str, Any]], trained: Network) -> dict[str, Any]:
    shapes = unrolled([list(pairwise(layer._layer_sizes)) for _, layer in pairs])
    if shapes != trained.weight_shapes:
        raise malformed(f"layers_ have the shapes {shapes}, expected {trained.weight_shapes}")
    return {"layers_": [layer for _, layer in pairs], "named_layers_": Bunch(**dict(pairs))}


def _one_of_those(inside: list[Any]) -> Callable[[object], Any]:
    def convert(value: object) -> Any:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < len(inside):
            raise ValueError(f"the number of one of the {len(inside)} estimators inside that come before")
        return inside[value]

    return convert


def _pair_of(inside: list[Any]) -> Callable[[object], tuple[str, Any]]:
    def convert(value: object) -> tuple[str, Any]:
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError("pairs of a name and a number")
        return text(value[0]), _one_of_those(inside)(value[1])

    return convert
