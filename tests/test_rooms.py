"""The rooms of the Python package: what each may import, and that importing the package imports nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import eigencoder

FOLDER = Path(eigencoder.__file__).parent
PACKAGE = "eigencoder"
# From the top to the ground; a module may import what stands in its own row or in a lower one.
FLOORS = [
    ["__main__"],
    ["cli", "demo"],
    ["export", "_progress"],
    ["config", "gradients", "classifier", "stacked", "sparse", "denoising", "encoder"],
    ["autoencoder"],
    ["_base"],
    ["model_file", "_file"],
    ["_training"],
    ["_data"],
    ["_core", "exceptions", "reference"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imported_rooms(source: Path) -> set[str]:
    """The rooms that a module of the package imports from."""
    place = (PACKAGE, *source.relative_to(FOLDER).with_suffix("").parts)
    names = []
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = (*place[: len(place) - node.level], *(node.module.split(".") if node.module else ()))
            names += [(*module, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [(*node.module.split("."), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [tuple(alias.name.split(".")) for alias in node.names]
    return {name[1] for name in names if name[0] == PACKAGE and len(name) > 1 and name[1] in FLOOR_OF}


SOURCES = sorted(path for path in FOLDER.rglob("*.py") if path.parent.name != "__pycache__")


def test_every_module_stands_in_a_room():
    assert {path.relative_to(FOLDER).parts[0].removesuffix(".py") for path in SOURCES} <= {*FLOOR_OF, "__init__"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_imports_run_downwards(source):
    room = source.relative_to(FOLDER).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert [name for name in imported_rooms(source) if FLOOR_OF[name] < FLOOR_OF[room]] == []


@pytest.mark.parametrize("source", [path for path in SOURCES if "export" in path.parts], ids=lambda path: path.name)
def test_export_uses_public_names_alone(source):
    assert imported_rooms(source) <= {"export", "_file"}


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_neither_scikit_learn_nor_scipy():
    heavy = ["sklearn", "scipy", "joblib", "pandas", "onnx", "safetensors"]
    assert run(f"import sys, eigencoder; print([m for m in {heavy} if m in sys.modules])") == "[]\n"


def test_each_public_name_is_imported_when_it_is_used():
    program = "import eigencoder; print([n for n in eigencoder.__all__ if getattr(eigencoder, n, None) is None])"
    assert run(program) == "[]\n"
    assert set(eigencoder.__all__) <= set(dir(eigencoder))
    with pytest.raises(AttributeError, match="no attribute 'Autoencoders'"):
        _ = eigencoder.Autoencoders


def test_a_limit_of_threadpoolctl_reaches_a_first_use_inside_it():
    program = """
import eigencoder, threadpoolctl
with threadpoolctl.threadpool_limits(1):
    from eigencoder._training.threads import n_threads
    print(n_threads(None))
"""
    assert run(program) == "1\n"
