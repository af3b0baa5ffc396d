"""What n_jobs means."""

import os
import subprocess
import sys

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
        with threadpoolctl.threadpool_limits(1):
            assert threads_used(None) == 1
        assert threads_used(None) == 2
    assert threads_used(None) == N_CORES


def test_a_limit_that_has_ended_bounds_nothing(threads_used, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with threadpoolctl.threadpool_limits(1):
        assert threads_used(None) == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads_used(None) == N_CORES


def test_systems_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: N_CORES)
    monkeypatch.setattr(_threads, "_n_cores", lambda n_in_affinity: n_in_affinity)
    assert _threads.n_threads(-1) == N_CORES


FORK = """
import os, signal, threading, time
import numpy as np
from eigencoder import Autoencoder

X = np.random.default_rng(0).random((512, 784), "float32")

def fit(max_iter=1):
    return Autoencoder(196, max_iter=max_iter, n_jobs=2, random_state=0).fit(X)

parent = fit()
codes = parent.transform(X)
meanwhile = threading.Thread(target=fit, args=[50])
meanwhile.start()
time.sleep(0.05)
assert meanwhile.is_alive()
child = os.fork()
if child == 0:
    signal.alarm(30)  # ends a child that hangs
    same = [np.array_equal(fit().coefs_[0], parent.coefs_[0]), np.array_equal(parent.transform(X), codes)]
    os._exit(0 if all(same) else 1)
meanwhile.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_forked_during_a_fit_with_threads_works():
    run = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert run.stdout == "0\n", run.stdout + run.stderr
