"""A model file as bytes: safetensors, whose one metadata key holds the configuration and the checksum of all."""

import json
import math
import os
from collections.abc import Mapping
from io import BufferedIOBase
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..exceptions import ModelFormatError
from .fields import Fields, count, fields_of, list_of, malformed, one_of, text

_START = b'{"__metadata__":{"eigencoder":"{\\"crc32\\":\\"'
_DIGITS = slice(8 + len(_START), 8 + len(_START) + 8)
_NO_DIGITS = b"0" * 8
_LONGEST_HEADER = 100_000_000  # that safetensors reads
_BLOCK = 2**20  # bytes that are still in the cache when their checksum is formed
_DTYPES = {"BOOL": np.dtype(np.bool_)} | {
    f"{kind}{8 * size}": np.dtype(f"{kind.lower()}{size}")
    for kind, sizes in (("F", (2, 4, 8)), ("I", (1, 2, 4, 8)), ("U", (1, 2, 4, 8)))
    for size in sizes
}


class _Place(NamedTuple):
    """Of a tensor behind the header."""

    dtype: np.dtype[Any]
    shape: list[int]
    begin: int
    end: int


class Tensors:
    """Those of a file whose names begin with a prefix, taken one by one."""

    def __init__(self, places: dict[str, _Place], body: NDArray[np.uint8], prefix: str = "") -> None:
        self._left = places
        self._body = body
        self._prefix = prefix

    def under(self, prefix: str) -> "Tensors":
        return Tensors(self._left, self._body, self._prefix + prefix)

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._left

    def take(self, name: str, dtype: DTypeLike | None, shape: tuple[int | None, ...]) -> NDArray[Any]:
        """The tensor of this name; None stands for any dtype, and any length."""
        name = self._prefix + name
        if name not in self._left:
            raise malformed(f"the tensor {name!r} is missing")
        place = self._left.pop(name)
        fits = len(place.shape) == len(shape) and all(n in (None, m) for n, m in zip(shape, place.shape, strict=True))
        if not fits or (dtype is not None and place.dtype != dtype):
            lengths = ["any" if length is None else length for length in shape]
            expected = f"{'any' if dtype is None else np.dtype(dtype)} {lengths}"
            raise malformed(f"the tensor {name!r} is {place.dtype} {place.shape}, expected {expected}")
        return self._body[place.begin : place.end].view(place.dtype).reshape(place.shape)

    def leave_out(self, *prefixes: str) -> None:
        """Take none of those whose names begin so."""
        for name in [name for name in self._left if name.startswith(prefixes)]:
            del self._left[name]

    def end(self) -> None:
        """Refuse what has not been taken."""
        for name in self._left:
            raise malformed(f"the tensor {name!r} is unknown")


def _damaged(finding: str) -> ModelFormatError:
    return ModelFormatError(f"{finding}: the file is damaged, copy it again or save the model anew")


def pack(configuration: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> list[memoryview | bytes]:
    """The bytes of a file, in pieces."""
    from safetensors.numpy import save

    metadata = json.dumps({"crc32": _NO_DIGITS.decode(), **configuration}, separators=(",", ":"), allow_nan=False)
    # A tensor that is not C-contiguous would be written in the order of its memory, without a word.
    arrays = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    data = memoryview(save(arrays, {"eigencoder": metadata}))
    if data[8 : _DIGITS.stop] != _START + _NO_DIGITS:
        raise RuntimeError("this version of safetensors does not put the metadata first: install another one")
    if int.from_bytes(data[:8], "little") > _LONGEST_HEADER:
        raise ValueError(f"the names of features or classes take more than {_LONGEST_HEADER} bytes: shorten them")
    return [data[: _DIGITS.start], f"{crc32(data):08x}".encode(), data[_DIGITS.stop :]]


def unpack(file: BufferedIOBase, *, verify: bool) -> tuple[Fields, Tensors]:
    """Configuration and tensors of a file; each size in it is compared with the file's before it is believed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = _read_header(file, size)
    configuration, layout = _parse(header[8:])
    expected = len(header) + max((tensor.end for tensor in layout.values()), default=0)
    if size != expected:
        raise _damaged(f"it has {size} bytes, expected {expected}")
    body = np.empty(size - len(header), np.uint8)
    checksum = crc32(header[_DIGITS.stop :], crc32(_NO_DIGITS, crc32(header[: _DIGITS.start])))
    for start in range(0, len(body), _BLOCK):
        block = body[start : start + _BLOCK].data
        if file.readinto(block) != len(block):
            raise _damaged("it ended while it was read")
        if verify:
            checksum = crc32(block, checksum)
    digits = header[_DIGITS]
    if verify and digits != f"{checksum:08x}".encode():
        raise _damaged(f"its checksum is {checksum:08x}, and it says {digits.decode(errors='replace')}")
    return configuration, Tensors(layout, body)


def _read_header(file: BufferedIOBase, size: int) -> bytes:
    """With the 8 bytes of its length."""
    start = file.read(_DIGITS.start)
    if start[8:] != _START:
        raise ModelFormatError(
            f"it has {size} bytes and begins with {start[:24]!r}, as no model file does: give one that save_model wrote"
        )
    length = int.from_bytes(start[:8], "little")
    if not _DIGITS.stop <= 8 + length <= size or length > _LONGEST_HEADER or length % 8 != 0:
        raise _damaged(f"it has {size} bytes, and says that {length} are its header")
    return start + file.read(8 + length - len(start))


def _parse(header: bytes) -> tuple[Fields, dict[str, _Place]]:
    """The configuration, and where the tensors lie, without a gap from the first byte on."""
    fields = Fields.parse(header, "the header")
    metadata = fields.take("__metadata__", fields_of("__metadata__"))
    configuration = Fields.parse(metadata.take("eigencoder", text).encode(errors="surrogatepass"), "the configuration")
    metadata.end()
    layout = {name: _place(tensor) for name, tensor in fields.items()}
    end = 0
    for name, place in sorted(layout.items(), key=lambda item: item[1][2:]):
        n_bytes = place.dtype.itemsize * math.prod(place.shape)
        if place.begin != end or place.end != end + n_bytes or end % place.dtype.itemsize != 0:
            raise _damaged(
                f"the tensor {name!r}, of {n_bytes} bytes, lies at {place.begin} to {place.end}, expected at {end}"
            )
        end = place.end
    return configuration, layout


def _place(fields: Fields) -> _Place:
    dtype = _DTYPES[fields.take("dtype", one_of(*_DTYPES))]
    shape = fields.take("shape", list_of(count))
    offsets = fields.take("data_offsets", list_of(count))
    fields.end()
    if len(shape) > 2 or len(offsets) != 2:
        raise _damaged(f"{fields.name} has {len(shape)} dimensions and {len(offsets)} offsets, expected up to 2 and 2")
    return _Place(dtype, shape, *offsets)
