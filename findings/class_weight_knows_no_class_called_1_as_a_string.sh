#!/usr/bin/env bash
# scikit-learn 1.9.1 (NumPy 2.4.6): a dict as class_weight is refused where its keys are the classes themselves, if these
# are strings of digits or numbers between integers, though the error names them as missing. Classes "a" and "b", 1.0 and
# 2.0, or True and False are found. Expected: the weight that the dict has for the class.
#
# Seen: ['a', 'b'] taken; ['1', '2'] ValueError: The classes, [1, 2], are not in class_weight;
#       [0.5, 1.5] ValueError: The classes, [0, 1], are not in class_weight
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "scikit-learn==1.9.1" "numpy==2.4.6"
cat > "$folder/run.py" <<'PYTHON'
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

seen = []
for classes in (["a", "b"], ["1", "2"], [0.5, 1.5]):
    y = np.array(classes)
    try:
        weights = compute_class_weight(dict(zip(classes, (1.0, 3.0))), classes=y, y=y)
        assert weights.tolist() == [1.0, 3.0]
        seen.append("taken")
    except ValueError as error:
        seen.append(f"ValueError: {error}")
    print(classes, seen[-1])
assert seen == [
    "taken",
    "ValueError: The classes, [1, 2], are not in class_weight",
    "ValueError: The classes, [0, 1], are not in class_weight",
], "the behaviour has changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
