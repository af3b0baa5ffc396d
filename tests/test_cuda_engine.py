"""The engine that nvcc builds: for which GPUs, what it needs to open, what it says where it cannot run."""

import re
import struct
import subprocess
from pathlib import Path

import pytest

from eigencoder import Autoencoder, _core, show_config

LIBRARY = Path(_core.__file__).parent / "lib" / "libeigencoder_engine_cuda.so"
FAT_BINARY = struct.pack("<I", 0xBA55ED50)
KINDS = {1: "PTX", 2: "machine code"}
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="this installation has no CUDA engine")


def code_in(library: bytes) -> set[tuple[str, int]]:
    """The kind and the compute capability of each piece of code in NVIDIA's fat binaries."""
    found = set()
    for begin in re.finditer(re.escape(FAT_BINARY), library):
        header_size, size = struct.unpack_from("<HQ", library, begin.start() + 6)
        at = begin.start() + header_size
        while at < begin.start() + header_size + size:
            kind, _, entry_header_size, entry_size = struct.unpack_from("<HHIQ", library, at)
            (capability,) = struct.unpack_from("<I", library, at + 28)
            found.add((KINDS[kind], capability))
            at += entry_header_size + entry_size
    return found


def test_it_has_machine_code_for_these_gpus_and_ptx_for_later_ones() -> None:
    machine_code = {("machine code", capability) for capability in (80, 86, 89, 90, 100)}
    assert code_in(LIBRARY.read_bytes()) == machine_code | {("PTX", 100)}


def test_it_opens_where_nothing_of_cuda_is_installed() -> None:
    needed = subprocess.run(["readelf", "--dynamic", LIBRARY], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"Shared library: \[(.*)\]", needed)
    assert libraries
    assert not [name for name in libraries if "cuda" in name or "cublas" in name]


def test_it_says_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    reason = _core.cuda_status()
    if not reason:
        pytest.skip("a GPU can be used here")
    assert re.search("needs NVIDIA's driver|needs GPU number 0|needs a driver of CUDA|needs cuBLAS", reason)
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        Autoencoder(1, device="cuda").fit([[0.0, 1.0], [1.0, 0.0]])
    show_config()
    assert f"CUDA       not available: {reason}" in capsys.readouterr().out
