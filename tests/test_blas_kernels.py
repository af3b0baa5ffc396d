"""No bit depends on the threads of BLAS, whichever of OpenBLAS' kernels a processor gets."""

import ast
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import eigencoder

PROGRAM = """
import hashlib
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits
from eigencoder import Autoencoder, EncoderClassifier

rng = np.random.default_rng(0)
tall = rng.normal(size=(1500, 40)) @ rng.normal(size=(40, 320)) + rng.normal(size=(1500, 320))
wide = np.ascontiguousarray(tall[:150, :])
weights = rng.integers(0, 3, 1500).astype(float)
linear = {"activation": "identity", "solver": "exact", "random_state": 0}

def digest(n_jobs):
    numbers = []
    for x in (tall, wide):
        w = weights[: len(x)]
        for corruption in (None, "masking"):
            exact = Autoencoder(9, corruption=corruption, n_jobs=n_jobs, **linear).fit(x, sample_weight=w)
            numbers += [*exact.coefs_, *exact.intercepts_, exact.loss_, exact.score(x, sample_weight=w)]
        start = {"hidden_layer_sizes": (12,), "scale": "auto", "init": "pca", "max_iter": 2, "random_state": 0}
        for corruption in (None, "masking"):
            started = Autoencoder(9, corruption=corruption, n_jobs=n_jobs, **start).fit(x, sample_weight=w)
            numbers += [*started.coefs_, *started.intercepts_, started.loss_]
        sized = Autoencoder(0.3, max_iter=0, random_state=0, n_jobs=n_jobs).fit(x)
        numbers += [sized.n_components_, *sized.size_curve_.values()]
        sized = Autoencoder(0.3, n_jobs=n_jobs, **linear).fit(x)
        numbers += [sized.n_components_, *sized.size_curve_.values()]
    rows = np.ascontiguousarray(tall.reshape(-1, 10)[:30000])  # so many that BLAS shares them among its threads
    few = Autoencoder(2, max_iter=1, random_state=0, n_jobs=n_jobs).fit(rows)
    numbers += [few.score(rows), few.score(rows, sample_weight=np.resize(weights, len(rows)))]
    trained = Autoencoder(60, max_iter=2, random_state=0, n_jobs=n_jobs)
    trained.fit(tall.astype("float32"), sample_weight=weights)
    numbers += [*trained.coefs_, trained.score(tall), trained.score_samples(tall)]
    classifier = EncoderClassifier(trained, max_iter=2, random_state=0, n_jobs=n_jobs).fit(tall, tall[:, 0] > 0)
    numbers += [classifier.predict_proba(tall)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(n).tobytes() for n in numbers)).hexdigest()

kernels = {library.get("architecture") for library in threadpool_info() if library["user_api"] == "blas"}
print(*kernels)
for n_threads in (1, 2, 7):
    with threadpool_limits(n_threads, user_api="blas"):
        for n_jobs in (1, 2, 7):
            print(digest(n_jobs))
"""


def can_run(kernels: str) -> bool:
    """Whether the processor has the instructions of these kernels."""
    needed = {"Haswell": {"avx2", "fma"}, "Zen": {"avx2", "fma"}, "SkylakeX": {"avx512f", "avx512bw", "avx512vl"}}
    return needed[kernels] <= set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are kernels of x86-64")
@pytest.mark.parametrize("kernels", ["Haswell", "SkylakeX", "Zen"])
def test_no_number_of_threads_changes_a_bit(kernels):
    if not can_run(kernels):
        pytest.skip(f"this processor has not the instructions of OpenBLAS' kernels for {kernels}")
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernels}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    _, *digests = done.stdout.splitlines()
    assert len(digests) == 9
    assert len(set(digests)) == 1, done.stdout


def multiplies_by_blas(source: Path) -> bool:
    """Whether the module has a product of NumPy's or calls SciPy's LAPACK."""
    names = {"dot", "matmul", "inner", "tensordot", "vdot", "multi_dot", "eigh", "qr", "svd", "lstsq", "solve", "inv"}
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.MatMult)
        or (isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) in ("np", "np.linalg"))
        or (isinstance(node, ast.ImportFrom) and node.module in ("scipy.linalg", "numpy.linalg"))
        for node in ast.walk(tree)
    )


def test_only_modules_that_hold_it_to_one_thread_multiply_by_blas():
    """The kernels that showed the fault cannot run everywhere; this can."""
    folder = Path(eigencoder.__file__).parent
    sources = [path for path in folder.rglob("*.py") if path.parent.name not in ("reference", "demo")]
    found = [path for path in sources if multiplies_by_blas(path)]
    assert {path.name for path in found} == {"exact.py", "components.py"}
    assert all('threadpool_limits(1, user_api="blas")' in path.read_text(encoding="utf-8") for path in found)
