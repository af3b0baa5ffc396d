"""Under a path there is the old file or the new one, whole, and nothing else is left in its folder."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eigencoder._file.atomic import atomic_write

OLD, NEW = b"old", [b"ne", memoryview(b"w"), bytearray(b"!"), np.arange(3, dtype=np.uint8).data]
WRITTEN = b"new!\x00\x01\x02"


@pytest.fixture
def path(tmp_path):
    (tmp_path / "file").write_bytes(OLD)
    return tmp_path / "file"


def assert_untouched(path):
    assert path.read_bytes() == OLD
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_the_chunks_take_the_place_of_the_old_file(path, kind):
    atomic_write(kind(path), NEW)
    assert path.read_bytes() == WRITTEN
    assert list(path.parent.iterdir()) == [path]


def test_a_bare_name_is_one_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atomic_write("file", NEW)
    assert (tmp_path / "file").read_bytes() == WRITTEN


@pytest.mark.parametrize("mode", [0o640, 0o606, 0o777])
def test_permissions_stay(path, mode):
    path.chmod(mode)
    atomic_write(path, NEW)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_those_of_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        atomic_write(tmp_path / "new", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask


def test_no_one_else_sees_what_only_the_owner_may_read(path):
    path.chmod(0o600)

    def chunks():
        (temporary,) = (each for each in path.parent.iterdir() if each != path)
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        yield b"secret"

    atomic_write(path, chunks())
    assert path.read_bytes() == b"secret"


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_followed(tmp_path, exists):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    if exists:
        target.write_bytes(OLD)
    link.symlink_to("there/target")
    atomic_write(link, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == WRITTEN
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_in_the_middle_leaves_the_old_file(path, error):
    def chunks():
        yield b"half"
        raise error("of the chunks")

    with pytest.raises(error, match="of the chunks"):
        atomic_write(path, chunks())
    assert_untouched(path)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (".", IsADirectoryError),
        ("new/", IsADirectoryError),
        ("", IsADirectoryError),
        ("nowhere/new", FileNotFoundError),
        ("file/new", NotADirectoryError),
        ("x" * 300, OSError),
        ("loop", OSError),
        ("pipe", OSError),
    ],
)
def test_a_path_that_cannot_be_written(path, monkeypatch, name, error):
    monkeypatch.chdir(path.parent)
    os.symlink("loop", "loop")
    os.mkfifo("pipe")
    with pytest.raises(error, match="nothing there has changed: give a path that can be written") as raised:
        atomic_write(name, NEW)
    assert raised.value.filename == name
    assert sorted(os.listdir()) == ["file", "loop", "pipe"]


def test_a_file_that_may_not_be_written_stays(path, monkeypatch):
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(PermissionError, match="Permission denied, and nothing"):
        atomic_write(path, NEW)
    assert_untouched(path)


def test_no_name_is_no_path():
    with pytest.raises(TypeError, match="str, bytes"):
        atomic_write(3, NEW)


def test_a_full_disk_leaves_the_old_file(path):
    program = "import sys; from eigencoder._file.atomic import atomic_write; atomic_write(sys.argv[1], [bytes(99_999)])"
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert "File too large, and nothing there has changed" in done.stderr
    assert_untouched(path)
