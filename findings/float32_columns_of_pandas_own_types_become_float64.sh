#!/usr/bin/env bash
# scikit-learn 1.9.1 with pandas 3.1.1 (NumPy 2.4.6, pyarrow 26.0.1): a transformer that keeps float32
# as float32 answers in float64, and computes in it, where a DataFrame holds the same float32 numbers in pandas' own
# types, "Float32" or "float[pyarrow]". No warning is given. Expected: float32 in all three cases.
#
# Seen: numpy float32, Float32 float64, pyarrow float64
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "scikit-learn==1.9.1" "pandas==3.1.1" "numpy==2.4.6" "pyarrow==26.0.1"
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

frame = pd.DataFrame(np.random.default_rng(0).random((20, 3)).astype("float32"))
seen = {
    name: PCA(2).fit_transform(frame.astype(dtype)).dtype.name
    for name, dtype in {"numpy": "float32", "Float32": "Float32", "pyarrow": "float[pyarrow]"}.items()
}
print(", ".join(f"{name} {dtype}" for name, dtype in seen.items()))
assert seen == {"numpy": "float32", "Float32": "float64", "pyarrow": "float64"}, "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
