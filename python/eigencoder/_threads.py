"""How many threads a call may use."""

import os
from functools import cache

import joblib
import threadpoolctl

from . import _core


def n_threads(n_jobs: int | None) -> int:
    """The number of threads that ``n_jobs`` asks for.

    Parameters
    ----------
    n_jobs : int or None
        A positive number is taken literally. -1 means every core that this process may use (its affinity and its
        container's quota), -2 all but one, and so on. None means all of them, but no more than ``OMP_NUM_THREADS``
        and than `threadpoolctl.threadpool_limits` allows.

    Raises
    ------
    ValueError
        If ``n_jobs`` is 0.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs must be a positive number of threads, -1 for all cores, or None; found 0")
    if n_jobs is not None and n_jobs > 0:
        return n_jobs
    n_cores = _n_cores(len(os.sched_getaffinity(0)))
    if n_jobs is not None:
        return max(1, n_cores + 1 + n_jobs)
    outermost = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    limits = [n_cores, int(outermost) if outermost.isdecimal() else 0, _ThreadLimit.n_threads]
    return min(limit for limit in limits if limit > 0)


@cache
def _n_cores(n_in_affinity: int) -> int:
    """Affinity and the container's quota; asked once, since reading the quota takes longer than encoding a row."""
    return int(joblib.cpu_count())


class _ThreadLimit(threadpoolctl.LibController):  # type: ignore[misc]
    """Our threads as threadpoolctl sees them: its limit bounds the default, n_jobs=None."""

    user_api = "eigencoder"
    internal_api = "eigencoder"
    filename_prefixes = ("libeigencoder.",)
    n_threads = 0  # no limit

    def get_num_threads(self) -> int:
        return n_threads(None)

    def set_num_threads(self, num_threads: int) -> None:
        _ThreadLimit.n_threads = num_threads

    def get_version(self) -> str:
        return _core.__version__


threadpoolctl.register(_ThreadLimit)
