"""A training: what it needs of estimator and data, validated; a call of the core; what the estimator gets of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import _core
from .._data.arrays import (
    Labels,
    Weights,
    check_features,
    check_sample_weight,
    check_validation_data,
)
from .._data.device import Matrix, device_of, require_host
from .._data.finite import check_squares
from .._data.training_data import TrainingData, check_extremes, count_validation_rows
from . import exact, optimizer_state, start
from .callbacks import Reporter
from .columns import Columns
from .estimators import NetworkEstimator
from .network import Network
from .seed import Draw
from .settings import AutoencoderSettings, Settings, TrainingSettings
from .threads import n_threads
from .units import Units

FitResult: TypeAlias = _core.FitResult | exact.FitResult


class Training:
    """Validated on construction; until ``store`` the estimator keeps its state.

    A training that resumes starts from the estimator's weights. An incremental one makes a single pass, and when it
    resumes it also goes on with the optimizer's state, the row numbers and the column extremes.
    """

    settings: TrainingSettings
    estimator: NetworkEstimator
    scales: NDArray[Any] | None = None

    def __init__(
        self,
        estimator: NetworkEstimator,
        X: ArrayLike,
        y: object,
        *,
        sample_weight: ArrayLike | None,
        X_val: ArrayLike | None,
        y_val: object,
        classes: object,
        incremental: bool,
    ) -> None:
        settings = estimator._settings()
        if isinstance(settings, Settings) and settings.solver == "exact":
            exact.check(settings)
            settings = replace(settings, init="glorot", max_iter=1, early_stopping=False, warm_start=False)
        if isinstance(settings, Settings):
            start.check(settings)
        self.settings = settings
        self.device = settings.training_device
        if incremental:
            settings.check_incremental()
        self.estimator = estimator
        self.incremental = incremental
        self.max_iter = 1 if incremental else settings.max_iter
        self.resumes = hasattr(estimator, "coefs_") and (incremental or settings.warm_start)
        self.n_iter_before = estimator.n_iter_ if self.resumes else 0

        x = self.check_rows(X)
        self.device = device_of(x, self.device)
        x_val = None if X_val is None else check_validation_data(estimator, X_val, x.dtype, self.device)
        self.device = device_of(x_val, self.device)
        settings.check_data(x, "X")
        if x_val is not None:
            settings.check_data(x_val, "X_val")
        self.sample_weight = sample_weight
        weights = check_sample_weight(sample_weight, len(x))
        labels, validation_labels = self.check_labels(x, y, x_val, y_val, classes)
        weights = self.weigh(weights, labels)
        self.n_threads = n_threads(settings.n_jobs)
        self.network = self.make_network(x.shape[1])
        self.check_memory(self.network, x)
        if settings.solver == "exact":
            exact.check_data(estimator, require_host(x, "solver='exact'"), x_val)
        self.objective, self.optimizer = settings.objective(), settings.optimizer()
        self.schedule = settings.schedule(max_iter=self.max_iter, first_epoch=0 if incremental else self.n_iter_before)
        _core.check(self.network.config, self.objective)
        _core.engine(self.device)  # raises where there is none

        self.packed = self._packed(x.dtype)
        n_validation = self.count_held_out(x, x_val)
        if settings.corruption == "salt_and_pepper":
            check_extremes(x, weights, n_validation)

        self.draw = Draw(settings.random_state, estimator._seed if self.resumes else None)
        self.seed = self.draw.key
        with self.draw.undone_on_error():
            self.data = (
                TrainingData.split(x, weights, labels, n_validation, self.seed)
                if n_validation > 0
                else TrainingData(
                    x, weights=weights, x_validation=x_val, labels=labels, validation_labels=validation_labels
                )
            )
            self.columns = self._columns()

    def check_rows(self, X: ArrayLike) -> Matrix:
        """X as the core takes it, with the features that the estimator has or is to have."""
        dtype = self.estimator._dtype if self.resumes else None
        return check_features(self.estimator, X, reset=not self.resumes, dtype=dtype, device=self.device)

    def check_labels(
        self, x: Matrix, y: object, x_val: Matrix | None, y_val: object, classes: object
    ) -> tuple[Labels | None, Labels | None]:
        """The classes of the rows, and of those that validate, by number; None where y is ignored."""
        return None, None

    def weigh(self, weights: Weights | None, labels: Labels | None) -> Weights | None:
        """What the rows weigh in all, given their own weights."""
        return weights

    def make_network(self, n_features: int) -> Network:
        """The network to train."""
        assert isinstance(self.settings, AutoencoderSettings)
        return self.settings.network(n_features)

    def check_memory(self, network: Network, x: Matrix) -> None:
        """Refuse a network whose training does not fit into memory."""
        n_batch = min(self.settings.batch_size, len(x))
        network.check_memory(x.dtype.itemsize, self.settings.n_arrays, n_batch)

    def count_held_out(self, x: Matrix, x_val: Matrix | None) -> int:
        """How many rows of x are set apart."""
        if x_val is not None or not self.settings.early_stopping:
            return 0
        return count_validation_rows(len(x), self.settings.validation_fraction)

    @property
    def goes_on(self) -> bool:
        """Whether other blocks went before."""
        return self.resumes and self.incremental

    @property
    def units(self) -> Units:
        """Those of the columns."""
        return self.columns.units

    @property
    def n_epochs(self) -> int | None:
        """The largest number of epochs of the whole call, where it is known before."""
        return self.max_iter

    def begin(self) -> None:
        """Set what training starts from."""
        if self.packed is None:
            self.parameters = np.empty(self.network.n_parameters, self.data.x.dtype)
            self.initialise()
        else:
            self.parameters = self.units.unfold(self.network, self.packed)
            kept = self.estimator._scales
            self.scales = kept if kept is not None and len(kept) == len(self.parameters) else None
        self.begin_optimizer()

    def begin_optimizer(self) -> None:
        """Set the state that the optimizer starts from: that of the last block, where there is one."""
        keeps_units = self.goes_on and self.units is self.estimator._columns.units
        self.optimizer_state, self.parameters = optimizer_state.begin(
            self.estimator._optimizer_state if keeps_units else None,
            self.settings,
            self.network,
            self.parameters,
            packed=self.packed if self.goes_on else None,
        )

    def initialise(self) -> None:
        """Set the initial weights and their scales."""
        if isinstance(self.settings, Settings):
            self.scales = start.initialise(
                self.units.in_training(self.network),
                self.settings,
                self.data,
                self.units,
                self.parameters,
                self.seed,
                self.n_threads,
            )
        else:
            _core.initialise(self.network.config, self.seed, self.parameters)

    def _packed(self, dtype: DTypeLike) -> NDArray[Any] | None:
        """The estimator's weights, where training resumes."""
        if not self.resumes:
            return None
        return self.network.pack(self.estimator.coefs_, self.estimator.intercepts_, dtype)

    def _columns(self) -> Columns:
        settings, data = self.settings, self.data
        of_pca = isinstance(settings, Settings) and start.is_pca(settings, data)
        takes_squares = settings.scale is not None or (of_pca and not self.resumes)
        if takes_squares and settings.solver != "exact":
            check_squares(self.estimator, data.x, None)
        return Columns.of(
            settings,
            data,
            self.network,
            sigmoid_as_tanh=self.trains_as_tanh(),
            before=self.estimator._columns if self.goes_on else None,
        )

    def trains_as_tanh(self) -> bool:
        """Whether a sigmoid is trained as the tanh that it is."""
        return isinstance(self.settings, Settings) and start.trains_as_tanh(self.settings, self.data)

    def run(self, reporter: Reporter) -> tuple[FitResult, BaseException | None]:
        if self.settings.solver == "exact":
            return exact.fit(
                self.network,
                self.settings,
                self.data,
                self.parameters,
                on_epoch_begin=reporter.on_epoch_begin,
                on_epoch_end=reporter.on_epoch_end,
                n_threads=self.n_threads,
            )
        return self._fit(self.schedule, reporter.on_epoch_begin, reporter.on_epoch_end)

    def initial_loss(self) -> float:
        """J of the rows that train, in the units of training, before any epoch."""
        result, exception = self._fit(self.settings.schedule(max_iter=0, first_epoch=0), None, None)
        if exception is not None:
            raise exception
        return result.best_loss

    def _fit(
        self,
        schedule: _core.ScheduleConfig,
        on_epoch_begin: Callable[[int], bool] | None,
        on_epoch_end: Callable[[int, float, float], bool] | None,
    ) -> tuple[_core.FitResult, BaseException | None]:
        return _core.fit(
            self.units.in_training(self.network).config,
            self.objective,
            self.optimizer,
            schedule,
            seed=self.seed,
            x=self.data.x,
            rows=self.data.rows,
            weights=self.data.weights,
            labels=self.data.labels,
            **self.columns.core_arguments(self.settings, self.data, self.network),
            first_row=self.estimator.t_ if self.goes_on else 0,
            x_validation=self.data.x_validation,
            validation_rows=self.data.validation_rows,
            validation_weights=self.data.validation_weights,
            validation_labels=self.data.validation_labels,
            parameters=self.parameters,
            first_moment=self.optimizer_state.first_moment,
            second_moment=self.optimizer_state.second_moment,
            average=self.optimizer_state.average,
            scales=self.scales,
            mean_activity=self.optimizer_state.mean_activity,
            n_updates=self.optimizer_state.n_updates,
            n_warmup_updates=self.optimizer_state.n_warmup_updates,
            on_epoch_begin=on_epoch_begin,
            on_epoch_end=on_epoch_end,
            n_threads=self.n_threads,
            device=self.device,
        )

    @property
    def trained(self) -> NDArray[Any]:
        """The parameters that the estimator is to have."""
        return self.parameters if self.optimizer_state.average is None else self.optimizer_state.average

    def model_attributes(self, parameters: NDArray[Any]) -> dict[str, Any]:
        """The attributes that transform reads."""
        coefs, intercepts = self.network.unpack(self.units.fold(self.network, parameters))
        return {
            "coefs_": coefs,
            "intercepts_": intercepts,
            "_activations": self.network.activations,
            "_layer_sizes": self.network.layer_sizes,
            "_n_active": self.network.n_active_outputs,
            "_dtype": parameters.dtype.name,
        }

    def store(self, result: FitResult) -> None:
        estimator = self.estimator
        if not self.resumes:
            estimator.loss_curve_, estimator.validation_loss_curve_, estimator.t_ = [], [], 0
            estimator.__dict__.pop("size_curve_", None)
        for name, value in self.model_attributes(self.trained).items():
            setattr(estimator, name, value)
        factor = self.units.loss_factor(self.network)
        estimator.loss_curve_ = [*estimator.loss_curve_, *(factor * loss for loss in result.loss_curve)]
        estimator.validation_loss_curve_ = [
            *estimator.validation_loss_curve_,
            *(factor * loss for loss in result.validation_loss_curve),
        ]
        estimator.best_loss_ = factor * result.best_loss
        estimator.loss_ = estimator.loss_curve_[-1] if estimator.loss_curve_ else estimator.best_loss_
        estimator.n_iter_ = len(estimator.loss_curve_)
        estimator.t_ += result.rows_seen
        estimator._seed = self.seed
        estimator._columns = self.columns
        estimator._scales = self.scales
        estimator._optimizer_state = None
        is_packed = self.units.are_of_x and self.optimizer_state.average is None
        dtype = self.parameters.dtype
        packed = None if is_packed else self.network.pack(estimator.coefs_, estimator.intercepts_, dtype)
        has_moments = result.n_updates > 0 or not self.resumes
        if has_moments and result.status != "diverged" and self.settings.solver not in ("lbfgs", "exact"):
            estimator._optimizer_state = self.optimizer_state.kept(self.parameters, packed, result.n_updates)
