"""Builds the CUDA engine for an emulated GPU and runs tests on it: `python tests/emulated_gpu.py address,undefined`."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parent
ORDERS = ("forward", "reverse", "shuffled")
# The differences are those of NumPy, whatever the order. A sanitizer takes its time.
ALL, WITHOUT_DIFFERENCES, SMALL = "", "not differences", "not differences and not large"


def build(folder: Path, sanitizer: str = "", sources: Path = TESTS / "gpu_emulation") -> Path:
    """The engine's library, in ``folder``."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    cmake = shutil.which("cmake", path=path)
    assert cmake is not None, "needs cmake: pip install cmake ninja"
    configure: list[str | Path] = [cmake, "-S", sources, "-B", folder, "-G", "Ninja"]
    if sanitizer:
        configure += [f"-DEIGENCODER_SANITIZER={sanitizer}", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g"]
    target = "eigencoder_engine_cuda_emulated"
    compile_engine: list[str | Path] = [cmake, "--build", folder, "--target", target]
    for command in (configure, compile_engine):
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / f"lib{target}.so"


def start(
    engine: Path, command: Sequence[str | Path], order: str = "forward", **variables: str
) -> subprocess.Popen[str]:
    """A process of Python for which device="cuda" is the emulated GPU."""
    environment = {
        **os.environ,
        "EIGENCODER_CUDA_ENGINE": str(engine),
        "EIGENCODER_TEST_DEVICE": "cuda",
        "EIGENCODER_EMULATION_ORDER": order,
        **variables,
    }
    return subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def start_tests(engine: Path, order: str, marked: str = WITHOUT_DIFFERENCES, **variables: str) -> subprocess.Popen[str]:
    """The contract and what must hold on a GPU beside it."""
    options = ["-q", "-p", "no:cacheprovider", "-m", marked]
    command = ["-m", "pytest", *options, str(TESTS / "contract"), str(TESTS / "gpu")]
    return start(engine, command, order, **variables)


def preload(sanitizer: str) -> dict[str, str]:
    """What lets a library with a sanitizer run inside a Python that has none."""
    runtime = {"address": "libasan.so", "thread": "libtsan.so"}[sanitizer.partition(",")[0]]
    compiler = os.environ.get("CXX", "g++")
    libraries = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in (runtime, "libstdc++.so")
    ]
    return {"LD_PRELOAD": " ".join(libraries), "ASAN_OPTIONS": "detect_leaks=0"}  # Python itself leaks


def main() -> None:
    (sanitizer,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        engine = build(Path(folder), sanitizer)
        runs = {order: start_tests(engine, order, SMALL, **preload(sanitizer)) for order in ORDERS}
        for order, run in runs.items():
            printed, _ = run.communicate()
            print(f"{sanitizer}, {order}: {printed[-300:] if run.returncode == 0 else printed}")
        if any(run.returncode for run in runs.values()):
            sys.exit(1)


if __name__ == "__main__":
    main()
