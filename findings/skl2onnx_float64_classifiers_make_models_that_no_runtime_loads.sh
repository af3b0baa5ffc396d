#!/usr/bin/env bash
# skl2onnx 1.20.0 (onnx 1.23.2, onnxruntime 1.32.0, scikit-learn 1.9.1): `to_onnx` of a LogisticRegression that was fitted
# on float64, with all defaults, gives a model that onnx.checker accepts and onnxruntime refuses to load: the default
# option "zipmap" puts a ZipMap behind double probabilities, and ZipMap takes none. The conversion gives no word of it.
# The same with options={"zipmap": False} loads and is right, and float32 data load with the default.
# Expected: a conversion with defaults, without an error, runs in the runtime that it is made for.
#
# Seen: float32 zipmap loads; float64 zipmap refused: InvalidGraph; float64 without zipmap loads
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "skl2onnx==1.20.0" "onnx==1.23.2" "onnxruntime==1.32.0" "scikit-learn==1.9.1"
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from sklearn.linear_model import LogisticRegression
from skl2onnx import to_onnx

rows = np.random.default_rng(0).normal(size=(60, 3))
classes = (rows[:, 0] > 0).astype(int)


def outcome(dtype, **options):
    x = rows.astype(dtype)
    model = to_onnx(LogisticRegression().fit(x, classes), x[:1], **options)
    onnx.checker.check_model(model)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString())
    except Exception as error:
        return f"refused: {type(error).__name__}"
    assert (session.run(None, {"X": x})[0] == LogisticRegression().fit(x, classes).predict(x)).all()
    return "loads"


found = [outcome(np.float32), outcome(np.float64), outcome(np.float64, options={"zipmap": False})]
print(f"float32 zipmap {found[0]}; float64 zipmap {found[1]}; float64 without zipmap {found[2]}")
assert found[0] == found[2] == "loads"
assert found[1].startswith("refused"), "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
