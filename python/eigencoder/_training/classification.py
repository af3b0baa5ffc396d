"""What a classifier adds to training: classes, and an encoder whose weights it starts from."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import check_classification_targets

from .._core import DeviceArray
from .._data.arrays import Labels, Weights, check_features_as, mean_one
from .._data.classes import check_targets, listed, number, weigh_by_class, weights_of_classes
from .._data.device import Matrix
from .._data.training_data import count_validation_rows_of_classes
from . import checks, effort
from .estimators import AutoencoderEstimator, ClassifierEstimator, is_autoencoder, name_features
from .network import Network
from .parts import checked_network, read_by_others
from .settings import ObjectiveTerms, TrainingSettings
from .training import Training


def _check_encoder(name: str, encoder: object) -> AutoencoderEstimator:
    if isinstance(encoder, FrozenEstimator):
        encoder = encoder.estimator
    if not is_autoencoder(encoder):
        raise TypeError(f"{name} must be an autoencoder such as Autoencoder(64), fitted or not, found {encoder!r}")
    return encoder if hasattr(encoder, "coefs_") else read_by_others(encoder, code_activation=None)


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(TrainingSettings):
    """The parameters of `EncoderClassifier`."""

    encoder: Annotated[AutoencoderEstimator, _check_encoder]
    class_weight: Annotated[dict[Any, float] | str | None, checks.class_weight]

    def check_incremental(self) -> None:
        super().check_incremental()
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit gets a block of rows, class_weight='balanced' needs the classes of all: give a dict, such "
                "as dict(zip(classes, compute_class_weight('balanced', classes=classes, y=y))) with "
                "sklearn.utils.class_weight.compute_class_weight and the y of many rows"
            )

    def objective_terms(self) -> ObjectiveTerms:
        return {
            "loss": "softmax_crossentropy",
            "alpha": self.alpha_in_objective,
            "penalty": "none",
            "sparsity": 0.5,
            "sparsity_weight": 0.0,
            "sparsity_momentum": 0.0,
            "corruption": self.corruption or "none",
            "corruption_level": self.corruption_level,
        }


class ClassifierTraining(Training):
    """The supervised training, and before it that of an encoder which is not fitted."""

    settings: ClassifierSettings
    estimator: ClassifierEstimator
    classes: NDArray[Any]
    encoder: AutoencoderEstimator

    def check_rows(self, X: ArrayLike) -> Matrix:
        encoder = self.settings.encoder
        if self.resumes or not hasattr(encoder, "coefs_"):
            return super().check_rows(X)
        return check_features_as(encoder, self.estimator, X, device=self.device)

    def check_labels(
        self, x: Matrix, y: object, x_val: Matrix | None, y_val: object, classes: object
    ) -> tuple[Labels, Labels | None]:
        if y is None:
            raise ValueError(f"{type(self.estimator).__name__} requires y to be passed, but the target y is None")
        targets = check_targets(y, "y", len(x))
        self.classes = self._classes(targets, None if classes is None else np.unique(check_targets(classes, "classes")))
        labels = number(targets, self.classes, "y")
        if x_val is not None and y_val is not None:
            return labels, number(check_targets(y_val, "y_val", len(x_val)), self.classes, "y_val")
        if x_val is None and y_val is None:
            return labels, None
        given, lacking = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise ValueError(f"{given} needs {lacking}, found {lacking}=None: give rows and their classes, or neither")

    def _classes(self, targets: NDArray[Any], given: NDArray[Any] | None) -> NDArray[Any]:
        """All that a row may have."""
        if not self.incremental:
            check_classification_targets(targets)
            given = np.unique(targets)
        if not self.resumes:
            if given is None:
                raise ValueError(
                    "the first call of partial_fit needs classes, all that a later block may have: pass "
                    "classes=np.unique(y) with the y of all rows"
                )
            return given
        known = self.estimator.classes_
        if given is not None and given.tolist() != known.tolist():
            call, found, advice = (
                ("partial_fit", "found classes=", "leave classes out, or call fit")
                if self.incremental
                else ("warm_start=True", "y has ", "fit afresh with warm_start=False")
            )
            raise ValueError(
                f"{call} goes on with the classes {listed(known.tolist())}, {found}{listed(given.tolist())}: {advice}"
            )
        return known

    def weigh(self, weights: Weights | None, labels: Labels | None) -> Weights | None:
        assert labels is not None
        of_classes = weights_of_classes(self.settings.class_weight, self.classes, labels, weights)
        if of_classes is None:
            return weights
        if self.incremental:
            return weigh_by_class(weights, of_classes, labels)  # as they are, so that they count from block to block
        weighed = weigh_by_class(weights, of_classes / (of_classes.max() or 1), labels)  # no product overflows
        return mean_one(weighed, slice(None), "every row")

    def count_held_out(self, x: Matrix, x_val: Matrix | None) -> int:
        if x_val is not None or not self.settings.early_stopping:
            return 0
        return count_validation_rows_of_classes(len(x), len(self.classes), self.settings.validation_fraction)

    def make_network(self, n_features: int) -> Network:
        encoder = self.settings.encoder
        if hasattr(encoder, "coefs_"):
            sizes, activations, n_active = encoder._layer_sizes, encoder._activations, encoder._n_active
        else:
            network = checked_network(encoder._settings(), n_features)
            sizes, activations, n_active = network.layer_sizes, network.activations, network.n_active_outputs
        n_layers = len(activations) // 2
        return Network(
            (*sizes[: n_layers + 1], len(self.classes)),
            (*activations[:n_layers], "identity"),
            tied_weights=False,
            n_active=n_active[n_layers - 1],
            n_encoder_layers=n_layers,
        )

    def _resolve(self, x: Matrix, n_rows: int) -> None:
        super()._resolve(x, n_rows)
        if self.settings.scale == "auto" and not isinstance(x, DeviceArray):
            self.settings = replace(self.settings, scale="standard")

    def start_of(self, x: Matrix) -> effort.Start:
        return "classes"

    def initialise(self) -> None:
        super().initialise()
        self.encoder = self.settings.encoder
        if not hasattr(self.encoder, "coefs_"):
            self.encoder = clone(self.encoder)
            if self.encoder.random_state is None:
                self.encoder.set_params(random_state=self.seed)
            x: Any = self.data.x
            x_val: Any = self.data.x_validation if self.data.validation_rows is None else None
            self.encoder.fit(x, sample_weight=self.sample_weight, X_val=x_val)
            name_features(self.encoder, getattr(self.estimator, "feature_names_in_", None))
        coefs, intercepts = self.network.unpack(self.parameters)
        for layer in range(self.network.n_encoder_layers):
            coefs[layer][...] = self.encoder.coefs_[layer]
            intercepts[layer][...] = self.encoder.intercepts_[layer]
        self.parameters[...] = self.units.unfold(self.network, self.parameters)

    def model_attributes(self, parameters: NDArray[Any]) -> dict[str, Any]:
        attributes = super().model_attributes(parameters) | {"classes_": self.classes}
        return attributes if self.resumes else attributes | {"encoder_": self.encoder}
