"""The constructor's parameters, checked by type and translated for the core, which checks their ranges."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Self, TypeAlias, get_type_hints

import numpy as np
from sklearn.utils import check_random_state

from . import _core
from ._data import check_unit_interval
from ._device import Matrix
from ._network import Network, mirrored_activations

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None


def _found(value: object) -> str:
    return f"found {value!r} of type {type(value).__name__}"


def _unbounded_integer(name: str, value: object, expected: str = "an integer") -> int:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {expected}, {_found(value)}")
    return int(value)


def _integer(name: str, value: object, bits: int = 64) -> int:
    integer = _unbounded_integer(name, value)
    if not -(2 ** (bits - 1)) <= integer < 2 ** (bits - 1):
        raise ValueError(f"{name} must fit into {bits} bits, found {integer}")
    return integer


def _real(name: str, value: object) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a real number, {_found(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must fit into 64 bits, found a number beyond 1e308") from None


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, {_found(value)}")
    return bool(value)


def _n_units(name: str, value: object) -> int:
    n_units = _unbounded_integer(name, value, "an integer number of units")
    if n_units < 1:
        raise ValueError(f"{name} must be at least 1, found {n_units}")
    return n_units


def is_share(n_components: object) -> bool:
    """Whether it is not the number of code units, but the share of the variance that they are to explain."""
    return isinstance(n_components, Real) and not isinstance(n_components, Integral)


def _n_components(name: str, value: object) -> int | float:
    if not is_share(value):
        return _n_units(name, value)
    share = _real(name, value)
    if not 0 < share < 1:
        raise ValueError(
            f"{name} must be an integer number of units, or lie between 0 and 1, both excluded: the share of the "
            f"variance to explain; found {value}"
        )
    return share


def _n_active(name: str, value: object) -> int | None:
    return None if value is None else _n_units(name, value)


def _positive_or_none(name: str, value: object) -> float | None:
    if value is None:
        return None
    number = _real(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be greater than 0, or None, found {value}")
    return number


def _fraction_or_none(name: str, value: object) -> float | None:
    return None if value is None else _fraction(name, value)


def _hidden_layer_sizes(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, (str, bytes)) or np.ndim(value) != 1:
        raise TypeError(f"{name} must be a sequence of integers such as (1000, 500), {_found(value)}")
    return tuple(_n_units(f"each of {name}", size) for size in value)


def _fraction(name: str, value: object) -> float:
    fraction = _real(name, value)
    if not 0 < fraction < 1:
        raise ValueError(f"{name} must lie between 0 and 1, both excluded, found {value}")
    return fraction


def _verbose(name: str, value: object) -> int:
    verbose = int(value) if isinstance(value, (bool, np.bool_)) else _integer(name, value)
    if verbose < 0:
        raise ValueError(f"{name} must be 0 (silent) or 1 (a line an epoch), found {value}")
    return verbose


def check_n_jobs(name: str, value: object) -> int | None:
    """A number of jobs as `n_threads` takes it."""
    return None if value is None else _integer(name, value, bits=32)


def check_device(name: str, value: object) -> str:
    """The name of a device, whether or not this machine has it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string such as 'cpu' or 'cuda', {_found(value)}")
    if not re.fullmatch("cpu|auto|cuda(:[0-9]{1,4})?", value):
        raise ValueError(f"{name} must be one of 'cpu', 'cuda', 'cuda:0', 'cuda:1', ..., 'auto', found {value!r}")
    return str(value)


def check_key(name: str, value: object) -> int:
    """A key of random numbers, 64 bits."""
    key = _unbounded_integer(name, value, "an integer in 0 .. 2**64 - 1")
    if not 0 <= key < 2**64:
        raise ValueError(f"{name} must lie in 0 .. 2**64 - 1, found {key}")
    return key


def _random_state(name: str, value: object) -> RandomState:
    if value is None or isinstance(value, (np.random.RandomState, np.random.Generator)):
        return value
    if not isinstance(value, Integral):
        raise TypeError(
            f"{name} must be None, an integer, a numpy.random.RandomState or a numpy.random.Generator, {_found(value)}"
        )
    return check_key(name, value)


def _one_of(options: Sequence[str], none: bool = False) -> Callable[[str, object], Any]:
    names = [*(["None"] if none else []), *map(repr, options)]

    def convert(name: str, value: object) -> str | None:
        if value is None and none:
            return None
        if not isinstance(value, str):
            raise TypeError(f"{name} must be one of {', '.join(names)}, {_found(value)}")
        if value not in options:
            raise ValueError(f"{name} must be one of {', '.join(names)}, found {value!r}")
        return str(value)

    return convert


_ACTIVATION = _one_of(_core.ACTIVATIONS)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(ABC):
    """How a network is trained: one field a constructor parameter, annotated with what checks it."""

    alpha: Annotated[float, _real]
    corruption: Annotated[str | None, _one_of([c for c in _core.CORRUPTIONS if c != "none"], none=True)]
    corruption_level: Annotated[float, _real]
    solver: Annotated[str, _one_of(_core.SOLVERS)]
    learning_rate: Annotated[str, _one_of(_core.LEARNING_RATES)]
    learning_rate_init: Annotated[float, _real]
    power_t: Annotated[float, _real]
    warmup_epochs: Annotated[float, _real]
    momentum: Annotated[float, _real]
    nesterovs_momentum: Annotated[bool, _boolean]
    beta_1: Annotated[float, _real]
    beta_2: Annotated[float, _real]
    epsilon: Annotated[float, _real]
    max_grad_norm: Annotated[float | None, _positive_or_none]
    averaging: Annotated[float | None, _fraction_or_none]
    batch_size: Annotated[int, _integer]
    max_iter: Annotated[int, _integer]
    tol: Annotated[float, _real]
    n_iter_no_change: Annotated[int, _integer]
    early_stopping: Annotated[bool, _boolean]
    validation_fraction: Annotated[float, _fraction]
    shuffle: Annotated[bool, _boolean]
    warm_start: Annotated[bool, _boolean]
    random_state: Annotated[RandomState, _random_state]
    n_jobs: Annotated[int | None, check_n_jobs]
    device: Annotated[str, check_device]
    verbose: Annotated[int, _verbose]

    @classmethod
    def of(cls, estimator: object) -> Self:
        """Read an estimator's parameters: TypeError for a wrong type, ValueError for a wrong name."""
        return cls(**{name: check(name, getattr(estimator, name)) for name, check in _checks(cls).items()})

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
        n = 6  # parameters, gradients, two moments, start of the epoch, best so far
        if self.averaging is not None:
            n += 2  # average, its start
        if self.solver == "lbfgs":
            n += 24  # ten steps, ten changes of the gradient, two gradients, direction, trial
        return n

    def check_incremental(self) -> None:
        """Refuse what one pass over a block, after which others may follow, cannot honour."""
        for name, value, refused, accepted in (
            ("early_stopping", self.early_stopping, self.early_stopping, "False"),
            ("learning_rate", self.learning_rate, self.learning_rate in ("adaptive", "cosine"), "'constant'"),
            ("warmup_epochs", self.warmup_epochs, self.warmup_epochs != 0, "0"),
        ):
            if refused:
                raise ValueError(
                    f"partial_fit makes one pass over the block it is given and cannot honour {name}={value!r}: set "
                    f"{name}={accepted}, or use fit"
                )

    @abstractmethod
    def objective(self) -> _core.ObjectiveConfig:
        """What is minimised."""

    @abstractmethod
    def check_data(self, x: Matrix, name: str) -> None:
        """Refuse rows that the loss cannot take."""

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
            weight_decay=self.alpha if self.solver == "adamw" else 0.0,
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

    def seed(self, kept: int | None) -> int:
        """The key of every random number: an integer random_state itself, else the kept one, else 64 fresh bits."""
        if isinstance(self.random_state, int):
            return self.random_state
        if kept is not None:
            return kept
        if isinstance(self.random_state, np.random.Generator):
            return int(self.random_state.integers(2**64, dtype=np.uint64))
        return int(check_random_state(self.random_state).randint(2**64, dtype=np.uint64))


@dataclass(frozen=True, kw_only=True)
class AutoencoderSettings(TrainingSettings):
    """How the network of an autoencoder is trained."""

    loss: Annotated[str, _one_of([loss for loss in _core.LOSSES if loss != "softmax_crossentropy"])]
    tied_weights: Annotated[bool, _boolean]
    penalty: Annotated[str | None, _one_of([p for p in _core.PENALTIES if p != "none"], none=True)]
    sparsity: Annotated[float, _real]
    sparsity_weight: Annotated[float, _real]
    sparsity_momentum: Annotated[float, _real]
    solver: Annotated[str, _one_of([*_core.SOLVERS, "exact"])]

    @property
    def has_mean_activity(self) -> bool:
        return self.penalty == "kl" and self.sparsity_momentum != 0 and self.solver != "lbfgs"

    @abstractmethod
    def network(self, n_features: int) -> Network:
        """The network to train."""

    def objective(self) -> _core.ObjectiveConfig:
        return _core.ObjectiveConfig(
            loss=self.loss,
            alpha=0.0 if self.solver == "adamw" else self.alpha,
            penalty=self.penalty or "none",
            sparsity=self.sparsity,
            sparsity_weight=self.sparsity_weight,
            sparsity_momentum=self.sparsity_momentum if self.has_mean_activity else 0.0,
            corruption=self.corruption or "none",
            corruption_level=self.corruption_level,
        )

    def check_data(self, x: Matrix, name: str) -> None:
        if self.loss == "binary_crossentropy":
            check_unit_interval(x, name)


@dataclass(frozen=True, kw_only=True)
class Settings(AutoencoderSettings):
    """All parameters of `Autoencoder`: its network, and how it is trained."""

    n_components: Annotated[int | float, _n_components]
    hidden_layer_sizes: Annotated[tuple[int, ...], _hidden_layer_sizes]
    activation: Annotated[str, _ACTIVATION]
    code_activation: Annotated[str | None, _one_of(_core.ACTIVATIONS, none=True)]
    output_activation: Annotated[str, _ACTIVATION]
    n_active: Annotated[int | None, _n_active]

    def sized(self, n_components: int) -> Self:
        """The same with a number of code units in the place of a share of variance."""
        return replace(self, n_components=n_components) if is_share(self.n_components) else self

    def network(self, n_features: int) -> Network:
        if not isinstance(self.n_components, int):
            raise ValueError(
                f"n_components={self.n_components:g} is found by training, but the layers must be known before: give "
                "the number of code units, such as n_components_ of an autoencoder that was fitted by itself"
            )
        encoder = (n_features, *self.hidden_layer_sizes, self.n_components)
        activations = mirrored_activations(
            2 * len(encoder) - 2, self.activation, self.code_activation or self.activation, self.output_activation
        )
        n_active = 0 if self.n_active is None else min(self.n_active, self.n_components)
        return Network((*encoder, *reversed(encoder[:-1])), activations, self.tied_weights, n_active)


@cache
def _checks(settings: type[TrainingSettings]) -> dict[str, Callable[[str, object], Any]]:
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(settings, include_extras=True).items()}
