"""The native core: plain arrays and numbers in, plain arrays and numbers out. Every array is C-contiguous."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, final, overload

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T", np.float32, np.float64)
# Weights, bias, activation, number of active outputs or 0 for all; weights may be a transposed view.
_Layer: TypeAlias = tuple[NDArray[_T], NDArray[_T], str, int]

__version__: str
ACTIVATIONS: tuple[str, ...]
LOSSES: tuple[str, ...]
PENALTIES: tuple[str, ...]
CORRUPTIONS: tuple[str, ...]
SOLVERS: tuple[str, ...]
LEARNING_RATES: tuple[str, ...]

@final
class NetworkConfig:
    def __init__(
        self,
        layer_sizes: Sequence[int],
        activations: Sequence[str],
        tied_weights: bool,
        n_active: int,
        n_encoder_layers: int,
    ) -> None: ...

@final
class ObjectiveConfig:
    def __init__(
        self,
        *,
        loss: str,
        alpha: float,
        penalty: str,
        sparsity: float,
        sparsity_weight: float,
        sparsity_momentum: float,
        corruption: str,
        corruption_level: float,
    ) -> None: ...

@final
class OptimizerConfig:
    def __init__(
        self,
        *,
        solver: str,
        learning_rate: str,
        learning_rate_init: float,
        power_t: float,
        warmup_epochs: float,
        momentum: float,
        nesterovs_momentum: bool,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        weight_decay: float,
        max_grad_norm: float,
        averaging: float,
    ) -> None: ...

@final
class ScheduleConfig:
    def __init__(
        self,
        *,
        batch_size: int,
        max_iter: int,
        tol: float,
        n_iter_no_change: int,
        early_stopping: bool,
        shuffle: bool,
        first_epoch: int,
    ) -> None: ...

@final
class DeviceArray:
    """A C-contiguous matrix of float32 or float64 in the memory of a GPU, which it keeps alive."""

    def __init__(self, array: object, gpu: int) -> None:
        """Of an array that exports `__cuda_array_interface__` or `__dlpack__`, which lies on that GPU."""
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def device(self) -> str: ...
    @property
    def __cuda_array_interface__(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __dlpack__(
        self,
        *,
        stream: object = None,
        max_version: object = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> object: ...

@final
class FitResult:
    @property
    def status(self) -> str:
        """'max_iter', 'converged', 'stopped', 'interrupted' or 'diverged'."""
    @property
    def loss_curve(self) -> list[float]: ...
    @property
    def validation_loss_curve(self) -> list[float]: ...
    @property
    def best_loss(self) -> float: ...
    @property
    def rows_seen(self) -> int: ...
    @property
    def n_updates(self) -> int: ...

def check(network: NetworkConfig, objective: ObjectiveConfig) -> None:
    """ValueError where the objective cannot be had with the network, such as a KL penalty on a relu code."""

def initialise(network: NetworkConfig, seed: int, parameters: NDArray[_T]) -> None: ...
def add_gram(a: NDArray[np.float64], c: NDArray[np.float64], n_threads: int) -> None:
    """c += a^T a, on and above the diagonal; below it anything."""

def permutation(n: int, seed: int) -> NDArray[np.int64]:
    """The order that splits validation rows off."""

def fit(
    network: NetworkConfig,
    objective: ObjectiveConfig,
    optimizer: OptimizerConfig,
    schedule: ScheduleConfig,
    *,
    seed: int,
    x: NDArray[_T] | DeviceArray,
    rows: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
    labels: NDArray[np.int64] | None,
    center: NDArray[_T] | None,
    factor: NDArray[_T] | None,
    scales_target: bool,
    mask_fill: NDArray[_T] | None,
    column_extremes: NDArray[_T] | None,
    first_row: int,
    x_validation: NDArray[_T] | DeviceArray | None,
    validation_rows: NDArray[np.int64] | None,
    validation_weights: NDArray[np.float64] | None,
    validation_labels: NDArray[np.int64] | None,
    parameters: NDArray[_T],
    first_moment: NDArray[_T],
    second_moment: NDArray[_T],
    average: NDArray[_T] | None,
    scales: NDArray[_T] | None,
    mean_activity: NDArray[np.float64] | None,
    n_updates: int,
    n_warmup_updates: int,
    on_epoch_begin: Callable[[int], bool] | None,
    on_epoch_end: Callable[[int, float, float], bool] | None,
    n_threads: int,
    device: str = "cpu",
) -> tuple[FitResult, BaseException | None]:
    """Train in place on (x - center) factor, where given; what noise puts in an entry's place is in its units.

    Batches move parameters / scales, where given.

    on_epoch_end gets (epoch, loss, validation loss or NaN), and stops the fit by answering False.

    The exception is what a callback or a signal handler raised; the status is then 'interrupted'.
    """

def loss_and_gradients(
    network: NetworkConfig,
    objective: ObjectiveConfig,
    *,
    x: NDArray[_T] | DeviceArray,
    weights: NDArray[np.float64] | None,
    labels: NDArray[np.int64] | None,
    column_extremes: NDArray[_T] | None,
    noise_seed: int | None,
    mean_activity: NDArray[np.float64] | None,
    parameters: NDArray[_T],
    gradients: NDArray[_T] | None,
    n_threads: int,
    device: str = "cpu",
) -> float: ...
@overload
def forward(
    layers: Sequence[_Layer[_T]], x: NDArray[_T], n_threads: int, device: str = "cpu", to_host: bool = False
) -> NDArray[_T]: ...
@overload
def forward(
    layers: Sequence[_Layer[_T]], x: DeviceArray, n_threads: int, device: str = "cpu", to_host: bool = False
) -> NDArray[_T] | DeviceArray:
    """The output lies where x does, unless it is to be brought to the host."""

@final
class PackedNetwork:
    """Layers for inference, each packed when it is first used; any number of threads may call it at once.

    ``n_threads`` is asked by calls that have work for more than one thread. ``out`` is where to write, or None.
    """

    def __init__(self, layers: Sequence[_Layer[_T]], n_encoder_layers: int, n_threads: Callable[[], int]) -> None: ...
    def encode(self, x: NDArray[Any], out: NDArray[Any] | None) -> NDArray[Any]: ...
    def decode(self, codes: NDArray[Any], out: NDArray[Any] | None) -> NDArray[Any]: ...
    def reconstruct(self, x: NDArray[Any], out: NDArray[Any] | None) -> NDArray[Any]: ...

def squared_errors(
    layers: Sequence[_Layer[_T]], x: NDArray[_T] | DeviceArray, n_threads: int, device: str = "cpu"
) -> NDArray[np.float64]: ...
def describe(x: NDArray[Any] | DeviceArray, device: str = "cpu") -> tuple[NDArray[Any], bool]:
    """Minima and maxima of the columns, (2, n_features), and whether all numbers are finite."""

def engine(device: str = "cpu") -> dict[str, str]:
    """Name and compiler of the engine of a device; RuntimeError where none runs on it."""

def cuda_status() -> str:
    """Why no engine runs on device 'cuda'; empty where one does."""

def available_engines() -> list[str]: ...
