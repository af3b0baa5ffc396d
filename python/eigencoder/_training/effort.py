"""How much to train: what "auto" becomes, of settings and shapes alone, never of time, threads or machine."""

from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from .network import Network
from .settings import AutoencoderSettings, TrainingSettings

Start: TypeAlias = Literal["good", "random", "kl", "deep kl", "stack", "classes"]
_Settings = TypeVar("_Settings", bound=TrainingSettings)


class ByNeed(NamedTuple):
    """Adam along cosine cycles, the first of 15 epochs and each twice as long as the one before."""

    learning_rate_init: float
    n_cycles: int


_BY_NEED: dict[Start, ByNeed] = {
    "good": ByNeed(1e-3, 4),  # PCA, or weights that have been trained
    "random": ByNeed(3e-3, 4),
    "kl": ByNeed(0.05, 3),  # longer training squeezes all activations around the mean that they are to have
    "deep kl": ByNeed(0.01, 3),
    "stack": ByNeed(0.01, 4),
    "classes": ByNeed(0.01, 4),
}
_AS_NAMED: dict[str, Any] = {
    "solver": "adam",
    "learning_rate": "constant",
    "learning_rate_init": 1e-3,
    "warmup_epochs": 0.0,
    "batch_size": 256,
    "max_iter": 100,
    "early_stopping": False,
}
_SCHEDULES = ("solver", "learning_rate", "warmup_epochs", "early_stopping")
_BATCH_SIZE = 32
_ONE_BATCH = 64  # rows at most
_FIRST_CYCLE = 15  # epochs
_FEWEST_STEPS = 200
_BUDGET = 3e10  # multiply-adds
_STEP = 1e5  # what a step takes beside those of its products


def is_by_need(settings: TrainingSettings) -> bool:
    """Whether nothing that is given asks for another schedule."""
    return all(getattr(settings, name) == "auto" for name in _SCHEDULES) and settings.averaging is None


def reads_nothing(settings: TrainingSettings) -> bool:
    """Whether nothing that is given, but ``max_iter``, asks for any steps."""
    given = any(getattr(settings, name) != "auto" for name in ("learning_rate_init", "batch_size"))
    return is_by_need(settings) and not given and settings.max_grad_norm is None


def plain(settings: _Settings, n_features: int, *, start: Start | None = None, n_rows: int = 0) -> _Settings:
    """The same with values in the place of "auto": by need from that start, or as where the solver is named."""
    values = _AS_NAMED
    if start is not None:
        batch_size = _ONE_BATCH if n_rows <= _ONE_BATCH else _BATCH_SIZE
        rate = _BY_NEED[start].learning_rate_init
        values = values | {"learning_rate": "cosine", "learning_rate_init": rate, "batch_size": batch_size}
    if isinstance(settings, AutoencoderSettings):
        is_of_columns = settings.penalty == "kl" and settings.scale in ("auto", "standard") and settings.takes_any_row
        values = values | {"sparsity_weight": float(n_features) if is_of_columns else 3.0}
    return replace(settings, **{name: value for name, value in values.items() if getattr(settings, name) == "auto"})


def cycle_lengths(
    start: Start, max_iter: int | None, batch_size: int, network: Network, n_rows: int, n_networks: int
) -> tuple[int, ...]:
    """The epochs of each cycle; ``max_iter`` is their sum where given, else the budget is that of all networks."""
    n_weights = sum(n_in * n_out for n_in, n_out in network.weight_shapes)
    n_steps = -(-n_rows // batch_size)
    epoch = n_networks * (n_steps * _STEP + 3 * n_rows * n_weights)
    most = max(1, int(_BUDGET / epoch)) if max_iter is None else max_iter
    if most == 0:
        return ()
    lengths = [min(most, _FIRST_CYCLE)]
    while sum(lengths) + 2 * lengths[-1] <= most and (
        len(lengths) < _BY_NEED[start].n_cycles or sum(lengths) * n_steps < _FEWEST_STEPS
    ):
        lengths.append(2 * lengths[-1])
    if max_iter is not None:
        lengths[-1] += max_iter - sum(lengths)
    return tuple(lengths)
