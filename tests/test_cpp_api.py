"""A C++ program that finds the installed package, uses its public headers alone, and computes what Python computes."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from as_given import Autoencoder
from eigencoder import _core
from tolerances import TRAINING

SOURCES = Path(__file__).parent / "cpp"
CMAKE_CONFIG = Path(_core.__file__).parent / "lib" / "cmake" / "eigencoder"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cpp")
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    cmake = shutil.which("cmake", path=path)
    assert cmake is not None
    environment = {**os.environ, "PATH": path}
    configure = [cmake, "-S", SOURCES, "-B", folder, "-G", "Ninja", f"-Deigencoder_DIR={CMAKE_CONFIG}"]
    for command in (configure, [cmake, "--build", folder]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_program_matches_python(build: Path) -> None:
    printed = subprocess.run([build / "embed"], capture_output=True, text=True, check=True).stdout
    numbers = np.array(printed.split(), dtype=float)
    loss_curve, codes, scores = numbers[:5], numbers[5 : 5 + 40 * 4].reshape(40, 4), numbers[-40:]

    i, j = np.arange(40)[:, np.newaxis], np.arange(12)
    x = (i * (j + 3) + j * j) % 17 / 17.0
    model = Autoencoder(
        4,
        hidden_layer_sizes=(8,),
        penalty="kl",
        corruption="masking",
        learning_rate_init=0.01,
        batch_size=16,
        max_iter=5,
        tol=0,
        random_state=7,
    ).fit(x)
    close = TRAINING["cpu", "float64"].assert_close
    close(loss_curve, model.loss_curve_)
    close(codes, model.transform(x))
    close(scores, model.score_samples(x))


def test_concurrent_trainings_give_the_bits_of_one_thread(build: Path) -> None:
    done = subprocess.run([build / "threads"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_training_step_allocates_nothing_and_only_the_caller_ever_does(build: Path) -> None:
    done = subprocess.run([build / "allocations"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
