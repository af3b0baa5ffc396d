"""The oracle stands alone: NumPy and the standard library, nothing of the package that it checks."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import eigencoder.reference

FOLDER = Path(eigencoder.reference.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))


def foreign_imports(source: str) -> list[str]:
    """What a module of the reference imports, at any depth of its code, that it must not."""
    foreign = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            foreign += [alias.name for alias in node.names if not allowed(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            outside = node.level > 1 or (node.level == 0 and not allowed(node.module or ""))
            foreign += ["." * node.level + (node.module or "")] if outside else []
    return foreign


def allowed(name: str) -> bool:
    package = name.split(".")[0]
    return package == "numpy" or (package in sys.stdlib_module_names and package != "importlib")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_reference_imports_numpy_and_the_standard_library_only(module: Path) -> None:
    assert foreign_imports(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import scipy.special", ["scipy.special"]),
        ("def f():\n    from eigencoder import _core", ["eigencoder"]),
        ("from .. import _core", [".."]),
        ("from .._base import check", [".._base"]),
        ("import importlib", ["importlib"]),
        ("import math\nimport numpy as np\nfrom . import kernels\nfrom .config import Array", []),
    ],
)
def test_a_foreign_import_is_seen(source: str, found: list[str]) -> None:
    assert foreign_imports(source) == found


def test_reference_trains_without_the_package_around_it() -> None:
    program = f"""
import sys, types
import numpy as np
package = types.ModuleType("eigencoder")
package.__path__ = [{str(FOLDER.parent)!r}]
sys.modules["eigencoder"] = package
before = set(sys.modules)
from eigencoder.reference import Dataset, Network, Objective, Optimizer, Schedule, fit
network = Network((3, 2, 3), ("sigmoid", "identity"))
fit(network, Objective(), Optimizer(), Schedule(max_iter=1), Dataset.of(np.eye(3)), seed=0)
foreign = {{name for name in set(sys.modules) - before if not name.startswith("eigencoder.reference")}}
print(*(name for name in foreign if name.split(".")[0] not in {{*sys.stdlib_module_names, "numpy"}}))
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
