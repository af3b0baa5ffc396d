"""Autoencoders that are solved instead of trained: linear ones with squared error, in float64 and by LAPACK.

docs/formulas.md derives what is computed here; `eigencoder.reference.exact` is the same in plain NumPy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from .. import _core
from .._data.components import Deviations, leading_eigenvectors, unit_columns
from .._data.device import Matrix, require_host
from .._data.finite import check_squares
from .._data.moments import mean_and_squared_deviations
from .._data.training_data import TrainingData
from .estimators import NetworkEstimator
from .network import Network, check_memory, layers_of
from .settings import Settings, TrainingSettings
from .units import Units

Array = NDArray[np.float64]

_CAN_SOLVE = (
    "solver='exact' solves activation='identity' (input, code and output), no hidden layers, loss='squared_error' and "
    "nothing that changes code, gradient or weights (penalty, n_active, max_grad_norm, averaging); and with that "
    "either corruption=None, or corruption='masking' or 'gaussian' with alpha=0 and tied_weights=False"
)


class FitResult(NamedTuple):
    """As `_core.FitResult`."""

    status: str
    loss_curve: list[float]
    validation_loss_curve: list[float]
    best_loss: float
    rows_seen: int
    n_updates: int = 0


class Noise(NamedTuple):
    """Given x, the x~_j are independent with mean ``keep`` x_j + ``shift``_j and variance ``relative`` (x_j - fill_j)^2
    + ``absolute``.
    """

    keep: float = 1.0
    relative: float = 0.0
    absolute: float = 0.0
    fill: Array | float = 0.0

    @property
    def shift(self) -> Array | float:
        return (1 - self.keep) * self.fill

    @classmethod
    def of(cls, settings: TrainingSettings, data: TrainingData, units: Units) -> "Noise":
        p = settings.corruption_level
        if settings.corruption == "masking":
            fill = data.mean() if settings.fills_with_mean else np.full(data.x.shape[1], settings.fill)
            return cls(keep=1 - p, relative=p * (1 - p), fill=units.of_values(fill))
        if settings.corruption == "gaussian":
            return cls(absolute=p * p)
        return cls()

    def mean_variance(self, x: NDArray[Any], shares: Array, units: Units) -> Array:
        """Var[x~_j | x], averaged over the rows, (n_features,)."""
        if self.relative == 0:
            return np.full(x.shape[1], self.absolute)
        mean, squares = mean_and_squared_deviations(x, shares)
        if units.factor is not None:
            squares *= np.square(units.factor, dtype=np.float64)
        return self.relative * (squares + (units.of_values(mean) - self.fill) ** 2) + self.absolute


def check(settings: Settings) -> None:
    """Refuse what has no solution here: a ValueError that says what has."""
    solvable: dict[str, object] = {
        "hidden_layer_sizes": (),
        "code_activation": "identity",
        "output_activation": "identity",
        "loss": "squared_error",
        "penalty": None,
        "n_active": None,
        "max_grad_norm": None,
        "averaging": None,
    }
    if settings.corruption is not None:
        solvable |= {"alpha": 0.0, "tied_weights": False}
    found = [name for name, value in solvable.items() if getattr(settings, name) != value]
    if settings.corruption == "salt_and_pepper":
        found.append("corruption")
    if found:
        values = ", ".join(f"{name}={getattr(settings, name)!r}" for name in found)
        raise ValueError(f"{_CAN_SOLVE}; found {values}: change that, or use solver='adam'")


def check_covariance(n_rows: int, n_features: int, need: str, advice: str) -> None:
    """Refuse so much data that neither the products of its columns nor those of its rows fit into memory."""
    needed = 2 * 8 * min(n_rows, n_features) ** 2  # and LAPACK's copy
    data = f"{n_rows} rows of {n_features} features"
    check_memory(needed, f"{need} needs at least {needed} bytes for the covariance of {data}", advice)


def check_data(estimator: NetworkEstimator, x: NDArray[Any], x_val: Matrix | None) -> None:
    """Refuse data whose covariance does not fit into memory or into the numbers."""
    check_covariance(len(x), x.shape[1], "solver='exact'", "use solver='adam', or fewer features")
    check_squares(estimator, x, x_val)


def fit(
    network: Network,
    settings: TrainingSettings,
    data: TrainingData,
    parameters: NDArray[Any],
    *,
    on_epoch_begin: Callable[[int], bool] | None,
    on_epoch_end: Callable[[int, float, float], bool] | None,
    n_threads: int,
) -> tuple[FitResult, BaseException | None]:
    """Write the solution into ``parameters``, as one epoch; answers as `_core.fit` does."""
    result = FitResult("interrupted", [], [], np.inf, rows_seen=0)
    units = Units()  # those of x
    noise = Noise.of(settings, data, units)
    x, x_validation = (require_host(rows, "solver='exact'") for rows in (data.x, data.x_validation))
    try:
        if on_epoch_begin is not None:
            on_epoch_begin(0)
        with threadpool_limits(1, user_api="blas"):  # so that n_jobs changes no bit
            deviations = Deviations(x, data.shares, n_threads)
            variance = noise.mean_variance(x, data.shares, units)
            encoder, decoder = solve(deviations, network.n_components, settings.alpha, noise.keep, variance)
            offset = noise.keep * deviations.mean + noise.shift
            parameters[...] = network.pack([encoder, decoder], [-offset @ encoder, deviations.mean], parameters.dtype)
            coefs, _ = network.unpack(parameters)
            squared_norm = sum(float(np.square(w, dtype=np.float64).sum()) for w in coefs)
            error = expected_error(network, parameters, noise, x, data.shares, n_threads)
            loss = error + settings.alpha / 2 * squared_norm
            validation_loss_curve = (
                []
                if x_validation is None
                else [expected_error(network, parameters, noise, x_validation, data.validation_shares, n_threads)]
            )
        result = FitResult("converged", [loss], validation_loss_curve, loss, rows_seen=data.n_rows)
        if on_epoch_end is not None:
            on_epoch_end(0, loss, *(validation_loss_curve or [np.nan]))
    except BaseException as exception:
        return result, exception
    return result, None


def solve(data: Deviations, n_units: int, alpha: float, keep: float, variance: Array) -> tuple[Array, Array]:
    """Encoder, (n_features, n_units), and decoder of least expected J, under a `Noise` with these moments.

    Units beyond the rank of the data get weights 0.
    """
    n_components = min(n_units, len(data.mean))
    with threadpool_limits(1, user_api="blas"):  # so that n_jobs changes no bit
        if keep == 1 and not variance.any():
            encoder, decoder = _shrunk_components(data, n_components, alpha)
        else:
            regression = _regression_by_rows if data.is_wide else _reduced_rank_regression
            encoder, decoder = regression(data, keep, variance, n_components)
    rest = (0, n_units - encoder.shape[1])
    return np.pad(encoder, ((0, 0), rest)), np.pad(decoder, (rest, (0, 0)))


def expected_error(
    network: Network,
    parameters: NDArray[Any],
    noise: Noise,
    x: NDArray[Any],
    shares: Array,
    n_threads: int,
) -> float:
    """The weighted mean of E ||x - h(x~)||^2 = ||x - h(E x~)||^2 + sum_j Var[x~_j] ||row j of W1 W2||^2."""
    (encoder, decoder), intercepts = network.unpack(parameters)
    shift = np.broadcast_to(noise.shift, len(encoder)) @ encoder
    biases = [intercepts[0] + shift, intercepts[1]]
    of_mean = layers_of([noise.keep * encoder, decoder], biases, network.activations, (0, 0), parameters.dtype)
    encoder, decoder = encoder.astype(np.float64), decoder.astype(np.float64)
    slopes = np.einsum("jk,jk->j", encoder @ (decoder @ decoder.T), encoder)
    return float(
        shares @ _core.squared_errors(of_mean, x, n_threads) + noise.mean_variance(x, shares, Units()) @ slopes
    )


def _shrunk_components(data: Deviations, n_components: int, alpha: float) -> tuple[Array, Array]:
    """W1 = U D, W2 = W1^T, with D = sqrt(max(0, 1 - alpha / (2 variance)))."""
    variances, components = data.principal_components(n_components)
    floor = max(alpha / 2, np.finfo(np.float64).tiny)
    encoder = components * np.sqrt(1 - alpha / 2 / np.maximum(variances, floor))
    return encoder, encoder.T


def _reduced_rank_regression(data: Deviations, keep: float, variance: Array, rank: int) -> tuple[Array, Array]:
    """W1 = Q^+ P V, W2 = V^T, with the leading eigenvectors V of P^T Q^+ P; Q = cov(x~), P = cov(x~, x)."""
    covariance = data.covariance()
    variances, directions = eigh(keep**2 * covariance + np.diag(variance))
    kept = variances > len(variances) * np.finfo(np.float64).eps * variances[-1]
    whitening = directions[:, kept] / np.sqrt(variances[kept])  # Q^+ = whitening whitening^T
    regression = whitening.T @ (keep * covariance)
    _, components = leading_eigenvectors(regression.T @ regression, rank)
    return whitening @ (regression @ components), components.T


def _regression_by_rows(data: Deviations, keep: float, variance: Array, rank: int) -> tuple[Array, Array]:
    """The same from products of rows: with the covariance E E^T, the noise's variances N and M = E^T N^-1 E,

    Q^-1 E = N^-1 E (I + keep^2 M)^-1 (Woodbury's identity), and so P^T Q^-1 P = E keep^2 M (I + keep^2 M)^-1 E^T.
    A column without noise is one of zeros, which has no part in it.
    """
    columns = data.transposed()
    inverse = np.divide(1, variance, out=np.zeros_like(variance), where=variance > 0)
    signals, directions = eigh(data.gram(columns, inverse))
    signals = keep**2 * np.maximum(signals, 0)
    root = directions * np.sqrt(signals / (1 + signals))
    variances, coordinates = leading_eigenvectors(root.T @ data.gram(columns) @ root, min(rank, len(root)))
    components = unit_columns(columns @ (root @ coordinates), variances)
    in_directions = directions.T @ (columns.T @ components) / (1 + signals)[:, np.newaxis]
    return inverse[:, np.newaxis] * (columns @ (keep * directions @ in_directions)), components.T
