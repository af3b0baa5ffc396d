"""A training: what it needs of estimator and data, validated; a call of the core; what the estimator gets of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.utils import gen_batches

from .. import _core
from .._core import DeviceArray
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
from . import cycles, effort, exact, optimizer_state, start
from .callbacks import Reporter
from .columns import Columns
from .estimators import NetworkEstimator
from .network import Network, layers_of
from .seed import Draw
from .settings import AutoencoderSettings, Settings, TrainingSettings
from .threads import n_threads
from .units import Units

_BLOCK_ROWS = 1024

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
        if incremental:
            settings.check_incremental()
        self.settings = settings
        self.device = settings.training_device
        self.estimator = estimator
        self.incremental = incremental
        self.resumes = hasattr(estimator, "coefs_") and (incremental or settings.warm_start)
        self.n_iter_before = estimator.n_iter_ if self.resumes else 0

        x = self.check_rows(X)
        self.device = device_of(x, self.device)
        x_val = None if X_val is None else check_validation_data(estimator, X_val, x.dtype, self.device)
        self.device = device_of(x_val, self.device)
        settings.check_data(x, "X")
        if isinstance(settings, Settings):
            start.check_data(settings, x)
        if x_val is not None:
            settings.check_data(x_val, "X_val")
        self.sample_weight = sample_weight
        weights = check_sample_weight(sample_weight, len(x))
        labels, validation_labels = self.check_labels(x, y, x_val, y_val, classes)
        weights = self.weigh(weights, labels)
        self.n_threads = n_threads(settings.n_jobs)
        self.network = self.make_network(x.shape[1])
        self._resolve(x, len(x) if weights is None else int(np.count_nonzero(weights)))
        settings = self.settings
        self.check_memory(self.network, x)
        if settings.solver == "exact":
            exact.check_data(estimator, require_host(x, "solver='exact'"), x_val)
        self.objective, self.optimizer = settings.objective(), settings.optimizer()
        self.schedule = settings.schedule(max_iter=self.max_iter, first_epoch=0 if incremental else self.n_iter_before)
        _core.check(self.network.config, self.objective)
        if self.device == "auto":  # once for all calls of this fit
            self.device = "cpu" if _core.cuda_status() else "cuda"
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
        if self.start_is_optimum:
            return min(1, self.max_iter)
        return sum(self.cycle_lengths(len(self.data.weighed_rows), 1)) if self.by_need else self.max_iter

    @property
    def starts_well(self) -> bool:
        """Whether the start is worth to be kept."""
        return self.start_of(self.data.x) == "good"

    def cycle_lengths(self, n_rows: int, n_networks: int) -> tuple[int, ...]:
        """The epochs of each cycle, where so many networks are trained by so many rows each."""
        origin, batch_size = self.start_of(self.data.x), self.settings.batch_size
        return effort.cycle_lengths(origin, self.given_max_iter, batch_size, self.network, n_rows, n_networks)

    def start_of(self, x: Matrix) -> effort.Start:
        """From what it trains."""
        settings = self.settings
        if isinstance(settings, AutoencoderSettings) and settings.penalty == "kl":
            return "kl" if len(self.network.activations) == 2 else "deep kl"
        is_pca = isinstance(settings, Settings) and start.is_pca(settings, x)
        return "good" if is_pca or self.resumes else "random"

    def _resolve(self, x: Matrix, n_rows: int) -> None:
        """Put plain values in the place of "auto"."""
        given = self.settings
        self.by_need = effort.is_by_need(given) and not self.incremental
        is_optimum = isinstance(given, Settings) and start.is_optimum(given, x)
        self.start_is_optimum = is_optimum and self.by_need and effort.reads_nothing(given) and not self.resumes
        self.given_max_iter = None if isinstance(given.max_iter, str) else given.max_iter
        start_of_x = self.start_of(x) if self.by_need else None
        self.settings = effort.plain(given, x.shape[1], start=start_of_x, n_rows=n_rows)
        self.max_iter = 1 if self.incremental else self.settings.max_iter

    @property
    def tol(self) -> float:
        """What a cycle must gain of the loss for a longer one to follow."""
        return self.settings.tol

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
        self.parameters[...], self.scales = self.initial(self.data)

    def initial(self, data: TrainingData) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """The initial weights that these rows give, and their scales."""
        parameters = np.empty_like(self.parameters)
        if isinstance(self.settings, Settings):
            network = self.units.in_training(self.network)
            scales = start.initialise(network, self.settings, data, self.units, parameters, self.seed, self.n_threads)
            return parameters, scales
        _core.initialise(self.network.config, self.seed, parameters)
        return parameters, None

    def _packed(self, dtype: DTypeLike) -> NDArray[Any] | None:
        """The estimator's weights, where training resumes."""
        if not self.resumes:
            return None
        return self.network.pack(self.estimator.coefs_, self.estimator.intercepts_, dtype)

    def _columns(self) -> Columns:
        settings, data = self.settings, self.data
        of_pca = isinstance(settings, Settings) and start.is_pca(settings, data.x)
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
        return isinstance(self.settings, Settings) and start.trains_as_tanh(self.settings, self.data.x)

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
        if self.max_iter > 0 and self.start_is_optimum:
            return cycles.one_iteration(self, reporter)
        if self.max_iter > 0 and self.by_need:
            return cycles.train(self, reporter, overfits=self.overfits, can_restart=self.can_restart)
        hooks = reporter.hooks(0)
        return self._fit(self.schedule, *hooks, data=self.data, parameters=self.parameters, scales=self.scales)

    @property
    def overfits(self) -> bool:
        """Whether the network could learn its training rows by heart."""
        settings = self.settings
        has_hidden_layers = len(self.network.activations) > 2
        return has_hidden_layers or settings.corruption is not None or self.network.n_active > 0

    @property
    def can_restart(self) -> bool:
        """Whether `start` is all that a training of fewer rows would begin with."""
        return isinstance(self.settings, Settings) and not self.resumes

    def cycle(
        self, branch: cycles.Branch, n_epochs: int, first_epoch: int, reporter: Reporter | None
    ) -> tuple[_core.FitResult, BaseException | None]:
        """Train it with a fresh optimizer, whose rate falls along a cosine, and to the end."""
        settings = replace(self.settings, n_iter_no_change=n_epochs)
        schedule = settings.schedule(max_iter=n_epochs, first_epoch=self.n_iter_before + first_epoch)
        del self.optimizer_state  # two of them would be the largest that a training holds
        self.optimizer_state, _ = optimizer_state.begin(None, settings, self.network, branch.parameters, packed=None)
        hooks = (None, None) if reporter is None else reporter.hooks(first_epoch)
        return self._fit(schedule, *hooks, data=branch.data, parameters=branch.parameters, scales=branch.scales)

    def loss(self, data: TrainingData, parameters: NDArray[Any]) -> float:
        """J of the rows that train, in the units of training."""
        schedule = self.settings.schedule(max_iter=0, first_epoch=0)
        result, exception = self._fit(schedule, None, None, data=data, parameters=parameters, scales=None)
        if exception is not None:
            raise exception
        return result.best_loss

    def errors(self, data: TrainingData, parameters: NDArray[Any]) -> NDArray[np.float64] | None:
        """l of each row that trains and has weight, where J is its mean; None: it is not, or not at hand."""
        x, units = data.x, self.units
        if not self.settings.is_squared_error_alone or not units.has_target(self.network):
            return None
        if isinstance(x, DeviceArray):
            return self._errors_on_gpu(x, parameters)[data.weighed_rows]
        network, rows = units.in_training(self.network), data.weighed_rows
        layers = layers_of(*network.unpack(parameters), network.activations, network.n_active_outputs, x.dtype)
        blocks = (units.of_values(x[rows[block]]) for block in gen_batches(len(rows), _BLOCK_ROWS))
        return np.concatenate([_core.squared_errors(layers, z, self.n_threads, self.device) for z in blocks])

    def _errors_on_gpu(self, x: DeviceArray, parameters: NDArray[Any]) -> NDArray[np.float64]:
        """Of all rows: none of them can be read here, and the core has no units in a pass without a target."""
        network, units = self.network, self.units
        folded = network.unpack(units.fold(network, parameters))
        layers = layers_of(*folded, network.activations, network.n_active_outputs, x.dtype)
        return _core.squared_errors(layers, x, self.n_threads, x.device) / units.loss_factor(network)

    def _fit(
        self,
        schedule: _core.ScheduleConfig,
        on_epoch_begin: Callable[[int], bool] | None,
        on_epoch_end: Callable[[int, float, float], bool] | None,
        *,
        data: TrainingData,
        parameters: NDArray[Any],
        scales: NDArray[Any] | None,
    ) -> tuple[_core.FitResult, BaseException | None]:
        return _core.fit(
            self.units.in_training(self.network).config,
            self.objective,
            self.optimizer,
            schedule,
            seed=self.seed,
            x=data.x,
            rows=data.rows,
            weights=data.weights,
            labels=data.labels,
            **self.columns.core_arguments(self.settings, self.data, self.network),
            first_row=self.estimator.t_ if self.goes_on else 0,
            x_validation=data.x_validation,
            validation_rows=data.validation_rows,
            validation_weights=data.validation_weights,
            validation_labels=data.validation_labels,
            parameters=parameters,
            first_moment=self.optimizer_state.first_moment,
            second_moment=self.optimizer_state.second_moment,
            average=self.optimizer_state.average,
            scales=scales,
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
        estimator.solver_ = "pca" if self.start_is_optimum else self.settings.solver
        estimator.learning_rate_init_ = self.settings.learning_rate_init
        estimator.batch_size_ = self.settings.batch_size
        estimator._seed = self.seed
        estimator._columns = self.columns
        estimator._scales = self.scales
        estimator._optimizer_state = None
        is_packed = self.units.are_of_x and self.optimizer_state.average is None
        dtype = self.parameters.dtype
        packed = None if is_packed else self.network.pack(estimator.coefs_, estimator.intercepts_, dtype)
        has_moments = (result.n_updates > 0 or not self.resumes) and not self.by_need
        if has_moments and result.status != "diverged" and self.settings.solver not in ("lbfgs", "exact"):
            estimator._optimizer_state = self.optimizer_state.kept(self.parameters, packed, result.n_updates)
