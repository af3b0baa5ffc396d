"""What this installation computes with."""

from . import _core
from ._training.threads import n_threads


def show_config() -> None:
    """Print the version, the engine in use and those available, the threads, the compiler and CUDA.

    An engine is the library of one CPU level. The best that the machine can run is chosen at import;
    ``EIGENCODER_CPU_LEVEL`` in the environment forces one.

    Examples
    --------
    >>> import eigencoder
    >>> eigencoder.show_config()  # doctest: +ELLIPSIS
    eigencoder ...
    """
    engine = _core.engine()
    print(f"eigencoder {_core.__version__}")
    print(f"engine     {engine['name']} (available: {', '.join(_core.available_engines())})")
    print(f"threads    {n_threads(None)} by default (cores: {n_threads(-1)})")
    print(f"compiler   {engine['compiler']}")
    reason = _core.cuda_status()
    print(f"CUDA       {f'not available: {reason}' if reason else 'available'}")
