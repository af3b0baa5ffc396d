"""What n_jobs means."""

import numpy as np
import pytest
import threadpoolctl

from eigencoder import Autoencoder, _core, _threads

N_CORES = 6


@pytest.fixture
def threads_used(monkeypatch):
    """The number of threads that fit gives the core for a value of n_jobs, on a machine of N_CORES cores."""
    seen = []
    fit = _core.fit

    def spy(*args, n_threads, **kwargs):
        seen.append(n_threads)
        return fit(*args, n_threads=n_threads, **kwargs)

    monkeypatch.setattr(_core, "fit", spy)
    monkeypatch.setattr(_threads, "_n_cores", lambda n_in_affinity: N_CORES)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def threads_used(n_jobs):
        Autoencoder(2, max_iter=1, n_jobs=n_jobs).fit(np.ones((9, 4)))
        return seen[-1]

    return threads_used


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(1, 1), (7, 7), (np.int64(3), 3), (-1, 6), (-2, 5), (-6, 1), (-100, 1), (None, 6)]
)
def test_n_jobs(threads_used, n_jobs, expected):
    assert threads_used(n_jobs) == expected


@pytest.mark.parametrize(("value", "expected"), [("2", 2), ("99", 6), ("3,1", 3), ("", 6), ("0", 6), ("many", 6)])
def test_omp_num_threads_bounds_the_default(threads_used, monkeypatch, value, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert threads_used(None) == expected
    assert threads_used(-1) == N_CORES
    assert threads_used(7) == 7


def test_threadpoolctl_sees_and_bounds_the_default(threads_used):
    (ours,) = threadpoolctl.ThreadpoolController().select(user_api="eigencoder").info()
    assert ours["num_threads"] == N_CORES
    with threadpoolctl.threadpool_limits(2):
        assert threads_used(None) == 2
        assert threads_used(7) == 7
    assert threads_used(None) == N_CORES
