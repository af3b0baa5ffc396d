"""Model files: what docs/model_file.md says, written and read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any

from ._core import __version__
from ._file.atomic import atomic_write
from ._file.container import Tensors, pack, unpack
from ._file.fields import Fields, count, text
from ._file.network import Weights
from ._file.network import read as read_network
from .exceptions import ModelFormatError

if TYPE_CHECKING:
    from ._training.estimators import NetworkEstimator

_FORMAT_VERSION = 1


def load_model(path: str | os.PathLike[str], verify: bool = True) -> Any:
    """Make the estimator again that ``save_model`` has written.

    Nothing in the file is code, and nothing that it says is trusted: classes have public names, and all sizes are
    compared with that of the file before memory is taken for them.

    Parameters
    ----------
    path : str or path-like
        A model file, written by Python or by C++.
    verify : bool, default=True
        Whether to compare the checksum of all bytes of the file with the one that it holds. It finds what happens by
        accident; who changes a file on purpose can change its checksum too.

    Returns
    -------
    estimator : autoencoder or classifier
        Fitted, of the class that was saved, with its parameters and all that ``fit`` has left. A ``random_state`` that
        was a generator is the seed that it gave. Where the file lacks the training state, the next ``partial_fit``, or
        ``fit`` with ``warm_start``, goes on from the weights and starts the optimizer afresh.

    Raises
    ------
    ModelFormatError
        If the file is no model file, is cut off, damaged, or was written by a later version; the message says which.
    OSError
        If it cannot be read, such as a FileNotFoundError.

    See Also
    --------
    Autoencoder.save_model : Writes the file.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import Autoencoder, load_model
    >>> X = load_digits().data
    >>> autoencoder = Autoencoder(16, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     autoencoder.save_model(f"{folder}/digits.safetensors")
    ...     loaded = load_model(f"{folder}/digits.safetensors")
    >>> bool((loaded.transform(X) == autoencoder.transform(X)).all())
    True
    """
    with _opened(path) as file:
        return read(file, verify=verify)


def load_network(path: str | os.PathLike[str]) -> Weights:
    """The network of a model file alone, for which scikit-learn is not imported."""
    with _opened(path) as file:
        fields, tensors = _unpack(file, verify=True)
        weights = read_network(fields, tensors)
        for key in ("estimator", "feature_names", "classes", "attributes", "training"):
            fields.take(key, lambda value: value)
        fields.end()
        tensors.leave_out("classes", "attributes.", "training.")
        tensors.end()
        return weights


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BufferedIOBase]:
    """An open file, which an error of its format names."""
    with open(os.fspath(path), "rb") as file:
        try:
            yield file
        except ModelFormatError as error:
            raise ModelFormatError(f"{os.fsdecode(path)} cannot be loaded: {error}") from error


def save(estimator: "NetworkEstimator", path: str | os.PathLike[str], training_state: bool) -> None:
    """What ``save_model`` of every estimator does."""
    from ._file.writing import describe

    model, tensors = describe(estimator, training_state)
    configuration = {"format_version": _FORMAT_VERSION, "eigencoder_version": __version__, **model}
    atomic_write(path, pack(configuration, tensors))


def read(file: BufferedIOBase, *, verify: bool) -> Any:
    """The estimator of an open file."""
    from ._file.reading import read as read_estimator

    fields, tensors = _unpack(file, verify=verify)
    try:
        estimator = read_estimator(fields, tensors)
    except RecursionError as error:
        raise ModelFormatError("its configuration is nested too deeply: save the model anew") from error
    fields.end()
    tensors.end()
    return estimator


def _unpack(file: BufferedIOBase, *, verify: bool) -> tuple[Fields, Tensors]:
    """What a file of this version holds."""
    fields, tensors = unpack(file, verify=verify)
    version = fields.take("format_version", count)
    if version != _FORMAT_VERSION:
        raise ModelFormatError(
            f"its format version is {version}, and eigencoder {__version__} reads {_FORMAT_VERSION}: upgrade eigencoder"
        )
    fields.take("crc32", text)
    fields.take("eigencoder_version", text)
    return fields, tensors
