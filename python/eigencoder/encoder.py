"""What is left of a model when only speed counts: plain arrays, and one native call."""

import os
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, Never, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._training.network import Network, is_tied
from ._training.threads import n_threads

_E = TypeVar("_E", bound="Encoder")


class _Parts(NamedTuple):
    """Plain arrays and numbers: of a classifier the layers up to the code, else those of the decoder too.

    Tied weights stand there once.
    """

    weights: list[NDArray[Any]]
    biases: list[NDArray[Any]]
    activations: list[str]
    n_active: list[int]
    n_encoder_layers: int


class Encoder:
    """A trained network without its estimator: it encodes one row in a microsecond, and needs NumPy alone.

    Made by `from_estimator` or `load`. It holds copies of the weights and cannot be changed; any number of threads may
    call it at once; it can be pickled. What it gives is, bit for bit, what the estimator's ``transform``,
    ``inverse_transform`` and ``reconstruct`` give on the CPU.

    Of what it is given it checks shape, dtype and that the numbers are finite, and no more. Arrays of the network's
    dtype are read where they lie if they are C-contiguous; others of that dtype, such as every second column or
    big-endian numbers, are copied first.

    Attributes
    ----------
    n_features : int
        Numbers in a row of ``x``.
    n_components : int
        Numbers in a code.
    dtype : numpy.dtype
        Of the network: what it takes and gives.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import Autoencoder, Encoder
    >>> X, _ = load_digits(return_X_y=True)
    >>> encoder = Encoder.from_estimator(Autoencoder(25, random_state=0).fit(X))
    >>> encoder
    <Encoder: 64 -> 25, float64>
    >>> encoder(X[0]).shape, encoder(X).shape
    ((25,), (1797, 25))
    """

    __slots__ = ("_n_jobs", "_network", "_parts", "dtype", "n_components", "n_features")

    dtype: np.dtype[Any]
    n_components: int
    n_features: int
    _network: _core.PackedNetwork
    _n_jobs: int | None
    _parts: _Parts

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError("an Encoder is made by Encoder.from_estimator(estimator) or Encoder.load(path)")

    @classmethod
    def from_estimator(cls, estimator: Any, n_jobs: int | None = None) -> Self:
        """The encoder and the decoder of a fitted estimator.

        Parameters
        ----------
        estimator : autoencoder or EncoderClassifier
            Fitted. A stack is one network; of a classifier it is the encoder, without its softmax layer. What changes
            in the estimator later does not change what is made here.
        n_jobs : int or None, default=None
            Threads of a call that has work for more than one, such as one of thousands of rows. A positive number
            counts itself; -1 means every core that the process may use, -2 all but one; None all of them, but no more
            than ``OMP_NUM_THREADS`` and threadpoolctl's limits allow at the time of the call. The result does not
            depend on it.

        Returns
        -------
        encoder : Encoder
            The network.

        Raises
        ------
        TypeError
            If it is none of our estimators.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ValueError
            If its ``coefs_`` and ``intercepts_`` no longer fit its sizes, or ``n_jobs`` is 0.
        """
        from sklearn.utils.validation import check_is_fitted

        from ._base import BaseAutoencoder, BaseNetwork

        if not isinstance(estimator, BaseNetwork):
            raise TypeError(
                "estimator must be one of eigencoder's, such as Autoencoder, found an object of type "
                f"{type(estimator).__name__}"
            )
        check_is_fitted(estimator, "coefs_")
        coefs, intercepts, activations, n_active = zip(*estimator._layers(), strict=True)
        has_decoder = isinstance(estimator, BaseAutoencoder)
        network = Network(
            estimator._layer_sizes,
            activations,
            tied_weights=has_decoder and is_tied(estimator.coefs_),
            n_active=max(n_active),
            n_encoder_layers=0 if has_decoder else len(coefs) - 1,
        )
        parts = _parts(network, coefs, intercepts)
        copies = parts._replace(
            weights=[w.copy(order="K") for w in parts.weights], biases=[b.copy() for b in parts.biases]
        )
        return _made(cls, copies, n_jobs)

    @classmethod
    def load(cls, path: str | os.PathLike[str], n_jobs: int | None = None) -> Self:
        """The network of a model file, without scikit-learn, which need not be installed.

        Parameters
        ----------
        path : str or path-like
            What ``save_model`` of an estimator, or C++, has written. Its checksum is compared with its bytes.
        n_jobs : int or None, default=None
            As of `from_estimator`.

        Returns
        -------
        encoder : Encoder
            What `from_estimator` makes of the estimator that was saved.

        Raises
        ------
        ModelFormatError
            If the file is no model file, is cut off, damaged, or was written by a later version.
        OSError
            If it cannot be read, such as a FileNotFoundError.
        """
        from .model_file import load_network

        network, _, coefs, intercepts = load_network(path)
        return _made(cls, _parts(network, coefs, intercepts), n_jobs)

    def __call__(self, x: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Encode one row or many.

        Parameters
        ----------
        x : ndarray of shape (n_features,) or (n_samples, n_features)
            Of the network's dtype.
        out : ndarray of shape (n_components,) or (n_samples, n_components), default=None
            Where to write the codes: C-contiguous, of the network's dtype. It may share memory with ``x``. Where the
            call raises, it holds anything.

        Returns
        -------
        codes : ndarray of shape (n_components,) or (n_samples, n_components)
            ``out``, or a new array.

        Raises
        ------
        TypeError
            If ``x`` or ``out`` is no array of the network's dtype.
        ValueError
            If a shape does not fit, ``x`` holds NaN or infinity or is a masked array, or ``out`` cannot be written to
            as it is.
        """
        return self._network.encode(x, out)

    def decode(self, codes: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Decode one code or many.

        Parameters
        ----------
        codes : ndarray of shape (n_components,) or (n_samples, n_components)
            Of the network's dtype.
        out : ndarray of shape (n_features,) or (n_samples, n_features), default=None
            Where to write the result, as for a call.

        Returns
        -------
        x : ndarray of shape (n_features,) or (n_samples, n_features)
            ``out``, or a new array.

        Raises
        ------
        TypeError, ValueError
            As a call; a ValueError also for the encoder of a classifier, which has no decoder.
        """
        return self._network.decode(codes, out)

    def reconstruct(self, x: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Encode and decode one row or many.

        Parameters
        ----------
        x : ndarray of shape (n_features,) or (n_samples, n_features)
            Of the network's dtype.
        out : ndarray of shape (n_features,) or (n_samples, n_features), default=None
            Where to write the result, as for a call.

        Returns
        -------
        reconstruction : ndarray of shape (n_features,) or (n_samples, n_features)
            ``out``, or a new array.

        Raises
        ------
        TypeError, ValueError
            As ``decode``.
        """
        return self._network.reconstruct(x, out)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"an Encoder cannot be changed, found an assignment to {name!r}: make another one")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"an Encoder cannot be changed, found a deletion of {name!r}: make another one")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_features} -> {self.n_components}, {self.dtype}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> Any:
        return _made, (type(self), self._parts, self._n_jobs)


def _parts(network: Network, coefs: Sequence[NDArray[Any]], intercepts: Sequence[NDArray[Any]]) -> _Parts:
    n_encoder_layers = network.code_layer + 1
    n_layers = n_encoder_layers if network.n_encoder_layers else len(coefs)
    n_matrices = n_encoder_layers if network.tied_weights else n_layers
    return _Parts(
        list(coefs[:n_matrices]),
        list(intercepts[:n_layers]),
        list(network.activations[:n_layers]),
        list(network.n_active_outputs[:n_layers]),
        n_encoder_layers,
    )


def _made(cls: type[_E], parts: _Parts, n_jobs: int | None) -> _E:
    """An Encoder of arrays that are its own."""
    if n_jobs is not None:
        from ._training.checks import n_jobs as checked  # brings numpy.random, which takes a quarter of NumPy's time

        n_jobs = checked("n_jobs", n_jobs)
        if n_jobs == 0:
            n_threads(n_jobs)  # refuses it
    weights, biases, activations, n_active, n_encoder_layers = parts
    all_weights = [*weights, *(w.T for w in reversed(weights))][: len(biases)]
    layers = list(zip(all_weights, biases, activations, n_active, strict=True))
    encoder = object.__new__(cls)
    for name, value in {
        "_n_jobs": n_jobs,
        "_network": _core.PackedNetwork(layers, n_encoder_layers, partial(n_threads, n_jobs)),
        "_parts": parts,
        "dtype": weights[0].dtype,
        "n_components": len(biases[n_encoder_layers - 1]),
        "n_features": len(weights[0]),
    }.items():
        object.__setattr__(encoder, name, value)
    return encoder
