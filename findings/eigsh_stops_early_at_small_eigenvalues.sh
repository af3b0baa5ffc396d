#!/usr/bin/env bash
# SciPy 1.17.1 (NumPy 2.4.6): `scipy.sparse.linalg.eigsh` with tol=0, which asks for machine precision, gives eigenvalues
# that are wrong by up to 4 % where all of a matrix' eigenvalues are below eps^(2/3) = 4e-11, as those of a covariance
# of rows in small units are; the same matrix times 1e20 gives them right. No error or warning is given. ARPACK ends
# where a residual is below tol * max(eps^(2/3), |eigenvalue|). `scipy.linalg.eigh` does not depend on the factor.
# Expected: eigsh(factor * A) = factor * eigsh(A), up to rounding.
#
# Seen: factor 1 [60.7 60.8 60.9], factor 1e-30 [58.38 59.91 60.73], eigh at 1e-30 [60.7 60.8 60.9]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "scipy==1.17.1" "numpy==2.4.6"
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh

matrix = np.diag(1 + np.arange(600) / 10)
start = np.random.default_rng(0).standard_normal(600)


def largest(factor):
    return eigsh(factor * matrix, 3, v0=start, which="LA", return_eigenvectors=False) / factor


print(f"factor 1 {np.sort(largest(1.0)).round(2)}, factor 1e-30 {np.sort(largest(1e-30)).round(2)}")
exact = eigh(1e-30 * matrix, eigvals_only=True, subset_by_index=(597, 599)) / 1e-30
print(f"eigh at 1e-30 {exact.round(2)}")
assert np.allclose(np.sort(largest(1.0)), [60.7, 60.8, 60.9], rtol=1e-12)
assert np.allclose(exact, [60.7, 60.8, 60.9], rtol=1e-12)
assert np.abs(np.sort(largest(1e-30)) - [58.37923746, 59.91412551, 60.72664158]).max() < 0.5, "the behaviour has changed"
assert np.abs(np.sort(largest(1e-30)) / [60.7, 60.8, 60.9] - 1).max() > 0.01, "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
