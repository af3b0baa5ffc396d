"""Model files in memory, taken apart and put together by what docs/model_file.md says."""

import io
import json
import zlib

import numpy as np

from eigencoder.model_file import read

START = b'{"__metadata__":{"eigencoder":"{\\"crc32\\":\\"'
DTYPES = {"F64": "f8", "F32": "f4", "I64": "i8", "BOOL": "?"}


def bytes_of(estimator, folder, **options):
    estimator.save_model(folder / "of_bytes", **options)
    return (folder / "of_bytes").read_bytes()


def load(data, verify=True):
    return read(io.BytesIO(data), verify=verify)


def parts(data):
    """Header, configuration, body."""
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + n])
    return header, json.loads(header["__metadata__"]["eigencoder"]), data[8 + n :]


def with_checksum(data):
    digits = slice(8 + len(START), 16 + len(START))
    crc = zlib.crc32(data[: digits.start] + b"00000000" + data[digits.stop :])
    return data[: digits.start] + b"%08x" % crc + data[digits.stop :]


def joined(header, configuration, body):
    """The file, with its checksum."""
    header = header | {"__metadata__": {"eigencoder": json.dumps(configuration, separators=(",", ":"))}}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return with_checksum(len(text).to_bytes(8, "little") + text + body)


def tensors_of(data):
    header, _, body = parts(data)
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def of_tensors(configuration, tensors):
    """A file of these tensors, in this order."""
    header, body = {"__metadata__": {}}, b""
    for name, tensor in tensors.items():
        dtype = next(key for key, value in DTYPES.items() if np.dtype(value) == tensor.dtype)
        offsets = [len(body), len(body) + tensor.nbytes]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": offsets}
        body += tensor.tobytes()
    return joined(header, configuration, body)
