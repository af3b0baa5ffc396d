"""Writing so that a path holds the old file or the new one, whole, whatever happens in between."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias

Bytes: TypeAlias = bytes | bytearray | memoryview


def atomic_write(path: str | os.PathLike[str], chunks: Iterable[Bytes]) -> None:
    """Put the chunks, one after the other, into the file at this path.

    They go into `.eigencoder-*.tmp` in the same folder, which takes the path once it is on the disk. Permissions are
    those of the old file or by the umask, and a symbolic link is followed.

    Raises
    ------
    OSError
        If the path cannot be written; it is as it was. So it is after an error of the chunks, and Ctrl-C.
    """
    name = os.fsdecode(path)
    try:
        _replace(os.path.realpath(name), chunks, _permissions_of(name))
    except OSError as error:
        reason = f"{error.strerror or error}, and nothing there has changed: give a path that can be written"
        raise OSError(error.errno, reason, name) from error


def _permissions_of(path: str) -> int | None:
    """Of the file that is there; None: there is none."""
    if not os.path.basename(path):
        raise _error(errno.EISDIR)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise _error(errno.EISDIR)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file")
    if not os.access(path, os.W_OK):
        raise _error(errno.EACCES)
    return stat.S_IMODE(mode)


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def _replace(path: str, chunks: Iterable[Bytes], permissions: int | None) -> None:
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".eigencoder-{os.urandom(8).hex()}.tmp")

    def create(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if permissions is None else permissions)

    try:
        with open(temporary, "xb", opener=create) as file:
            if permissions is not None:
                os.fchmod(file.fileno(), permissions)  # the umask has taken of them
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # not every file system can, and the new file is there
        _sync(folder)


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
