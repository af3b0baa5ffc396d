"""The documents: their Python runs and prints what they show, their links lead somewhere, their lists are complete.

A ```python block may be followed by a ```text block, which shows what it prints. The blocks of a file run in order and
share their names. An example shows what it prints at its top, below the command that runs it.
"""

import io
import os
import re
import runpy
import shutil
import subprocess
import sysconfig
from contextlib import redirect_stdout
from fnmatch import filter as matching
from pathlib import Path
from typing import Any

import pytest

from eigencoder import _core
from eigencoder.reference.formulas import ACTIVATIONS, LOSSES
from eigencoder.reference.kernels import CORRUPTIONS
from eigencoder.reference.objective import PENALTIES
from eigencoder.reference.update_rules import UPDATE_RULES
from tolerances import DOCUMENTED

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
RUNNABLE = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
EXAMPLES = sorted(ROOT.glob("examples/*.py"))

BLOCK = re.compile(r"^```python\n(?P<source>.*?)^```\n(?:\s*^```text\n(?P<shown>.*?)^```$)?", re.MULTILINE | re.DOTALL)
DECIMAL = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?")
SOURCE_FILE = re.compile(r"[\w*]+\.(?:h|cpp|pyi?)\b")
RELATIVE_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def assert_prints(printed: str, shown: str) -> None:
    """Numbers with a decimal point may differ by DOCUMENTED, all else but blanks must be equal."""
    assert DECIMAL.sub("#", printed).split() == DECIMAL.sub("#", shown).split(), printed
    DOCUMENTED.assert_close(*([float(number) for number in DECIMAL.findall(text)] for text in (printed, shown)))


def run(source: str, page: Path, first_line: int, names: dict[str, Any]) -> str:
    """What the source prints; an error names the line of the page."""
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile("\n" * (first_line - 1) + source, name_of(page), "exec"), names)
    return printed.getvalue()


@pytest.mark.parametrize("page", [page for page in RUNNABLE if BLOCK.search(text_of(page))], ids=name_of)
def test_page_prints_what_it_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = text_of(page)
    names: dict[str, Any] = {}
    for block in BLOCK.finditer(text):
        printed = run(block["source"], page, text.count("\n", 0, block.start("source")) + 1, names)
        if block["shown"] is not None:
            assert_prints(printed, block["shown"])


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example_prints_what_it_shows(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    docstring = runpy.run_path(str(example), run_name="__main__")["__doc__"]
    _, _, shown = docstring.partition(f"$ python {name_of(example)}\n")
    assert_prints(capsys.readouterr().out, shown)


def test_cpp_example_prints_what_it_shows(tmp_path: Path) -> None:
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    cmake = shutil.which("cmake", path=path)
    assert cmake is not None

    def output_of(*command: str | Path) -> str:
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    package = Path(_core.__file__).parent
    source = ROOT / "examples/cpp"
    output_of(cmake, "-S", source, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={package}", "-G", "Ninja")
    output_of(cmake, "--build", tmp_path)
    comment = re.search(
        r"^// \$ \S+/anomaly_scores\n((?:^//.*\n)+)", text_of(source / "anomaly_scores.cpp"), re.MULTILINE
    )
    assert comment is not None
    assert_prints(output_of(tmp_path / "anomaly_scores"), comment[1].replace("//", ""))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    assert [link for link in RELATIVE_LINK.findall(text_of(page)) if not (page.parent / link).exists()] == []


def test_architecture_page_names_every_source_file_and_no_other() -> None:
    sources = [*ROOT.glob("csrc/**/*.cpp"), *ROOT.glob("csrc/**/*.h"), *ROOT.glob("python/eigencoder/**/*.py*")]
    found = {source.name for source in sources if source.parent.name not in ("demo", "__pycache__")}
    named = SOURCE_FILE.findall(text_of(ROOT / "docs/architecture.md"))
    assert found - set(named) == set()
    known = [*found, *(script.name for script in [*ROOT.glob("*.py"), *ROOT.glob("tests/*.py")])]
    assert [name for name in named if not matching(known, name)] == []


@pytest.mark.parametrize("registry", [ACTIVATIONS, LOSSES, PENALTIES, CORRUPTIONS, UPDATE_RULES])
def test_formulas_page_has_every_name(registry: dict[str, object]) -> None:
    text = text_of(ROOT / "docs/formulas.md")
    assert [name for name in registry if name != "none" and f"`{name}`" not in text] == []
