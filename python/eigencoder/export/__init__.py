"""Trained networks for other programs: ONNX, scikit-learn's pipelines in ONNX, SAELens."""

import os
from typing import TYPE_CHECKING

from .._file.atomic import atomic_write
from .network import part_of
from .saelens import from_saelens, to_saelens

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["from_saelens", "register_skl2onnx", "to_onnx", "to_saelens"]


def to_onnx(
    estimator: object,
    part: str | None = None,
    *,
    target_opset: int = 18,
    path: str | os.PathLike[str] | None = None,
) -> "ModelProto":
    """A fitted network as a model of ONNX.

    The model has the estimator's dtype, rows of any number, and equals the estimator to rounding. A stack is one
    network. What acts in training alone, noise (``corruption``) and penalties, is not in it.

    Parameters
    ----------
    estimator : autoencoder or EncoderClassifier
        Fitted.
    part : {"encoder", "decoder", "autoencoder", "classifier"}, default=None
        "encoder" maps ``X``, (n, n_features), to ``codes``, (n, n_components), as ``transform`` does; "decoder" maps
        ``codes`` to ``reconstruction``, (n, n_features), as ``inverse_transform``; "autoencoder" maps ``X`` to
        ``reconstruction``, as ``reconstruct``. Of a classifier, "classifier" maps ``X`` to ``label``, (n,), int64 or
        string, and ``probabilities``, (n, n_classes), as ``predict`` and ``predict_proba``, and "encoder" gives its
        codes. None: the classifier of a classifier, else the encoder.
    target_opset : int, default=18
        Version of ONNX's operators, from 13 to 28, or to the newest that the installed onnx knows. The model has the
        lowest ``ir_version`` that it allows, for runtimes that are old.
    path : str or path-like, default=None
        Where to write the model too. An old file there stays whole until the new one takes its place.

    Returns
    -------
    model : onnx.ModelProto
        Its bytes are the same from call to call.

    Raises
    ------
    ImportError
        Without the package onnx: ``pip install "eigencoder[onnx]"``.
    NotFittedError
        If the estimator is not fitted.
    TypeError, ValueError
        If it is no estimator of eigencoder; if part or target_opset is none of the above, if ``coefs_`` no longer fit
        the network, if the weights exceed the 2 GiB of a file of ONNX, or if ``classes_`` are neither strings nor whole
        numbers of int64.
    OSError
        If the path cannot be written.

    See Also
    --------
    register_skl2onnx : For pipelines of scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import Autoencoder
    >>> from eigencoder.export import to_onnx
    >>> X = load_digits().data
    >>> model = to_onnx(Autoencoder(16, random_state=0).fit(X))
    >>> [value.name for value in (*model.graph.input, *model.graph.output)]
    ['X', 'codes']
    """
    exported = part_of(estimator, part)
    try:
        from .onnx_model import make_model
    except ImportError as error:
        raise ImportError(f'to_onnx needs {error.name}: pip install "eigencoder[onnx]"') from error
    model = make_model(exported, target_opset)
    if path is not None:
        atomic_write(path, [model.SerializeToString(deterministic=True)])
    return model


def register_skl2onnx() -> None:
    """Let skl2onnx convert pipelines that hold estimators of eigencoder.

    Call it once, before ``skl2onnx.to_onnx``; a second call changes nothing. An autoencoder gives its codes, a
    classifier ``label`` and ``probabilities``, or what skl2onnx's option "zipmap" says. Several inputs, such as the
    columns of a DataFrame, are put side by side. The output is of double where one of the inputs is, else of float,
    whatever the estimator was fitted on, and weights are rounded to it.

    Raises
    ------
    ImportError
        Without the package skl2onnx: ``pip install "eigencoder[onnx]"``.

    See Also
    --------
    to_onnx : For an estimator alone.

    Examples
    --------
    >>> import numpy as np, skl2onnx
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from eigencoder import Autoencoder
    >>> from eigencoder.export import register_skl2onnx
    >>> X = load_digits().data.astype(np.float32)
    >>> pipeline = make_pipeline(StandardScaler(), Autoencoder(16, random_state=0)).fit(X)
    >>> register_skl2onnx()
    >>> skl2onnx.to_onnx(pipeline, X[:1], target_opset=18).graph.output[0].name
    'variable'
    """
    try:
        from .converter import register
    except ImportError as error:
        raise ImportError(f'register_skl2onnx needs {error.name}: pip install "eigencoder[onnx]"') from error
    register()
