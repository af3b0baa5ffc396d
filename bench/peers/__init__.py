"""Who is timed. A peer is one class in a file of its own and one line of SOURCES; eigencoder is the first."""

import shutil
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple, cast

from .peer import Peer


class Source(NamedTuple):
    """Where a peer comes from: its name on the command line, its class, and the package and program that it needs."""

    key: str
    module: str
    class_name: str
    package: str
    program: str | None = None

    @property
    def obstacle(self) -> str | None:
        """What is missing, and what to do about it."""
        if find_spec(self.package) is None:
            return f"not installed: pip install {self.package}"
        if self.program is not None and shutil.which(self.program) is None:
            return f"needs the program {self.program}, which is not on the path: install it"
        return None

    def load(self) -> type[Peer]:
        return cast(type[Peer], getattr(import_module(f".{self.module}", __name__), self.class_name))


SOURCES = (
    Source("eigencoder", "eigencoder_fit", "EigencoderFit", "eigencoder"),
    Source("jax", "jax_scan", "JaxScan", "jax"),
    Source("torch", "torch_eager", "TorchEager", "torch"),
    Source("torch-compile", "torch_compile", "TorchCompile", "torch", program="g++"),
    Source("numpy", "numpy_loop", "NumpyLoop", "numpy"),
    Source("sklearn", "sklearn_mlp", "SklearnMlp", "sklearn"),
    Source("reference", "reference_fit", "ReferenceFit", "eigencoder"),
)
KEYS = tuple(source.key for source in SOURCES)


def peer_types(keys: Sequence[str] = KEYS) -> tuple[type[Peer], ...]:
    """Those of the named peers that can be had, and eigencoder in any case."""
    return tuple(source.load() for source in SOURCES if source.key in {KEYS[0], *keys} and not source.obstacle)


def obstacles(keys: Sequence[str] = KEYS) -> dict[str, str]:
    """Why the others cannot be had, by key."""
    return {source.key: source.obstacle for source in SOURCES if source.key in keys and source.obstacle}
