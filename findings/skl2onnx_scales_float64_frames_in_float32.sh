#!/usr/bin/env bash
# skl2onnx 1.20.0 (onnx 1.23.2, onnxruntime 1.32.0, scikit-learn 1.9.1, pandas 2.3.3): a StandardScaler fitted on a DataFrame
# whose columns are all float64 is converted to a graph with double inputs and a double output, but the columns meet in
# a FeatureVectorizer, which computes in float32. Seconds since 1970, near 1.7e9 and an hour apart at most, come out wrong by
# hundredths of a standard deviation. The same scaler and rows as a matrix, or in a ColumnTransformer, are right to 1e-6.
# No error or warning.
# Expected: with double in and double out, the digits in between are those of double.
#
# Seen: matrix 0.0e+00, frame 0.061 (largest error, in standard deviations); outputs tensor(double), tensor(double)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "skl2onnx==1.20.0" "onnx==1.23.2" "onnxruntime==1.32.0" "scikit-learn==1.9.1" "pandas==2.3.3"
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(0)
frame = pd.DataFrame({"time": 1.7e9 + random.uniform(0, 3600, 50), "load": random.normal(size=50)})
matrix = frame.to_numpy()


def largest_error(rows, feed):
    scaler = StandardScaler().fit(rows)
    session = onnxruntime.InferenceSession(to_onnx(scaler, rows[:1]).SerializeToString())
    output = session.run(None, feed)[0]
    return np.abs(output - scaler.transform(rows)).max(), session.get_outputs()[0].type


of_matrix = largest_error(matrix, {"X": matrix})
of_frame = largest_error(frame, {name: frame[[name]].to_numpy() for name in frame})
print(f"matrix {of_matrix[0]:.1e}, frame {of_frame[0]:.2g} (largest error, in standard deviations); outputs", end=" ")
print(f"{of_matrix[1]}, {of_frame[1]}")
assert of_matrix[0] < 1e-6
assert of_frame[0] > 0.01, "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
