"""The formulas: each takes arrays of any shape and works entry by entry, in float64. csrc/math holds the same ones.

To add an activation or a loss, write its class here and append it to its registry; the registries run in the order of
csrc/include/eigencoder/config.h.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np

from .config import Array


class Activation(ABC):
    """An activation a = f(z), and its derivatives f'(z) and f''(z) written in terms of the output a.

    ``relu_like`` activations pass about half of their input; their initial weights are larger (see random.py).
    """

    relu_like: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def value(z: Array) -> Array: ...

    @staticmethod
    @abstractmethod
    def derivative(a: Array) -> Array: ...

    @staticmethod
    def second_derivative(a: Array) -> Array:
        """0, but where an activation says otherwise."""
        return np.zeros_like(a)


class Identity(Activation):
    """f(z) = z, f' = 1."""

    @staticmethod
    def value(z: Array) -> Array:
        return z

    @staticmethod
    def derivative(a: Array) -> Array:
        return np.ones_like(a)


class Sigmoid(Activation):
    """f(z) = 1 / (1 + exp(-z)), f' = a (1 - a), f'' = a (1 - a) (1 - 2 a); written so that no exponential overflows."""

    @staticmethod
    def value(z: Array) -> Array:
        return np.asarray(np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z))))

    @staticmethod
    def derivative(a: Array) -> Array:
        return a * (1 - a)

    @staticmethod
    def second_derivative(a: Array) -> Array:
        return a * (1 - a) * (1 - 2 * a)


class Tanh(Activation):
    """f(z) = tanh(z), f' = 1 - a^2, f'' = -2 a (1 - a^2)."""

    @staticmethod
    def value(z: Array) -> Array:
        return np.asarray(np.tanh(z))

    @staticmethod
    def derivative(a: Array) -> Array:
        return 1 - a * a

    @staticmethod
    def second_derivative(a: Array) -> Array:
        return -2 * a * (1 - a * a)


class Relu(Activation):
    """f(z) = max(z, 0), f' = 1 where a > 0, else 0."""

    relu_like = True

    @staticmethod
    def value(z: Array) -> Array:
        return np.maximum(z, 0)

    @staticmethod
    def derivative(a: Array) -> Array:
        return (a > 0).astype(np.float64)


class LeakyRelu(Activation):
    """f(z) = z where z > 0, else 0.01 z; f' = 1 where a > 0, else 0.01 (Maas et al. 2013)."""

    relu_like = True
    slope = 0.01

    @staticmethod
    def value(z: Array) -> Array:
        return np.maximum(z, 0) + LeakyRelu.slope * np.minimum(z, 0)

    @staticmethod
    def derivative(a: Array) -> Array:
        return LeakyRelu.slope + (1 - LeakyRelu.slope) * Relu.derivative(a)


class Elu(Activation):
    """f(z) = z where z > 0, else exp(z) - 1; f' = 1 where a > 0, else f' = f'' = a + 1 (Clevert et al. 2016)."""

    relu_like = True

    @staticmethod
    def value(z: Array) -> Array:
        return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))

    @staticmethod
    def derivative(a: Array) -> Array:
        return np.minimum(a, 0) + 1

    @staticmethod
    def second_derivative(a: Array) -> Array:
        return np.where(a > 0, 0.0, a + 1)


class Softplus(Activation):
    """f(z) = log(1 + exp(z)), f' = 1 - exp(-a), f'' = exp(-a) f'; written so that no exponential overflows."""

    relu_like = True

    @staticmethod
    def value(z: Array) -> Array:
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    @staticmethod
    def derivative(a: Array) -> Array:
        return -np.expm1(-a)

    @staticmethod
    def second_derivative(a: Array) -> Array:
        return -np.exp(-a) * np.expm1(-a)


ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "softplus": Softplus,
}


class Loss(ABC):
    """A loss of one entry, l(x, output), and its delta, dl/doutput.

    The output is h = f(z); with ``from_logits`` it is the last layer's z, since the formula would overflow on h. The
    last layer's activation must then be ``output_activation``.
    """

    from_logits: ClassVar[bool] = False
    output_activation: ClassVar[str] = ""

    @staticmethod
    @abstractmethod
    def value(x: Array, output: Array) -> Array: ...

    @staticmethod
    @abstractmethod
    def of_constant(x: Array, shares: Array) -> float:
        """The loss of x, (n, d), if the best answer were given to every row; the shares of the rows, (n,), sum to 1."""

    @staticmethod
    @abstractmethod
    def delta(x: Array, output: Array) -> Array: ...


def entropy(shares: Array) -> float:
    """- sum p log p, with 0 log 0 = 0."""
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())


class SquaredError(Loss):
    """l = (x - h)^2, without a factor 1/2; dl/dh = 2 (h - x)."""

    @staticmethod
    def of_constant(x: Array, shares: Array) -> float:
        mean = shares @ x
        return float((shares @ x**2 - mean**2).sum())

    @staticmethod
    def value(x: Array, output: Array) -> Array:
        return (x - output) ** 2

    @staticmethod
    def delta(x: Array, output: Array) -> Array:
        return 2 * (output - x)


class BinaryCrossentropy(Loss):
    """l = -x log h - (1 - x) log(1 - h) with h = sigmoid(z): l = softplus(z) - x z, and dl/dz = sigmoid(z) - x."""

    from_logits = True
    output_activation = "sigmoid"

    @staticmethod
    def of_constant(x: Array, shares: Array) -> float:
        mean = shares @ x
        return entropy(mean) + entropy(1 - mean)

    @staticmethod
    def value(x: Array, output: Array) -> Array:
        return Softplus.value(output) - x * output

    @staticmethod
    def delta(x: Array, output: Array) -> Array:
        return Sigmoid.value(output) - x


class SoftmaxCrossentropy(Loss):
    """l = -x log p with p = exp(z) / sum_k exp(z_k), x being 1 in the column of the row's class; dl/dz = p - x.

    The rows of x and output are samples, their columns the classes.
    """

    from_logits = True
    output_activation = "identity"

    @staticmethod
    def of_constant(x: Array, shares: Array) -> float:
        return entropy(shares @ x)

    @staticmethod
    def _log_sum(z: Array) -> Array:
        """log sum_k exp(z_k), (n, 1), written so that no exponential overflows."""
        largest = z.max(axis=1, keepdims=True)
        return np.asarray(largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True)))

    @staticmethod
    def value(x: Array, output: Array) -> Array:
        return x * (SoftmaxCrossentropy._log_sum(output) - output)

    @staticmethod
    def delta(x: Array, output: Array) -> Array:
        return np.asarray(np.exp(output - SoftmaxCrossentropy._log_sum(output)) - x)


LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "binary_crossentropy": BinaryCrossentropy,
    "softmax_crossentropy": SoftmaxCrossentropy,
}


class Activity(NamedTuple):
    """From a code unit's activation, or its mean, to an activity in [0, 1]: slope a + offset."""

    slope: float
    offset: float

    def __call__(self, a: Array) -> Array:
        return self.slope * a + self.offset


ACTIVITIES = {"sigmoid": Activity(1.0, 0.0), "tanh": Activity(0.5, 0.5)}


class KlDivergence:
    """KL(rho || rho^) = rho log(rho / rho^) + (1 - rho) log((1 - rho) / (1 - rho^)) of a unit's mean activity rho^.

    Its derivative by rho^ is -rho / rho^ + (1 - rho) / (1 - rho^). rho^ is clipped to [clip, 1 - clip], and the
    derivative is the one at the clipped value (sparse autoencoder: Ng, CS294A lecture notes, 2011).
    """

    clip = 1e-6

    @staticmethod
    def clipped(mean: Array) -> Array:
        return np.clip(mean, KlDivergence.clip, 1 - KlDivergence.clip)

    @staticmethod
    def value(rho: float, mean: Array) -> Array:
        rho_hat = KlDivergence.clipped(mean)
        return rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))

    @staticmethod
    def derivative(rho: float, mean: Array) -> Array:
        rho_hat = KlDivergence.clipped(mean)
        return -rho / rho_hat + (1 - rho) / (1 - rho_hat)


class L1:
    """mean_i |a_ij| ||W_j:|| of unit j, with the weights W_j: of the layer that reads the code.

    Without the norm a smaller code with larger weights behind it would be the same code at a lower price. The
    derivative by W_j: is mean_i |a_ij| W_j: / ||W_j:||, but 0 where the norm is below ``least_norm``.
    """

    least_norm = 1e-30

    @staticmethod
    def value(mean_magnitude: Array, norm: Array) -> Array:
        return mean_magnitude * norm

    @staticmethod
    def derivative_by_weights(mean_magnitude: Array, weights: Array, norm: Array) -> Array:
        factors = np.where(norm < L1.least_norm, 0.0, mean_magnitude / np.maximum(norm, L1.least_norm))
        return factors[:, np.newaxis] * weights


class Contractive:
    """The squared norm of a layer's Jacobian (Rifai et al. 2011): unit j has mean_i f'(z_ij)^2 ||W_:j||^2 of it."""

    @staticmethod
    def value(mean_squared_slope: Array, squared_norm: Array) -> Array:
        return mean_squared_slope * squared_norm
