"""C++ and C programs that find the installed package and use its public headers alone."""

import re
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

import cpp_builds
from as_given import Autoencoder
from eigencoder import _core
from tolerances import TRAINING


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cpp_builds.build(cpp_builds.ROOT / "tests/cpp", tmp_path_factory.mktemp("cpp"), cpp_builds.installed())


def output_of(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_program_matches_python(build: Path) -> None:
    printed = output_of(build / "embed")
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


@pytest.mark.parametrize(
    "program",
    [
        "threads",  # concurrent trainings give the bits of one thread
        "allocations",  # a training step allocates nothing, and only the caller ever does
        "model_file",  # load gives back what save wrote, which takes the old file's place whole or not at all
        "damaged_files",  # every truncation, every changed byte and every lie is refused
        "shared_model",  # one model of the C API serves many threads
    ],
)
def test_program_holds_what_it_says(build: Path, program: str) -> None:
    output_of(build / program)


@pytest.fixture(scope="module")
def models(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    output_of(build / "write_models", folder)
    return folder


def test_a_c_program_links_the_library_alone(build: Path, models: Path) -> None:
    output_of(build / "c_api", models)
    table = output_of("objdump", "--private-headers", build / "c_api")
    needed = [line.split()[1] for line in table.splitlines() if "NEEDED" in line]
    assert sorted(needed) == ["libc.so.6", "libeigencoder.so"]


def test_no_exception_crosses_the_c_api_where_memory_runs_out(build: Path, models: Path) -> None:
    output_of(build / "c_api", models, "scarce")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 100, 100_003])
def test_checksum_is_that_of_zlib(build: Path, tmp_path: Path, size: int) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(np.random.default_rng(size).bytes(size))
    assert int(output_of(build / "checksum", file), 16) == zlib.crc32(file.read_bytes())


def test_the_library_exports_its_api_and_nothing_of_its_json() -> None:
    library = Path(_core.__file__).parent / "lib" / "libeigencoder.so"
    table = output_of("nm", "--dynamic", "--defined-only", "--demangle", "--format=posix", library)
    assert "eigencoder_load" in table
    ours = re.compile(r"((typeinfo|typeinfo name|vtable) for )?eigencoder(::|_)")
    assert [line for line in table.splitlines() if not ours.match(line) or "nlohmann" in line] == []
