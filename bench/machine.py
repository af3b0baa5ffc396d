"""On what the figures were measured."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

import joblib
import threadpoolctl

import eigencoder
from eigencoder import _core

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "jax", "jaxlib", "pyod", "onnxruntime", "safetensors")

# They make OpenBLAS run the kernel or the blocking of another processor; the peers are to run at their best.
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Machine(TypedDict):
    cpu: str
    cores: int
    load_average: float
    engine: str
    blas: str
    versions: str


def describe_machine() -> Machine:
    """The load is that of the last minute; above about 0.2 something else was running."""
    versions = {"eigencoder": eigencoder.__version__, "Python": platform.python_version(), **installed_versions()}
    return Machine(
        cpu=cpu_model(),
        cores=joblib.cpu_count(),
        load_average=round(os.getloadavg()[0], 2),
        engine=_core.engine()["name"],
        blas=blas_of_numpy(),
        versions=", ".join(f"{name} {number}" for name, number in versions.items()),
    )


def cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def installed_versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def blas_of_numpy() -> str:
    """Library, version, kernel and threads, as threadpoolctl finds them; SciPy may have loaded one of its own."""
    loaded = threadpoolctl.threadpool_info()
    libraries = [library for library in loaded if library["user_api"] == "blas"]
    of_numpy = [library for library in libraries if "numpy" in library["filepath"]] or libraries
    return ", ".join(
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')} "
        f"({library['num_threads']} threads)"
        for library in of_numpy
    )


def restart_without_openblas_overrides() -> None:
    """OpenBLAS reads them as NumPy is imported, so that a new process is needed."""
    environment = {name: value for name, value in os.environ.items() if name not in OPENBLAS_OVERRIDES}
    if len(environment) < len(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
