"""A project that eigencoder is a part of, and one that finds what that has installed."""

import subprocess
from pathlib import Path

import pytest

import cpp_builds

PARENT = cpp_builds.ROOT / "tests/cpp/subproject"
QUICK = ("-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DEIGENCODER_BASELINE_ONLY=ON")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cpp_builds.build(PARENT, tmp_path_factory.mktemp("parent"), *QUICK)


def test_a_subproject_finds_its_engine_whatever_the_folders_names_and_flags_of_the_parent(
    parent: Path, tmp_path: Path
) -> None:
    assert subprocess.run([parent / "programs/program"], cwd=tmp_path, check=False).returncode == 0
    assert list(parent.rglob("_core*")) == []


def test_what_cmake_installs_is_found_by_its_prefix(parent: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    cpp_builds.run_cmake("--install", parent, "--prefix", prefix)
    moved = prefix.rename(tmp_path / "moved")
    example = cpp_builds.build(cpp_builds.ROOT / "examples/cpp", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={moved}")
    printed = subprocess.run([example / "anomaly_scores"], capture_output=True, text=True, check=True).stdout
    assert "the origin" in printed
