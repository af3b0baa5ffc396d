"""Errors that only a training can meet."""


class DivergenceError(ValueError):
    """The loss or a weight stopped being finite; the estimator holds the weights of the start of that epoch."""
