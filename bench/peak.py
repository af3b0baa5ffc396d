"""What the processor could do at most, measured among the rest of the run."""

import os
import shutil
import subprocess
import weakref
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

import joblib
import numpy as np
import threadpoolctl

from .timing import Timed

SOURCE = Path(__file__).with_name("fma_peak.cpp")
FLAGS = ("-std=c++20", "-O3", "-march=native", "-ffp-contract=fast", "-pthread")
MATRIX_SIZE = 2048


class Peak(ABC):
    """The best rates seen so far, GFLOP/s in float32."""

    description: ClassVar[str]

    def __init__(self) -> None:
        self.n_cores = joblib.cpu_count()
        self.all_cores = 0.0
        self.one_core = 0.0

    def take_turn(self, seconds: float) -> None:
        self.all_cores = max(self.all_cores, self.gflops(self.n_cores, seconds / 2))
        self.one_core = max(self.one_core, self.gflops(1, seconds / 2))

    @abstractmethod
    def gflops(self, n_threads: int, seconds: float) -> float: ...


class FmaPeak(Peak):
    """A compiled program that does nothing but multiply and add in registers."""

    description = "FMA peak, multiply-adds in registers (fma_peak.cpp)"

    def __init__(self, compiler: str) -> None:
        super().__init__()
        folder = mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        self._program = Path(folder) / "fma_peak"
        subprocess.run(
            [compiler, *FLAGS, str(SOURCE), "-o", str(self._program)], check=True, capture_output=True, text=True
        )

    def gflops(self, n_threads: int, seconds: float) -> float:
        command = [str(self._program), str(n_threads), str(seconds)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class SgemmPeak(Peak):
    """A large float32 product in NumPy: below the FMA peak, but it needs no compiler."""

    description = "sgemm roof, a large product in NumPy (the FMA peak needs a C++ compiler, as c++ or $CXX)"

    def __init__(self) -> None:
        super().__init__()
        a, b = np.random.default_rng(0).random((2, MATRIX_SIZE, MATRIX_SIZE), dtype=np.float32)
        self._product = partial(np.dot, a, b, out=np.empty_like(a))

    def gflops(self, n_threads: int, seconds: float) -> float:
        timed = Timed(self._product)
        with threadpoolctl.threadpool_limits(n_threads, user_api="blas"):
            timed.take_turn(seconds)
        return 2 * MATRIX_SIZE**3 / timed.seconds / 1e9


def measurable_peak() -> Peak:
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        return SgemmPeak()
    try:
        return FmaPeak(compiler)
    except subprocess.CalledProcessError as error:
        print(f"{compiler} cannot compile {SOURCE.name}: {error.stderr.strip()}")
        return SgemmPeak()
