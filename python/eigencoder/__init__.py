"""Autoencoders at native speed, as scikit-learn estimators."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._core import __version__
from ._training import threads as _threads

if TYPE_CHECKING:
    from .autoencoder import Autoencoder
    from .classifier import EncoderClassifier
    from .config import show_config
    from .denoising import DenoisingAutoencoder
    from .encoder import Encoder
    from .exceptions import DivergenceError, ModelFormatError
    from .gradients import GradientReport, check_gradients, loss_and_gradients
    from .model_file import load_model
    from .sparse import SparseAutoencoder
    from .stacked import StackedAutoencoder

__all__ = [
    "Autoencoder",
    "DenoisingAutoencoder",
    "DivergenceError",
    "Encoder",
    "EncoderClassifier",
    "GradientReport",
    "ModelFormatError",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "__version__",
    "check_gradients",
    "load_model",
    "loss_and_gradients",
    "show_config",
]

_MODULES = {
    "Autoencoder": "autoencoder",
    "DenoisingAutoencoder": "denoising",
    "DivergenceError": "exceptions",
    "Encoder": "encoder",
    "EncoderClassifier": "classifier",
    "GradientReport": "gradients",
    "ModelFormatError": "exceptions",
    "SparseAutoencoder": "sparse",
    "StackedAutoencoder": "stacked",
    "check_gradients": "gradients",
    "export": "export",
    "load_model": "model_file",
    "loss_and_gradients": "gradients",
    "reference": "reference",
    "show_config": "config",
}

_threads.obey_threadpoolctl()  # now, for its limits to reach what is imported inside them


def __getattr__(name: str) -> Any:
    """A public name is imported when it is first used: scikit-learn and SciPy take a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_MODULES[name]}", __name__)
    value = globals()[name] = module if name == _MODULES[name] else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
