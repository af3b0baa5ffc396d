"""n_components as a share of variance: the search for the smallest code that explains it."""

import warnings
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches

from .. import _core
from .._data.components import Deviations
from .._data.device import Matrix, require_host
from .._data.finite import check_squares
from .._data.moments import mean_and_squared_deviation
from .._data.score import explained
from .._data.training_data import count_validation_rows
from . import exact, start
from .callbacks import Reporter
from .estimators import AutoencoderEstimator
from .network import Layer, Network, layers_of
from .optimizer_state import OptimizerState
from .settings import Settings
from .training import FitResult, Training

Weights: TypeAlias = tuple[list[NDArray[Any]], list[NDArray[Any]]]  # and biases, of each layer


class _Trained(NamedTuple):
    """What the training of one size leaves."""

    network: Network
    parameters: NDArray[Any]
    scales: NDArray[Any] | None
    optimizer_state: OptimizerState
    result: FitResult


class Bracket:
    """Which size to try next, given what those before have explained.

    While none has explained enough the code grows. Then it shrinks, between the smallest size that explained enough and
    the largest that did not. What was missed while growing is tried again: by then the network has trained for longer.
    """

    def __init__(self, n_features: int) -> None:
        self.n_features = n_features
        self.smallest_found: int | None = None
        self.largest_missed = 0
        self._was_enough: bool | None = None
        self._factor = 1

    def next_size(self, size: int, is_enough: bool, guess: int) -> int | None:
        """The size to try after this one, or None at the end.

        The way to the guess is doubled each time in a row that it falls short, and ends at the middle at the latest.
        """
        self._factor = 2 * self._factor if is_enough == self._was_enough else 1
        self._was_enough = is_enough
        distance = self._factor * max(size - guess if is_enough else guess - size, 1)
        if is_enough:
            self.smallest_found = size
        elif self.smallest_found is None:
            return min(size + distance, self.n_features) if size < self.n_features else None
        else:
            self.largest_missed = size
        middle = (self.largest_missed + self.smallest_found) // 2
        if middle == self.largest_missed:
            return None
        return max(size - distance, middle) if is_enough else min(size + distance, middle)


def _copy_kept(source: Weights, kept: NDArray[np.int64], code_layer: int, target: Weights) -> None:
    """Copy weights and biases to a network of another code, whose first units are those kept."""
    for layer, (w, b, new_w, new_b) in enumerate(zip(*source, *target, strict=True)):
        if layer == code_layer:
            w, b = w[:, kept], b[kept]
        elif layer == code_layer + 1:
            w = w[kept]
        new_w[: w.shape[0], : w.shape[1]] = w
        new_b[: len(b)] = b


class SizeSearch(Training):
    """Trains one size after the other, each from the weights of another, and keeps the smallest that explains enough.

    The first size is that of PCA.
    """

    settings: Settings
    estimator: AutoencoderEstimator

    @property
    def share(self) -> float:
        return float(self.settings.n_components)

    @property
    def n_epochs(self) -> int | None:
        return None

    def make_network(self, n_features: int) -> Network:
        """That of the last fit, or the smallest until the data tell where to begin."""
        return self.settings.sized(self.estimator.n_components_ if self.resumes else 1).network(n_features)

    def count_held_out(self, x: Matrix, x_val: Matrix | None) -> int:
        need = f"n_components={self.share:g}"
        for array in (x, x_val):
            require_host(array, need)
        exact.check_covariance(len(x), x.shape[1], need, "give the number of units")
        n_split = 0 if x_val is not None else count_validation_rows(len(x), self.settings.validation_fraction)
        n_rows = n_split if x_val is None else len(x_val)
        if n_rows < 2:
            raise ValueError(
                f"n_components={self.share:g} is a share of the variance of held-out rows and needs two of them, found "
                f"{n_rows}: give more rows, a larger validation_fraction, or X_val"
            )
        return n_split

    def begin(self) -> None:
        check_squares(self.estimator, self._x, self._held_out)
        _, self.deviation = mean_and_squared_deviation(self._held_out, self.data.validation_shares)
        self.pca_scores = self._score_pca()
        self.scores: dict[int, float] = {}
        if not self.resumes:
            self.network = self._network_of(self._pca_size(self.share))
        super().begin()

    def run(self, reporter: Reporter) -> tuple[FitResult, BaseException | None]:
        bracket = Bracket(len(self.pca_scores))
        found: _Trained | None = None
        while True:
            result, exception = super().run(reporter)
            if exception is not None or result.status not in ("converged", "max_iter"):
                return result, exception
            try:
                size, score = self.network.n_components, self._score()
                self.scores[size] = score
                if self.settings.verbose:
                    print(f"{size} code units: score {score:.6g} on held-out rows", flush=True)
                is_enough = score >= self.share
                if is_enough:
                    found = _Trained(self.network, self.parameters, self.scales, self.optimizer_state, result)
                if found is not None:
                    self.network, self.parameters, self.scales, self.optimizer_state, result = found
                if self.max_iter == 0:
                    return result, None
                next_size = bracket.next_size(size, is_enough, self._guess(size, score))
                if next_size is None:
                    if found is None:
                        self._warn()
                    return result, None
                self._resize(next_size)
            except BaseException as interruption:
                return result, interruption

    def store(self, result: FitResult) -> None:
        super().store(result)
        sizes = np.array(sorted(self.scores), np.int64)
        self.estimator.size_curve_ = {
            "n_components": sizes,
            "score": np.array([self.scores[size] for size in sizes]),
            "pca_score": self.pca_scores[np.minimum(sizes, len(self.pca_scores)) - 1],
        }

    @property
    def _x(self) -> NDArray[Any]:
        assert isinstance(self.data.x, np.ndarray)
        return self.data.x

    @property
    def _held_out(self) -> NDArray[Any]:
        assert isinstance(self.data.x_validation, np.ndarray)
        return self.data.x_validation

    def _network_of(self, n_components: int) -> Network:
        network = self.settings.sized(n_components).network(self.data.x.shape[1])
        self.check_memory(network, self.data.x)
        return network

    def _layers(self) -> list[Layer]:
        weights = self.network.unpack(self.units.fold(self.network, self.trained))
        return layers_of(*weights, self.network.activations, self.network.n_active_outputs, self.trained.dtype)

    def _score(self) -> float:
        errors = _core.squared_errors(self._layers(), self._held_out, self.n_threads, self.device)
        shares = self.data.validation_shares
        rows = np.flatnonzero(shares)
        return explained(float(np.sum(shares[rows] * errors[rows])), self.deviation)

    def _score_pca(self) -> NDArray[np.float64]:
        """The score on held-out rows of PCA of the rows that train, with 1, 2, ... components."""
        trained = Deviations(self._x, self.data.shares, self.n_threads)
        held_out = Deviations(self._held_out, self.data.validation_shares, self.n_threads, mean=trained.mean)
        captured = trained.captured(held_out)
        if len(captured) == 0:  # the rows that train are equal, and PCA has nothing beside their mean
            captured = np.zeros(1)
        errors = held_out.sum_of_squares() - np.cumsum(captured)
        return np.array([explained(error, self.deviation) for error in errors])

    def _pca_size(self, share: float) -> int:
        """The fewest components with which PCA explains the share, or all."""
        return min(int(np.searchsorted(self.pca_scores, share)) + 1, len(self.pca_scores))

    def _guess(self, size: int, score: float) -> int:
        """The size that would be enough if the code stayed as many times smaller than PCA's, or larger, as it is."""
        return round(size * self._pca_size(self.share) / self._pca_size(score))

    def _resize(self, n_components: int) -> None:
        """Change the number of code units. Those that the decoder's first layer would miss least go, new ones come."""
        code_layer, network = self.network.code_layer, self._network_of(n_components)
        weights, biases = self.network.unpack(self.trained)
        mean, variance = self._code_moments()
        by_effect = np.argsort(-variance * np.square(weights[code_layer + 1]).sum(axis=1), kind="stable")
        kept, dropped = np.sort(by_effect[:n_components]), by_effect[n_components:]
        parameters = np.empty(network.n_parameters, self.parameters.dtype)
        _core.initialise(network.config, self.seed, parameters)
        reading = weights[code_layer + 1]
        biases[code_layer + 1] = biases[code_layer + 1] + np.einsum("j,jk->k", mean[dropped], reading[dropped])
        _copy_kept((weights, biases), kept, code_layer, network.unpack(parameters))
        scales = self.scales
        if scales is not None:
            resized = np.ones_like(scales, shape=network.n_parameters)
            _copy_kept(self.network.unpack(scales), kept, code_layer, network.unpack(resized))
            scales = resized
        self.network = network
        self._begin_from(parameters, scales)
        if start.is_pca(self.settings, self.data.x):
            loss = self.loss(self.data, parameters)
            self.parameters = np.empty_like(parameters)
            self.initialise()
            self.begin_optimizer()
            if loss < self.loss(self.data, self.parameters):
                self._begin_from(parameters, scales)

    def _begin_from(self, parameters: NDArray[Any], scales: NDArray[Any] | None) -> None:
        self.parameters, self.scales = parameters, scales
        self.begin_optimizer()

    def _code_moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and variance of each code unit over the rows that train."""
        x, shares, encoder = self._x, self.data.shares, self._layers()[: self.network.code_layer + 1]
        moments = np.zeros((2, self.network.n_components))
        for rows in gen_batches(len(x), 1024):
            codes = _core.forward(encoder, x[rows], self.n_threads, self.device).astype(np.float64)
            moments += np.einsum("i,pij->pj", shares[rows], np.stack([codes, codes**2]))
        return moments[0], moments[1] - moments[0] ** 2

    def _warn(self) -> None:
        size = max(self.scores, key=lambda size: self.scores[size])
        warnings.warn(
            f"no code of up to {len(self.pca_scores)} units, as many as there are features or rows that train, "
            f"explains {self.share:g} of the variance of the held-out rows: {size} units explain the most, "
            f"{self.scores[size]:.3g}. Lower n_components, or train for longer; the estimator holds the largest code",
            ConvergenceWarning,
            stacklevel=2,
        )
