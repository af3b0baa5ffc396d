"""What a fit holds beside its data: parameters, gradients and moments, and the buffers of one batch. And what happens
where there is too little."""

import subprocess
import sys

import pytest

# The data lies in a file, so that what is anonymous is the fit's own.
CODE = """
import sys, tempfile, threading, time
import numpy as np
from eigencoder import Autoencoder, DenoisingAutoencoder

by_need = sys.argv[2] == "by need"
options = {} if by_need else {"init": "glorot", "solver": "adam"}
n_samples, n_features, n_components, batch_size = 40_000, 500, 1000, 64
estimator = {"plain": Autoencoder, "denoising": DenoisingAutoencoder}[sys.argv[1]]
with tempfile.TemporaryFile() as file:
    x = np.memmap(file, "float32", "w+", shape=(n_samples, n_features))
    x[:] = np.random.default_rng(0).random((n_samples, 1), "float32")
    estimator(2, max_iter=1, **options).fit(x[:100])  # whatever a first fit loads

    def anonymous():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) * 1024

    before, peak, done = anonymous(), 0, threading.Event()

    def watch():
        global peak
        while not done.wait(0.005):
            peak = max(peak, anonymous())

    thread = threading.Thread(target=watch)
    thread.start()
    estimator(n_components, batch_size=batch_size, max_iter=2, n_jobs=2, **options).fit(x)
    done.set()
    thread.join()

n_parameters = 2 * n_features * n_components + n_features + n_components
n_arrays = 5  # parameters, gradients, two moments, the parameters at the start of the epoch
if by_need:
    n_arrays += 3  # scales, the start, the best so far
n_batch = batch_size * (2 * n_features + 2 * n_components + 2 * n_features)  # rows, activations, their gradients
n_judged = 1024 * (2 * n_features + n_components) if by_need else 0  # rows at once, their activations
print(peak - before, 4 * (n_arrays * n_parameters + n_batch + n_judged) + 8 * n_samples, x.nbytes)
"""
SLACK = 8 * 2**20  # panels of the products, stacks of the threads, the allocator


@pytest.mark.parametrize("training", ["named", "by need"])
@pytest.mark.parametrize("estimator", ["plain", "denoising"])
def test_a_fit_holds_its_data_once(estimator: str, training: str) -> None:
    command = [sys.executable, "-c", CODE, estimator, training]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    held, expected, data = map(int, run.stdout.split())
    assert held < expected + SLACK < data


SCARCE = """
import os, resource, sys, threading
import numpy as np
from threadpoolctl import threadpool_limits
from eigencoder import Autoencoder

X = np.random.default_rng(0).random((1500, 784), "float32")
fitted = Autoencoder(196, max_iter=1, random_state=0, n_jobs=1).fit(X)

def fit(n_jobs, **options):
    return Autoencoder(196, max_iter=1, random_state=0, n_jobs=n_jobs, **options).fit(X).coefs_[0]

call = {
    "transform": lambda n_jobs: fitted.set_params(n_jobs=n_jobs).transform(X),
    "reconstruct": lambda n_jobs: fitted.set_params(n_jobs=n_jobs).reconstruct(X),
    "score_samples": lambda n_jobs: fitted.set_params(n_jobs=n_jobs).score_samples(X),
    "fit": lambda n_jobs: fit(n_jobs, init="glorot", solver="adam"),
    "fit by need": lambda n_jobs: fit(n_jobs, batch_size=64),
}[sys.argv[1]]
expected = call(1)

def leave(n_bytes):
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size, -1))
    taken, n = [], 2**26
    while n >= 2**14:
        try:
            taken.append(np.empty(n, "u1"))
        except MemoryError:
            n //= 2
    resource.setrlimit(resource.RLIMIT_AS, (size + n_bytes, -1))
    return taken

def outcome(n_bytes):
    with threadpool_limits(1, user_api="blas"):  # which starts the threads that OpenBLAS ended at the fork
        pass
    for _ in range(8):  # so that no stack of an earlier thread is left for a new one
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    taken = leave(n_bytes)
    try:
        return 0 if np.array_equal(call(2), expected) else 3
    except MemoryError:
        return 2

largest = 40 if sys.argv[1] == "fit by need" else 24
for n_bytes in range(largest * 2**20, -1, -(2**19)):
    child = os.fork()
    if child == 0:
        os._exit(outcome(n_bytes))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print({0: "equal", 2: "MemoryError", 3: "different"}.get(status, status))
"""


@pytest.mark.parametrize("call", ["transform", "reconstruct", "score_samples", "fit", "fit by need"])
def test_two_threads_with_too_little_memory_give_the_result_or_a_memory_error(call: str) -> None:
    run = subprocess.run([sys.executable, "-c", SCARCE, call], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == {"equal", "MemoryError"}, run.stderr
