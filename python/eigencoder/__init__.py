"""Autoencoders at native speed, as scikit-learn estimators."""

from ._config import show_config
from ._core import __version__
from ._gradients import GradientReport, check_gradients, loss_and_gradients
from .autoencoder import Autoencoder
from .classifier import EncoderClassifier
from .denoising import DenoisingAutoencoder
from .exceptions import DivergenceError
from .sparse import SparseAutoencoder
from .stacked import StackedAutoencoder

__all__ = [
    "Autoencoder",
    "DenoisingAutoencoder",
    "DivergenceError",
    "EncoderClassifier",
    "GradientReport",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "__version__",
    "check_gradients",
    "loss_and_gradients",
    "show_config",
]
