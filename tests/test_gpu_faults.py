"""The faults that tests/gpu_emulation/faults.py plants: each can be planted, and its test exists."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gpu_emulation.fault_list import FAULTS, FEW_BLOCKS, Fault

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("fault", [FEW_BLOCKS, *FAULTS], ids=lambda fault: fault.name)
def test_a_fault_has_one_place_to_be_planted(fault: Fault) -> None:
    assert (ROOT / "csrc" / fault.file).read_text().count(fault.found) == 1
    assert fault.planted != fault.found


def test_names_are_those_of_one_fault() -> None:
    assert max(Counter(fault.name for fault in FAULTS).values()) == 1


def test_the_tests_that_catch_them_exist() -> None:
    files = sorted({fault.caught_by.partition("::")[0] for fault in FAULTS})
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", *files]
    collected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    assert {fault.caught_by for fault in FAULTS} <= set(collected)
