"""``eigencoder demo``: what autoencoders can do and where they fail, measured on data inside scikit-learn."""

from .parts import run

__all__ = ["run"]
