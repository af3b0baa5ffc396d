"""The engine that nvcc builds: for which GPUs, what it needs to open, what it says where it cannot run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eigencoder import Autoencoder, _core, show_config

LIBRARY = Path(_core.__file__).parent / "lib" / "libeigencoder_engine_cuda.so"
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="this installation has no CUDA engine")


def test_it_has_machine_code_for_these_gpus_and_ptx_for_later_ones() -> None:
    cuobjdump = shutil.which("cuobjdump", path="/usr/local/cuda/bin") or shutil.which("cuobjdump")
    if cuobjdump is None:
        pytest.skip("needs cuobjdump")
    listed = subprocess.run(
        [cuobjdump, "--list-elf", "--list-ptx", LIBRARY], capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"\.(sm_\d+)\.cubin", listed)) == {"sm_80", "sm_86", "sm_89", "sm_90", "sm_100"}
    assert set(re.findall(r"\.(sm_\d+)\.ptx", listed)) == {"sm_100"}


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
