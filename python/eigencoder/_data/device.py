"""Arrays that lie on a GPU: which they are, who may read them, and what the answer is an array of."""

from importlib import import_module
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core
from .._core import DeviceArray

Matrix: TypeAlias = NDArray[Any] | DeviceArray

_CUDA_DEVICES = (2, 13)  # of DLPack: memory of a GPU, and memory that CUDA manages
_FROM_DLPACK = {"torch": "torch", "cupy": "cupy", "jax": "jax.numpy", "jaxlib": "jax.numpy"}
_COPY = "a copy on the host, such as X.cpu().numpy() of PyTorch or cupy.asnumpy(X)"


def lies_on_gpu(X: Any) -> bool:
    """Whether X is an array in the memory of a GPU."""
    if isinstance(X, np.ndarray):
        return False
    if hasattr(X, "__dlpack_device__"):
        return X.__dlpack_device__()[0] in _CUDA_DEVICES
    return hasattr(X, "__cuda_array_interface__")


def require_host(X: Any, need: str) -> Any:
    """X, which must not lie on a GPU."""
    if lies_on_gpu(X):
        raise TypeError(f"X lies on a GPU, but {need} takes it from the host alone: pass {_COPY}")
    return X


def device_array(X: Any, device: str, dtype: DTypeLike | None) -> DeviceArray:
    """A view of X for the core, which must compute where X lies; of some dtype, where that is given."""
    number = X.__dlpack_device__()[1] if hasattr(X, "__dlpack_device__") else None
    if device == "cpu":
        raise TypeError(f"X lies on a GPU, but is to be computed with on the CPU: use device='cuda', or pass {_COPY}")
    wanted = None if device == "auto" else int(device.partition(":")[2] or 0)
    if wanted is None:
        wanted = number or 0
    elif number not in (None, wanted):
        raise ValueError(f"X lies on GPU number {number}, found device={device!r}: use device='cuda:{number}'")
    _core.engine(f"cuda:{wanted}")  # raises where there is none
    x = DeviceArray(X, wanted)
    if dtype is not None and x.dtype != dtype:
        raise TypeError(f"X lies on a GPU and has the dtype {x.dtype}, expected {np.dtype(dtype)}: convert it there")
    return x


def device_of(x: Matrix | None, otherwise: str) -> str:
    """Where to compute with x: on the GPU where it lies."""
    return x.device if isinstance(x, DeviceArray) else otherwise


def check_finite(x: DeviceArray, name: str) -> None:
    """Refuse NaN and infinity."""
    _, all_finite = _core.describe(x, x.device)
    if not all_finite:
        raise ValueError(f"Input {name} contains NaN or infinity: impute the values, or leave their rows out")


def column_extremes_of(x: DeviceArray) -> NDArray[Any]:
    """Minima, then maxima of the columns, (2, n_features)."""
    extremes, _ = _core.describe(x, x.device)
    return extremes


def as_given(X: Any, result: Matrix) -> NDArray[Any]:
    """The result; one that lies on a GPU, which no type tells, as an array of the library of X where we know how."""
    if isinstance(result, np.ndarray):
        return result
    libraries = (_FROM_DLPACK.get(base.__module__.partition(".")[0]) for base in type(X).__mro__)
    library = next(filter(None, libraries), None)
    return cast(NDArray[Any], result if library is None else import_module(library).from_dlpack(result))
