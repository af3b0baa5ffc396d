"""What a fit holds beside its data: parameters, gradients and moments, and the buffers of one batch."""

import subprocess
import sys

import pytest

# The data lies in a file, so that what is anonymous is the fit's own.
CODE = """
import sys, tempfile, threading, time
import numpy as np
from eigencoder import Autoencoder, DenoisingAutoencoder

n_samples, n_features, n_components, batch_size = 40_000, 500, 1000, 64
estimator = {"plain": Autoencoder, "denoising": DenoisingAutoencoder}[sys.argv[1]]
with tempfile.TemporaryFile() as file:
    x = np.memmap(file, "float32", "w+", shape=(n_samples, n_features))
    x[:] = np.random.default_rng(0).random((n_samples, 1), "float32")
    estimator(2, max_iter=1).fit(x[:100])  # whatever a first fit loads

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
    estimator(n_components, batch_size=batch_size, max_iter=2, n_jobs=2).fit(x)
    done.set()
    thread.join()

n_parameters = 2 * n_features * n_components + n_features + n_components
n_arrays = 5  # parameters, gradients, two moments, the parameters at the start of the epoch
n_batch = batch_size * (2 * n_features + 2 * n_components + 2 * n_features)  # rows, activations, their gradients
print(peak - before, 4 * (n_arrays * n_parameters + n_batch) + 8 * n_samples, x.nbytes)
"""
SLACK = 8 * 2**20  # panels of the products, stacks of the threads, the allocator


@pytest.mark.parametrize("estimator", ["plain", "denoising"])
def test_a_fit_holds_its_data_once(estimator: str) -> None:
    run = subprocess.run([sys.executable, "-c", CODE, estimator], capture_output=True, text=True, check=True)
    held, expected, data = map(int, run.stdout.split())
    assert held < expected + SLACK < data
