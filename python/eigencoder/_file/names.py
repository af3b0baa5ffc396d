"""The public names of the classes that a file may name: it never gives a path to import."""

from typing import Any

AUTOENCODERS = ("Autoencoder", "SparseAutoencoder", "DenoisingAutoencoder", "StackedAutoencoder")
CLASSIFIERS = ("EncoderClassifier",)
WRAPPERS = ("FrozenEstimator",)  # scikit-learn's, around the encoder of a classifier


def class_of(name: str) -> Any:
    """The class of one of these names."""
    if name in WRAPPERS:
        from sklearn.frozen import FrozenEstimator

        return FrozenEstimator
    import eigencoder

    return getattr(eigencoder, name)
