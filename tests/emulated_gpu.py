"""Builds the CUDA engine for an emulated GPU and runs tests on it.

`python tests/emulated_gpu.py address,undefined` does so under a sanitizer, the emulator's own tests included.
"""

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
    target = "eigencoder_engine_cuda_emulated"
    options = [f"-DEIGENCODER_SANITIZER={sanitizer}", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g"] if sanitizer else []
    run_tool("cmake", "-S", sources, "-B", folder, "-G", "Ninja", *options)
    run_tool("cmake", "--build", folder, "--target", target)
    return folder / f"lib{target}.so"


def check_emulator(folder: Path) -> None:
    """Build and run the emulator's own tests, where the engine was built."""
    run_tool("cmake", "--build", folder)
    run_tool("ctest", "--test-dir", folder, "--output-on-failure")


def run_tool(name: str, *arguments: str | Path) -> None:
    """A program of CMake's."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    program = shutil.which(name, path=path)
    assert program is not None, f"needs {name}: pip install cmake ninja"
    done = subprocess.run(
        [program, *arguments], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-m", marked]
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
    return {
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself leaks
        "OPENBLAS_NUM_THREADS": "1",  # its threads meet where no sanitizer sees it
    }


def main() -> None:
    (sanitizer,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        engine = build(Path(folder), sanitizer)
        check_emulator(Path(folder))
        orders = ORDERS[-1:] if sanitizer == "thread" else ORDERS  # under it the threads of a block run as they like
        runs = {order: start_tests(engine, order, SMALL, **preload(sanitizer)) for order in orders}
        for order, run in runs.items():
            printed, _ = run.communicate()
            print(f"{sanitizer}, {order}: {printed[-300:] if run.returncode == 0 else printed}")
        if any(run.returncode for run in runs.values()):
            sys.exit(1)


if __name__ == "__main__":
    main()
