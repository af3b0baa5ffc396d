"""What must hold on a GPU beside the contract. Runs where EIGENCODER_TEST_DEVICE names one, real or emulated."""

import ctypes
import os
from collections.abc import Iterator

import pytest

from backend import BACKEND

HERE = os.path.dirname(__file__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if BACKEND == "cuda":
        return
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.skip(reason="EIGENCODER_TEST_DEVICE names no GPU"))


@pytest.fixture
def emulation() -> Iterator[ctypes.CDLL]:
    """What the emulator can be told and asked; a test that needs it is skipped on a real GPU."""
    if "EIGENCODER_CUDA_ENGINE" not in os.environ:
        pytest.skip("needs the emulated GPU")
    library = ctypes.CDLL(os.environ["EIGENCODER_CUDA_ENGINE"])
    library.eigencoder_emulation_fail_at.argtypes = [ctypes.c_long]
    library.eigencoder_emulation_calls.restype = ctypes.c_long
    library.eigencoder_emulation_live.restype = ctypes.c_long
    library.eigencoder_emulation_report_free_memory.argtypes = [ctypes.c_size_t]
    yield library
    library.eigencoder_emulation_fail_at(0)
    library.eigencoder_emulation_report_free_memory(2**62)
