"""What a classifier adds to training: classes, and an encoder whose weights it starts from."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .. import _core
from .._data.arrays import Labels, without_dispatch
from .._data.device import Matrix
from .estimators import AutoencoderEstimator, ClassifierEstimator, is_autoencoder
from .network import Network
from .settings import TrainingSettings
from .training import Training, checked_network


def _check_encoder(name: str, encoder: object) -> AutoencoderEstimator:
    if isinstance(encoder, FrozenEstimator):
        encoder = encoder.estimator
    if not is_autoencoder(encoder):
        raise TypeError(f"{name} must be an autoencoder such as Autoencoder(64), fitted or not, found {encoder!r}")
    return encoder


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings(TrainingSettings):
    """The parameters of `EncoderClassifier`."""

    encoder: Annotated[AutoencoderEstimator, _check_encoder]

    def objective(self) -> _core.ObjectiveConfig:
        return _core.ObjectiveConfig(
            loss="softmax_crossentropy",
            alpha=self.alpha_in_objective,
            penalty="none",
            sparsity=0.5,
            sparsity_weight=0.0,
            sparsity_momentum=0.0,
            corruption=self.corruption or "none",
            corruption_level=self.corruption_level,
        )

    def check_data(self, x: Matrix, name: str) -> None:
        """The loss is one of classes and takes any row."""


class ClassifierTraining(Training):
    """The supervised training, and before it that of an encoder which is not fitted."""

    settings: ClassifierSettings
    estimator: ClassifierEstimator
    classes: NDArray[Any]
    encoder: AutoencoderEstimator

    def check_labels(self, y: Any, n_samples: int) -> Labels:
        if y is None:
            raise ValueError(f"{type(self.estimator).__name__} requires y to be passed, but the target y is None")
        with without_dispatch():
            y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        targets: NDArray[Any] = column_or_1d(y, warn=True)
        check_consistent_length(np.empty(n_samples), targets)
        check_classification_targets(targets)
        self.classes, labels = np.unique(targets, return_inverse=True)
        if self.resumes and not np.array_equal(self.classes, self.estimator.classes_):
            raise ValueError(
                f"warm_start=True goes on with the classes {self.estimator.classes_.tolist()}, y has "
                f"{self.classes.tolist()}: fit afresh with warm_start=False"
            )
        return np.asarray(labels, np.int64)

    def make_network(self, n_features: int) -> Network:
        encoder = self.settings.encoder
        if hasattr(encoder, "coefs_"):
            sizes, activations, n_active = encoder._layer_sizes, encoder._activations, encoder._n_active
            if n_features != sizes[0]:
                raise ValueError(f"X has {n_features} features, but the encoder was fitted on {sizes[0]}")
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

    def initialise(self) -> None:
        super().initialise()
        self.encoder = self.settings.encoder
        if not hasattr(self.encoder, "coefs_"):
            self.encoder = clone(self.encoder)
            if self.encoder.random_state is None:
                self.encoder.set_params(random_state=self.seed)
            x: Any = self.data.x
            self.encoder.fit(x, sample_weight=self.sample_weight)
        coefs, intercepts = self.network.unpack(self.parameters)
        for layer in range(self.network.n_encoder_layers):
            coefs[layer][...] = self.encoder.coefs_[layer]
            intercepts[layer][...] = self.encoder.intercepts_[layer]

    def model_attributes(self, parameters: NDArray[Any]) -> dict[str, Any]:
        attributes = super().model_attributes(parameters) | {"classes_": self.classes}
        return attributes if self.resumes else attributes | {"encoder_": self.encoder}
