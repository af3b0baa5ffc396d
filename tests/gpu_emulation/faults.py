"""Plants faults in the CUDA backend and sees that tests find them: `python tests/gpu_emulation/faults.py [NAME...]`."""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulated_gpu import TESTS, build, preload, start
from gpu_emulation.fault_list import FAULTS, FEW_BLOCKS, Fault

Variant = tuple[bool, str]  # of the engine: with few blocks, and under which sanitizer
TESTS_FAILED = 1  # exit codes of pytest and of a sanitizer that found something
SANITIZER_FOUND = 66


def variant_of(fault: Fault) -> Variant:
    return fault.few_blocks, fault.sanitizer


class Copy:
    """A copy of the sources in which faults are planted, and its builds."""

    def __init__(self, folder: Path, variant: Variant) -> None:
        few_blocks, self._sanitizer = variant
        self._folder = folder
        for part in ("csrc", "tests/gpu_emulation"):
            shutil.copytree(TESTS.parent / part, folder / part)
        if few_blocks:
            self._replace(FEW_BLOCKS)

    def build(self) -> Path:
        return build(self._folder / "build", self._sanitizer, self._folder / "tests" / "gpu_emulation")

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[Path]:
        """The engine with the fault."""
        path, original = self._replace(fault)
        try:
            yield self.build()
        finally:
            path.write_text(original)

    def _replace(self, fault: Fault) -> tuple[Path, str]:
        path = self._folder / "csrc" / fault.file
        original = path.read_text()
        assert original.count(fault.found) == 1, f"{fault.name}: {fault.file} must have {fault.found!r} once"
        path.write_text(original.replace(fault.found, fault.planted))
        return path, original


def run_tests(engine: Path, tests: Iterable[str], fault: Fault) -> tuple[int, str]:
    """The exit code and the output of these tests, as the fault wants them run."""
    options = ["-q", "-s", "-p", "no:cacheprovider", "--tb=short"]
    command = ["-m", "pytest", *options, *(str(TESTS.parent / test) for test in tests)]
    variables = preload(fault.sanitizer) | {"TSAN_OPTIONS": f"exitcode={SANITIZER_FOUND}"} if fault.sanitizer else {}
    run = start(engine, command, fault.order, **variables)
    printed, _ = run.communicate()
    return run.returncode, printed


def is_caught(code: int) -> bool:
    """Whether a test failed, or the process was ended; not where there was no test to run."""
    return code in (TESTS_FAILED, SANITIZER_FOUND) or code < 0


def message_of(printed: str) -> str:
    """What shows the fault best: the emulator's or the sanitizer's message, else how far a number was off."""
    for pattern in (
        r"gpu emulation: .*",
        r"SUMMARY: .*",
        r"Max relative difference among violations: .*",
        r"\S+ location mismatch",
        r"Mismatched elements: .*",
        r"^E +(assert .*)",
        r"^E +([\w.]+: \S.*)",
        r"(.*\S)",
    ):
        if found := re.findall(pattern, printed, re.MULTILINE):
            message = str(found[-1]).replace("(anonymous namespace)::", "")
            message = re.sub(r"kernel [^(<]*?(\w+)[(<].*\)(?=, block| is| holds)", r"kernel \1", message)
            return re.sub(r"\S*/csrc/", "csrc/", message)
    return "nothing was printed"


def refuse_tests_that_fail_without_a_fault(engine: Path, faults: Sequence[Fault]) -> None:
    for _, in_order in groupby(sorted(faults, key=lambda fault: fault.order), key=lambda fault: fault.order):
        same_order = list(in_order)
        tests = {fault.caught_by for fault in same_order}
        code, printed = run_tests(engine, tests, same_order[0])
        if code != 0 or not re.search(rf"^{len(tests)} passed in", printed, re.MULTILINE):
            sys.exit(f"{printed}\n{len(tests)} tests must pass before a fault is planted")


def outcome(copy: Copy, fault: Fault) -> tuple[bool, str]:
    """Whether the fault was caught, and how it showed."""
    try:
        with copy.planted(fault) as engine:
            code, printed = run_tests(engine, [fault.caught_by], fault)
    except AssertionError as error:
        return False, f"DOES NOT BUILD: {error}"
    return (True, message_of(printed)) if is_caught(code) else (False, "SURVIVED")


def main() -> None:
    names = sys.argv[1:]
    if unknown := set(names) - {fault.name for fault in FAULTS}:
        sys.exit(f"no such faults: {sorted(unknown)}")
    chosen = sorted((fault for fault in FAULTS if not names or fault.name in names), key=variant_of)
    n_survived = 0
    for variant, faults_of_variant in groupby(chosen, key=variant_of):
        faults = list(faults_of_variant)
        with tempfile.TemporaryDirectory() as folder:
            copy = Copy(Path(folder), variant)
            refuse_tests_that_fail_without_a_fault(copy.build(), faults)
            for fault in faults:
                caught, message = outcome(copy, fault)
                n_survived += not caught
                print(f"{fault.name} | {fault.caught_by.rpartition('/')[2]} | {message}", flush=True)
    print(f"{len(chosen) - n_survived} of {len(chosen)} faults were caught")
    sys.exit(1 if n_survived else 0)


if __name__ == "__main__":
    main()
