"""Errors of this package alone."""


class DivergenceError(ValueError):
    """The loss or a weight stopped being finite; the estimator holds the weights of the start of that epoch.

    With ``max_iter=0`` it is the loss of the initial weights, and these are what the estimator holds.
    """


class ModelFormatError(ValueError):
    """A file is no model file, is damaged, or was written by a later version; the message says which."""
