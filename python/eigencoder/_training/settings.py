"""The constructor's parameters, checked by type and translated for the core, which checks their ranges."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Self, TypedDict, get_type_hints

from .. import _core
from .._data.arrays import check_unit_interval
from .._data.device import Matrix
from . import checks
from .network import Network, mirrored_activations
from .units import SCALES

_ACTIVATION = checks.one_of(_core.ACTIVATIONS)


class ObjectiveTerms(TypedDict):
    """Of J, as the core names them."""

    loss: str
    alpha: float
    penalty: str
    sparsity: float
    sparsity_weight: float
    sparsity_momentum: float
    corruption: str
    corruption_level: float


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(ABC):
    """How a network is trained: one field a constructor parameter, annotated with what checks it.

    Some may be "auto" until `effort` has put a plain value in its place.
    """

    alpha: Annotated[float, checks.strength]  # which the core checks under the name of what it becomes
    corruption: Annotated[str | None, checks.one_of([c for c in _core.CORRUPTIONS if c != "none"], none=True)]
    corruption_level: Annotated[float, checks.real]
    corruption_fill: Annotated[float | str, checks.corruption_fill]
    scale: Annotated[str | None, checks.one_of(SCALES, none=True)]
    solver: Annotated[str, checks.one_of(["auto", *_core.SOLVERS])]
    learning_rate: Annotated[str, checks.one_of(["auto", *_core.LEARNING_RATES])]
    learning_rate_init: Annotated[float, checks.or_auto(checks.real)]
    power_t: Annotated[float, checks.real]
    warmup_epochs: Annotated[float, checks.or_auto(checks.real)]
    momentum: Annotated[float, checks.real]
    nesterovs_momentum: Annotated[bool, checks.boolean]
    beta_1: Annotated[float, checks.real]
    beta_2: Annotated[float, checks.real]
    epsilon: Annotated[float, checks.real]
    max_grad_norm: Annotated[float | None, checks.positive_or_none]
    averaging: Annotated[float | None, checks.fraction_or_none]
    batch_size: Annotated[int, checks.or_auto(checks.integer)]
    max_iter: Annotated[int, checks.or_auto(checks.integer)]
    tol: Annotated[float, checks.real]
    n_iter_no_change: Annotated[int, checks.integer]
    early_stopping: Annotated[bool, checks.or_auto(checks.boolean)]
    validation_fraction: Annotated[float, checks.fraction]
    shuffle: Annotated[bool, checks.boolean]
    warm_start: Annotated[bool, checks.boolean]
    random_state: Annotated[checks.RandomState, checks.random_state]
    n_jobs: Annotated[int | None, checks.n_jobs]
    device: Annotated[str, checks.device]
    verbose: Annotated[int, checks.verbose]

    @classmethod
    def of(cls, estimator: object) -> Self:
        """Read an estimator's parameters: TypeError for a wrong type, ValueError for a wrong name."""
        return cls(**{name: check(name, getattr(estimator, name)) for name, check in _checks(cls).items()})

    @property
    def alpha_in_objective(self) -> float:
        """Under "adamw" the weights decay, and J has no part of it."""
        return 0.0 if self.solver == "adamw" else self.alpha

    @property
    def is_squared_error_alone(self) -> bool:
        """Whether J is the squared error of rows without noise, and nothing else."""
        return False

    @property
    def fills_with_mean(self) -> bool:
        """Whether masking puts the column's mean in an entry's place."""
        if self.corruption_fill == "auto":
            return self.scale is not None and self.takes_any_row
        return self.corruption_fill == "mean"

    @property
    def fill(self) -> float:
        """What it puts there else."""
        return 0.0 if isinstance(self.corruption_fill, str) else self.corruption_fill

    @property
    def takes_any_row(self) -> bool:
        """Whether the loss has no bounds for the entries of x."""
        return True

    @property
    def training_device(self) -> str:
        """Where it trains. An exact solution is one of the CPU."""
        if self.solver != "exact" or self.device == "cpu":
            return self.device
        if self.device == "auto":
            return "cpu"
        raise ValueError(
            f"solver='exact' is solved on the CPU, by LAPACK, found device={self.device!r}: use device='cpu', or "
            "another solver such as 'adam'"
        )

    @property
    def has_mean_activity(self) -> bool:
        """Whether a batch's mean activations go by those of the batches before."""
        return False

    @property
    def n_arrays(self) -> int:
        """How many arrays of the size of the parameters a training holds."""
        n = 5  # parameters, gradients, two moments, start of the epoch
        if self.early_stopping:
            n += 3  # the best so far, with its moments
        if self.averaging is not None:
            n += 2  # average, its start
        if self.solver == "lbfgs":
            n += 24  # ten steps, ten changes of the gradient, two gradients, direction, trial
        return n

    def check_incremental(self) -> None:
        """Refuse what one pass over a block, after which others may follow, cannot honour."""
        for name, value, refused, accepted in (
            ("early_stopping", self.early_stopping, self.early_stopping is True, "False"),
            ("learning_rate", self.learning_rate, self.learning_rate in ("adaptive", "cosine"), "'constant'"),
            ("warmup_epochs", self.warmup_epochs, self.warmup_epochs not in ("auto", 0), "0"),
        ):
            if refused:
                raise ValueError(
                    f"partial_fit makes one pass over the block it is given and cannot honour {name}={value!r}: set "
                    f"{name}={accepted}, or use fit"
                )

    @abstractmethod
    def objective_terms(self) -> ObjectiveTerms:
        """What is minimised."""

    def objective(self) -> _core.ObjectiveConfig:
        return _core.ObjectiveConfig(**self.objective_terms())

    def check_data(self, x: Matrix, name: str) -> None:
        """Refuse rows that the loss cannot take."""
        if not self.takes_any_row:
            check_unit_interval(x, name)

    def optimizer(self) -> _core.OptimizerConfig:
        return _core.OptimizerConfig(
            solver="adam" if self.solver == "exact" else self.solver,  # unused, and checked all the same
            learning_rate=self.learning_rate,
            learning_rate_init=self.learning_rate_init,
            power_t=self.power_t,
            warmup_epochs=self.warmup_epochs,
            momentum=self.momentum,
            nesterovs_momentum=self.nesterovs_momentum,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            weight_decay=self.alpha - self.alpha_in_objective,
            max_grad_norm=self.max_grad_norm or 0.0,
            averaging=self.averaging or 0.0,
        )

    def schedule(self, *, max_iter: int, first_epoch: int) -> _core.ScheduleConfig:
        return _core.ScheduleConfig(
            batch_size=self.batch_size,
            max_iter=max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            early_stopping=self.early_stopping,
            shuffle=self.shuffle,
            first_epoch=first_epoch,
        )


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings(TrainingSettings):
    """How the network of an autoencoder is trained."""

    loss: Annotated[str, checks.one_of([loss for loss in _core.LOSSES if loss != "softmax_crossentropy"])]
    tied_weights: Annotated[bool, checks.boolean]
    penalty: Annotated[str | None, checks.one_of([p for p in _core.PENALTIES if p != "none"], none=True)]
    sparsity: Annotated[float, checks.real]
    sparsity_weight: Annotated[float, checks.or_auto(checks.real)]
    sparsity_momentum: Annotated[float, checks.real]
    solver: Annotated[str, checks.one_of(["auto", *_core.SOLVERS, "exact"])]

    @property
    def has_mean_activity(self) -> bool:
        return self.penalty == "kl" and self.sparsity_momentum != 0 and self.solver != "lbfgs"

    @property
    def is_squared_error_alone(self) -> bool:
        is_plain = self.penalty is None and self.corruption is None and self.alpha_in_objective == 0
        return self.loss == "squared_error" and is_plain

    @abstractmethod
    def network(self, n_features: int) -> Network:
        """The network to train."""

    def objective_terms(self) -> ObjectiveTerms:
        return {
            "loss": self.loss,
            "alpha": self.alpha_in_objective,
            "penalty": self.penalty or "none",
            "sparsity": self.sparsity,
            "sparsity_weight": self.sparsity_weight,
            "sparsity_momentum": self.sparsity_momentum if self.has_mean_activity else 0.0,
            "corruption": self.corruption or "none",
            "corruption_level": self.corruption_level,
        }

    @property
    def takes_any_row(self) -> bool:
        return self.loss != "binary_crossentropy"


@dataclass(frozen=True, kw_only=True)
class Settings(AutoencoderSettings):
    """All parameters of `Autoencoder`: its network, and how it is trained."""

    n_components: Annotated[int | float, checks.n_components]
    init: Annotated[str, checks.one_of(["auto", "pca", "glorot"])]
    hidden_layer_sizes: Annotated[tuple[int, ...], checks.hidden_layer_sizes]
    activation: Annotated[str, _ACTIVATION]
    code_activation: Annotated[str | None, checks.one_of(["auto", *_core.ACTIVATIONS], none=True)]
    output_activation: Annotated[str, checks.one_of(["auto", *_core.ACTIVATIONS])]
    n_active: Annotated[int | None, checks.n_active]

    @classmethod
    def of(cls, estimator: object) -> Self:
        settings = super().of(estimator)
        if settings.output_activation == "auto":
            settings = replace(settings, output_activation="identity" if settings.takes_any_row else "sigmoid")
        return replace(settings, code_activation=settings._activation_of_code())

    def _activation_of_code(self) -> str:
        """Coordinates as they are, where nothing asks for another code."""
        if self.code_activation != "auto":
            return self.code_activation or self.activation
        is_plain = self.penalty is None and self.n_active is None
        may_be_pca = self.init != "glorot" and self.loss == "squared_error" and self.output_activation == "identity"
        return "identity" if is_plain and may_be_pca else self.activation

    @property
    def n_arrays(self) -> int:
        return super().n_arrays + (self.init != "glorot")  # the scales

    def sized(self, n_components: int) -> Self:
        """The same with a number of code units in the place of a share of variance."""
        return replace(self, n_components=n_components) if checks.is_share(self.n_components) else self

    def network(self, n_features: int) -> Network:
        if not isinstance(self.n_components, int):
            raise ValueError(
                f"n_components={self.n_components:g} is found by training, but the layers must be known before: give "
                "the number of code units, such as n_components_ of an autoencoder that was fitted by itself"
            )
        encoder = (n_features, *self.hidden_layer_sizes, self.n_components)
        activations = mirrored_activations(
            2 * len(encoder) - 2, self.activation, str(self.code_activation), self.output_activation
        )
        n_active = 0 if self.n_active is None else min(self.n_active, self.n_components)
        return Network((*encoder, *reversed(encoder[:-1])), activations, self.tied_weights, n_active)


@cache
def _checks(settings: type[TrainingSettings]) -> dict[str, Callable[[str, object], Any]]:
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(settings, include_extras=True).items()}
