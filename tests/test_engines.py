"""The engine that is asked for runs, as its instructions show; each meets the numeric contract."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import eigencoder
from eigencoder import _core

CONTRACT = Path(__file__).parent / "contract"
PACKAGE = Path(_core.__file__).parent

# Registers and instructions that a level adds, and those that it must not hold.
ZMM, YMM, FMA = r"%zmm\d", r"%ymm\d", r"\bvf(?:n?m)(?:add|sub)"
INSTRUCTIONS = {
    "x86_v2": ([], [ZMM, YMM, FMA]),
    "x86_v3": ([YMM, FMA], [ZMM]),
    "x86_v4": ([ZMM, FMA], []),
}
LEVELS = [level for level in _core.available_engines() if level in INSTRUCTIONS]
pytestmark = pytest.mark.skipif(not LEVELS, reason="the levels are those of x86-64")


def run(code: str, level: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "EIGENCODER_CPU_LEVEL"}
    if level is not None:
        environment["EIGENCODER_CPU_LEVEL"] = level
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def disassembly(library: Path) -> str:
    return subprocess.run(
        ["objdump", "--disassemble", "--no-show-raw-insn", str(library)], capture_output=True, text=True, check=True
    ).stdout


def engines_in_memory(level: str | None) -> list[Path]:
    """The engine libraries that a process has mapped once it has trained."""
    code = """
import numpy as np, eigencoder
eigencoder.Autoencoder(2, max_iter=1).fit(np.ones((4, 3)))
print(open('/proc/self/maps').read())
"""
    maps = run(code, level).stdout
    return [Path(path) for path in sorted(set(re.findall(r"/\S*libeigencoder_engine_\S+", maps)))]


@pytest.mark.parametrize("level", LEVELS)
def test_the_forced_engine_alone_is_in_memory_and_has_its_level_s_instructions(level: str) -> None:
    (library,) = engines_in_memory(level)
    instructions = disassembly(library)
    present, absent = INSTRUCTIONS[level]
    for pattern in present:
        assert re.search(pattern, instructions), f"{library} does not use {pattern}"
    for pattern in absent:
        assert not re.search(pattern, instructions), f"{library} uses {pattern}"


def test_the_best_engine_is_the_default() -> None:
    assert engines_in_memory(None) == engines_in_memory(LEVELS[-1])


def test_what_chooses_the_engine_runs_on_any_processor() -> None:
    for library in (Path(_core.__file__), *(PACKAGE / "lib").glob("libeigencoder.*")):
        instructions = disassembly(library)
        assert not any(re.search(pattern, instructions) for pattern in (ZMM, YMM, FMA)), library


def test_an_engine_exports_its_factory_alone() -> None:
    for library in (PACKAGE / "lib").glob("libeigencoder_engine_*"):
        names = subprocess.run(
            ["nm", "--dynamic", "--defined-only", "--format=just-symbols", str(library)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert names == ["eigencoder_engine"]


def test_an_engine_that_cannot_run_is_an_import_error_that_lists_those_that_can() -> None:
    result = run("import eigencoder", "sparc_v9")
    assert result.returncode != 0
    assert "ImportError: EIGENCODER_CPU_LEVEL=sparc_v9" in result.stderr
    assert all(level in result.stderr for level in LEVELS)


@pytest.mark.parametrize("level", [level for level in LEVELS if level != _core.engine()["name"]])
def test_the_numeric_contract_holds_at_every_level(level: str) -> None:
    code = f"import sys, pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(CONTRACT)!r}]))"
    result = run(code, level)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]


def test_show_config_tells_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    eigencoder.show_config()
    shown = capsys.readouterr().out
    assert _core.engine()["name"] in shown
    assert all(name in shown for name in _core.available_engines())
