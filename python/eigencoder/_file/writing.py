"""What a model file says of a fitted estimator."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .. import _core
from .._training import effort, seed
from .._training.network import Network, check_shapes, is_tied
from . import labels, network, state, values
from .names import AUTOENCODERS, CLASSIFIERS, WRAPPERS, class_of


class Description(NamedTuple):
    """What the configuration says of a fitted estimator, and its tensors."""

    model: dict[str, Any]
    tensors: dict[str, NDArray[Any]]


def describe(estimator: Any, training_state: bool) -> Description:
    """Of an estimator and, among its attributes, of the fitted ones inside it."""
    writer = _Writer(training_state)
    model, tensors = writer.describe(estimator, "the estimator")
    if writer.inside:
        model["attributes"]["estimators"] = [inner.model for inner in writer.inside]
    for number, inner in enumerate(writer.inside):
        tensors |= {f"attributes.estimators.{number}.{name}": tensor for name, tensor in inner.tensors.items()}
    return Description(model, tensors)


class _Writer:
    """Describes an estimator and, once each, the fitted ones inside it, the innermost first: they have numbers."""

    def __init__(self, training_state: bool) -> None:
        self._training_state = training_state
        self.inside: list[Description] = []
        self._numbers: dict[int, int] = {}

    def describe(self, estimator: Any, name: str) -> Description:
        check_is_fitted(estimator, "coefs_")
        construction = self._construction(estimator, name, (*AUTOENCODERS, *CLASSIFIERS))
        weights = _weights(estimator)
        settings = effort.plain(estimator._settings(), weights.network.layer_sizes[0])
        _core.check(weights.network.config, settings.objective())
        model, tensors = network.describe(weights, settings.objective_terms())
        attributes, arrays = state.describe(estimator)
        tensors |= {f"attributes.{key}": array for key, array in arrays.items()}
        fitted = vars(estimator)
        if "layers_" in fitted:
            pairs = estimator.named_layers_.items()
            attributes["layers_"] = [[values.string(key, name), self._number(layer, key)] for key, layer in pairs]
        if "encoder_" in fitted:
            attributes["encoder_"] = self._number(estimator.encoder_, "encoder_")
        of_classes = None
        if "classes_" in fitted:
            of_classes, arrays = labels.describe_classes(estimator.classes_)
            attributes["classes_are_objects"] = estimator.classes_.dtype == object
            tensors |= arrays
        training = None
        if self._training_state:
            training, arrays = state.describe_training(estimator)
            tensors |= {f"training.{key}": array for key, array in arrays.items()}
        model |= {
            "estimator": construction,
            "feature_names": labels.describe_names(fitted.get("feature_names_in_")),
            "classes": of_classes,
            "attributes": attributes,
            "training": training,
        }
        return Description(model, tensors)

    def _construction(self, estimator: Any, name: str, classes: tuple[str, ...]) -> dict[str, Any]:
        class_name = type(estimator).__name__
        if class_name not in classes or type(estimator) is not class_of(class_name):
            raise ValueError(
                f"{name} is a {type(estimator).__module__}.{type(estimator).__qualname__}, and a model file names only "
                f"the classes {', '.join(classes)}: pickle it instead"
            )
        params = estimator.get_params(deep=False)
        generator = params.get("random_state")
        if isinstance(generator, (np.random.RandomState, np.random.Generator)):
            given = vars(estimator).get("_seed")
            params["random_state"] = seed.next_key(generator) if given is None else given
        described = {key: values.describe(value, f"{key} of {name}", self._inner) for key, value in params.items()}
        return {"class": class_name, "params": described}

    def _inner(self, estimator: BaseEstimator, name: str) -> dict[str, Any]:
        if "coefs_" in vars(estimator):
            return {"fitted": self._number(estimator, name)}
        return self._construction(estimator, name, (*AUTOENCODERS, *WRAPPERS))

    def _number(self, estimator: Any, name: str) -> int:
        if id(estimator) not in self._numbers:
            self.inside.append(self.describe(estimator, name))
            self._numbers[id(estimator)] = len(self.inside) - 1
        return self._numbers[id(estimator)]


def _weights(estimator: Any) -> network.Weights:
    sizes, coefs, intercepts = estimator._layer_sizes, estimator.coefs_, estimator.intercepts_
    check_shapes(coefs, intercepts, sizes, "restore the arrays, or fit afresh")
    n_encoder_layers = len(sizes) - 2 if hasattr(estimator, "classes_") else 0
    is_one_matrix = n_encoder_layers == 0 and is_tied(coefs)
    of_fit = Network(sizes, estimator._activations, is_one_matrix, max(estimator._n_active), n_encoder_layers)
    return network.Weights(of_fit, estimator._dtype, coefs, intercepts)
