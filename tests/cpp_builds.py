"""CMake, as a program that builds against eigencoder runs it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_cmake(*arguments: str | Path) -> None:
    """``cmake`` with these arguments."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    cmake = shutil.which("cmake", path=path)
    assert cmake is not None
    environment = {**os.environ, "PATH": path}
    done = subprocess.run([cmake, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build(source: Path, folder: Path, *options: str, target: str = "all") -> Path:
    """The folder, with what CMake has built of the source there."""
    run_cmake("-S", source, "-B", folder, "-G", "Ninja", *options)
    run_cmake("--build", folder, "--target", target)
    return folder


def installed() -> str:
    """The option by which CMake finds the installed package."""
    command = [sys.executable, "-m", "eigencoder", "--cmake-dir"]
    return f"-Deigencoder_DIR={subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}"
