"""The CUDA engine, run on the CPU by an emulator, meets the contract in any order of its threads and blocks."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulated_gpu import ALL, ORDERS, WITHOUT_DIFFERENCES, build, check_emulator, start, start_tests

FIT = """
import numpy as np
from eigencoder import Autoencoder
print(Autoencoder(2, max_iter=1, random_state=0, device={device!r}).fit(np.eye(4, 3)).loss_)
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("gpu_emulation"))


@pytest.fixture(scope="module")
def runs(engine: Path) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """One an order, side by side; the longest, with the differences, begins first."""
    started = {
        order: start_tests(engine, order, ALL if order == ORDERS[0] else WITHOUT_DIFFERENCES) for order in ORDERS
    }
    yield started
    for run in started.values():
        run.kill()
        run.wait()


@pytest.mark.parametrize("order", ORDERS)
def test_the_contract_holds_in_any_order(order: str, runs: dict[str, subprocess.Popen[str]]) -> None:
    printed, _ = runs[order].communicate()
    assert runs[order].returncode == 0, printed[-4000:]
    assert " passed" in printed


@pytest.mark.parametrize(
    ("device", "failing_call", "message"),
    [
        ("cuda", "1", "needs NVIDIA's driver, which is not installed"),
        ("cuda", "2", "needs GPU number 0, found 0 GPUs"),
        ("cuda:1", "0", "needs GPU number 1, found 1 GPUs"),
    ],
)
def test_what_is_missing_is_named(engine: Path, device: str, failing_call: str, message: str) -> None:
    run = start(engine, ["-c", FIT.format(device=device)], EIGENCODER_EMULATION_FAIL_AT=failing_call)
    printed, _ = run.communicate()
    assert run.returncode == 1
    assert f"RuntimeError: device '{device if ':' in device else 'cuda:0'}'" in printed
    assert message in printed
    assert "use device='cpu'" in printed


def test_auto_does_without_a_gpu(engine: Path) -> None:
    auto, cpu = (
        start(engine, ["-c", FIT.format(device=device)], EIGENCODER_EMULATION_FAIL_AT="1").communicate()[0]
        for device in ("auto", "cpu")
    )
    assert float(auto) == float(cpu)


def test_show_config_tells_of_the_gpu(engine: Path) -> None:
    printed, _ = start(engine, ["-c", "import eigencoder; eigencoder.show_config()"]).communicate()
    assert "CUDA       available" in printed


def test_the_emulator_finds_faults(engine: Path) -> None:
    check_emulator(engine.parent)
