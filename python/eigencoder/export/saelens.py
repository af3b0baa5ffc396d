"""Sparse autoencoders of one hidden layer, in the files of SAELens."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from .. import Autoencoder, EncoderClassifier
from .._file.atomic import atomic_write
from .network import part_of
from .saelens_files import CONFIG, TENSORS, WEIGHTS, config_of, read_config, read_tensors


def to_saelens(estimator: object, folder: str | os.PathLike[str]) -> None:
    """Write a fitted autoencoder as SAELens does, for ``sae_lens.SAE.load_from_disk(folder)``.

    Its network must be what SAELens calls "standard", or with ``n_active`` "topk": no hidden layers, a "relu" code and
    an "identity" output. The norms of the decoder's rows stay as they are; tied weights become two matrices.

    Parameters
    ----------
    estimator : autoencoder
        Fitted, such as ``Autoencoder(k, code_activation="relu")``. Its dtype is that of the files.
    folder : str or path-like
        It gets ``sae_weights.safetensors`` and ``cfg.json``. It must be new, or empty, and appears with both of them.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError, ValueError
        If it is no autoencoder of eigencoder, or one whose network SAELens does not have.
    OSError
        If the folder holds something (FileExistsError), or cannot be written; it stays as it was.

    Notes
    -----
    Of equal activations SAELens' top k keeps any, ours the first.
    """
    if isinstance(estimator, EncoderClassifier):
        raise TypeError(
            "SAELens has no classifiers, found EncoderClassifier: pass an autoencoder, such as its encoder_"
        )
    part = part_of(estimator, "autoencoder")
    activations = [activation for _, _, activation, _ in part.layers]
    if activations != ["relu", "identity"]:
        raise ValueError(
            f"SAELens has networks of a relu layer and an identity output, found layers of {', '.join(activations)}: "
            "fit Autoencoder(k, code_activation='relu') without hidden layers"
        )
    (w_enc, b_enc, _, n_active), (w_dec, b_dec, _, _) = part.layers
    arrays = [np.ascontiguousarray(array) for array in (w_enc, b_enc, w_dec, b_dec)]  # safetensors scrambles others
    d_in, d_sae = w_enc.shape
    config = config_of(d_in, d_sae, n_active, part.dtype.name)
    files = {WEIGHTS: save(dict(zip(TENSORS, arrays, strict=True))), CONFIG: json.dumps(config, indent=2).encode()}
    _write_folder(folder, files)


def from_saelens(folder: str | os.PathLike[str]) -> Autoencoder:
    """A fitted autoencoder from the files of SAELens.

    Parameters
    ----------
    folder : str or path-like
        With ``sae_weights.safetensors`` and ``cfg.json``, of the architecture "standard" or "topk". Keys that an older
        file lacks mean what they mean to SAELens.

    Returns
    -------
    autoencoder : Autoencoder
        ``transform`` is SAELens' ``encode``, ``inverse_transform`` its ``decode``. float64 where the file is, else
        float32. It has finished no epoch, and ``partial_fit`` trains it further.

    Raises
    ------
    ValueError
        If the architecture is another, if activations are normalised or reshaped, or if the files are damaged or do not
        fit together.
    OSError
        If a file cannot be read.
    """
    config = read_config(Path(folder) / CONFIG)
    w_enc, b_enc, w_dec, b_dec = read_tensors(Path(folder) / WEIGHTS)
    dtype = w_enc.dtype
    if config["rescale_acts_by_decoder_norm"]:
        norms = np.linalg.norm(w_dec.astype(np.float64), axis=1)
        divisors = np.where(norms > 0, norms, 1)  # a unit of norm 0 stays 0
        w_enc, b_enc, w_dec = w_enc * norms, b_enc * norms, w_dec / divisors[:, np.newaxis]
    if config["apply_b_dec_to_input"]:
        b_enc = b_enc - np.einsum("j,jk->k", b_dec.astype(np.float64), w_enc)
    return _fitted(w_enc, b_enc, w_dec, b_dec, config["k"], dtype)


def _fitted(
    w_enc: NDArray[Any],
    b_enc: NDArray[Any],
    w_dec: NDArray[Any],
    b_dec: NDArray[Any],
    n_active: int | None,
    dtype: np.dtype[Any],
) -> Autoencoder:
    """One that has these weights and no training."""
    autoencoder = Autoencoder(w_enc.shape[1], code_activation="relu", n_active=n_active)
    untrained = {"init": "glorot", "scale": None, "solver": "adam", "max_iter": 0, "random_state": 0}
    given = {name: autoencoder.get_params()[name] for name in untrained}
    autoencoder.set_params(**untrained).fit(np.zeros((2, len(w_enc)), dtype)).set_params(**given)
    parameters = (*autoencoder.coefs_, *autoencoder.intercepts_)
    for parameter, values in zip(parameters, (w_enc, w_dec, b_enc, b_dec), strict=True):
        parameter[...] = values
    autoencoder.loss_ = autoencoder.best_loss_ = np.inf
    return autoencoder


def _write_folder(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> None:
    """A folder with all the files, or none."""
    path = os.path.realpath(folder)
    if os.path.isdir(path) and (found := sorted(os.listdir(path))):
        raise FileExistsError(f"the folder {os.fspath(folder)!r} holds {found[0]!r}: give one that is new or empty")
    new = os.path.join(os.path.dirname(path), f".eigencoder-{os.urandom(8).hex()}.tmp")
    try:
        os.mkdir(new)
        for name, content in files.items():
            atomic_write(os.path.join(new, name), [content])
        os.rename(new, path)
    except BaseException as error:
        shutil.rmtree(new, ignore_errors=True)
        if isinstance(error, OSError):
            reason = (
                f"{os.strerror(error.errno or 0)}, and nothing there has changed: give a folder that can be written"
            )
            raise OSError(error.errno, reason, os.fspath(folder)) from error
        raise
