"""How many threads a call may use."""

import os
import sys
from functools import cache

import threadpoolctl

from .. import _core

_NO_LIMIT = sys.maxsize


def n_threads(n_jobs: int | None) -> int:
    """The number of threads that ``n_jobs`` allows.

    Parameters
    ----------
    n_jobs : int or None
        A positive number counts itself, even above the number of cores. -1 means every core that this process may use
        (its affinity and its container's quota), -2 all but one, and so on. None means all of them, but no more than
        ``OMP_NUM_THREADS`` and than `threadpoolctl.threadpool_limits` allows.

    Raises
    ------
    ValueError
        If ``n_jobs`` is 0.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs must be a positive number of threads, -1 for all cores, or None; found 0")
    if n_jobs is not None and n_jobs > 0:
        return n_jobs
    if n_jobs is not None:
        return max(1, _n_cores(_n_in_affinity()) + 1 + n_jobs)
    return min(_n_unlimited(), _ThreadLimit.limit)


def _n_unlimited() -> int:
    """The default where threadpoolctl sets no limit."""
    n_cores = _n_cores(_n_in_affinity())
    outermost = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(n_cores, int(outermost)) if outermost.isdecimal() and int(outermost) > 0 else n_cores


def _n_in_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS has no affinity


@cache
def _n_cores(n_in_affinity: int) -> int:
    """Affinity and the container's quota; asked once, since reading the quota takes longer than encoding a row."""
    import joblib  # takes longer to import than all of NumPy

    return int(joblib.cpu_count())


class _ThreadLimit(threadpoolctl.LibController):  # type: ignore[misc]
    """Our threads as threadpoolctl sees them: its limit bounds the default, n_jobs=None."""

    user_api = "eigencoder"
    internal_api = "eigencoder"
    filename_prefixes = ("libeigencoder.",)
    limit = _NO_LIMIT

    def get_num_threads(self) -> int:
        return n_threads(None)

    def set_num_threads(self, num_threads: int) -> None:
        # threadpoolctl ends a limit by setting the number that it found before.
        _ThreadLimit.limit = num_threads if 0 < num_threads < _n_unlimited() else _NO_LIMIT

    def get_version(self) -> str:
        return _core.__version__


def obey_threadpoolctl() -> None:
    """Let its limits bound the default number of threads."""
    threadpoolctl.register(_ThreadLimit)
