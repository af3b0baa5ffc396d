"""What each command does with its options; it answers with the status."""

import inspect
import json
import math
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import eigencoder

from .tables import read_table, write_table
from .usage import SUFFIXES, UsageError, check_data, check_out, parameter, require

if TYPE_CHECKING:
    from .tables import Table

Command: TypeAlias = Callable[[Namespace], int]

ESTIMATORS = ("Autoencoder", "SparseAutoencoder", "DenoisingAutoencoder")
PARTS = ("encoder", "decoder", "autoencoder", "classifier")


def fit(options: Namespace) -> int:
    make = getattr(eigencoder, options.estimator)
    given = dict(parameter(word, make) for word in options.parameters)
    check_out(options.out, (), force=options.force)
    X = _rows(options)
    estimator = make(**given)
    started = time.perf_counter()
    with _progress(estimator, given, str(options.data)):
        estimator.fit(X)
    seconds = time.perf_counter() - started
    estimator.set_params(verbose=given.get("verbose", 0)).save_model(options.out)
    found = {
        **_description(estimator),
        "n_samples": len(X),
        "n_iter": estimator.n_iter_,
        "loss": estimator.loss_,
        "explained_variance": estimator.score(X) if len(X) > 1 else math.nan,
        "seconds": seconds,
        "out": str(options.out),
    }
    _tell(
        options,
        found,
        f"{found['class']} of {found['layers']} explains {found['explained_variance']:.4f} of the variance of {len(X)} "
        f"rows after {found['n_iter']} epochs, {seconds:.3g} s; written to {options.out}",
    )
    return 0


def transform(options: Namespace) -> int:
    return _map_rows(options, "transform", lambda model: list(model.get_feature_names_out()))


def reconstruct(options: Namespace) -> int:
    return _map_rows(options, "reconstruct", _feature_names)


def score(options: Namespace) -> int:
    if options.out is not None:
        check_out(options.out, SUFFIXES, force=options.force)
    model, X = _model(options, "score_samples"), _rows(options)
    explained = model.score(X)
    found = {"explained_variance": explained, "n_samples": len(X)}
    if options.out is not None:
        write_table(options.out, model.score_samples(X), ["score"])
        found["out"] = str(options.out)
    print(_json(found) if options.json else f"{explained:.6g}")
    return 0


def info(options: Namespace) -> int:
    if options.model is None:
        if options.json:
            raise UsageError("--json describes a model file, found none: give its path")
        eigencoder.show_config()
        return 0
    model = eigencoder.load_model(options.model)
    found = _description(model)
    parameters = {name: value for name, value in model.get_params(deep=False).items() if value != _default(model, name)}
    if options.json:
        print(_json({**found, "parameters": parameters}))
        return 0
    for name, value in found.items():
        print(f"{name:20} {value}")
    for name, value in parameters.items():
        print(f"{name:20} {value!r}")
    return 0


def export(options: Namespace) -> int:
    check_out(options.out, (".onnx",), force=options.force)
    require(("onnx",), "export", "onnx")
    model = eigencoder.load_model(options.model)
    from ..export import to_onnx

    exported = to_onnx(model, options.part, target_opset=options.opset, path=options.out)
    found = {
        "inputs": [value.name for value in exported.graph.input],
        "outputs": [value.name for value in exported.graph.output],
        "opset": options.opset,
        "out": str(options.out),
    }
    _tell(options, found, f"{' and '.join(found['outputs'])} of {options.model} written to {options.out}")
    return 0


def demo(options: Namespace) -> int:
    require(("matplotlib", "rich"), "the demo", "plot")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--out must be a folder that can be written to, found {options.out}: {error.strerror}"
        ) from error
    from ..demo import run

    return 0 if run(options.out) else 1


def _map_rows(options: Namespace, method: str, names_of: Callable[[Any], list[str]]) -> int:
    check_out(options.out, SUFFIXES, force=options.force)
    model, X = _model(options, method), _rows(options)
    result: NDArray[Any] = getattr(model, method)(X)
    write_table(options.out, result, names_of(model))
    found = {"shape": list(result.shape), "dtype": result.dtype.name, "out": str(options.out)}
    _tell(options, found, f"{len(result)} rows of {result.shape[1]} numbers written to {options.out}")
    return 0


def _rows(options: Namespace) -> "Table":
    has_header = not options.no_header
    check_data(options.data, options.array, has_header=has_header)
    return read_table(options.data, options.array, has_header=has_header)


def _model(options: Namespace, method: str) -> Any:
    model = eigencoder.load_model(options.model)
    if not hasattr(model, method):
        raise ValueError(f"{options.model} holds a model of {type(model).__name__}, which has no {method}")
    return model


@contextmanager
def _progress(estimator: Any, given: dict[str, Any], title: str) -> Iterator[None]:
    """A bar in a terminal, elsewhere a line an epoch, on stderr; nothing where verbose=0 is given."""
    has_bar = "verbose" not in given and sys.stderr.isatty() and hasattr(estimator, "set_callbacks")
    if has_bar and find_spec("rich") is not None:
        from rich.console import Console

        from .._progress import TrainingProgress

        with TrainingProgress(Console(stderr=True)) as progress, progress.step(title, estimator):
            yield
        return
    estimator.set_params(verbose=given.get("verbose", 1))
    with redirect_stdout(sys.stderr):
        yield


def _description(model: Any) -> dict[str, Any]:
    return {
        "class": type(model).__name__,
        "layers": "-".join(str(n) for n in (model.n_features_in_, *(len(bias) for bias in model.intercepts_))),
        "dtype": model.coefs_[0].dtype.name,
        "n_parameters": sum(array.size for array in (*model.coefs_, *model.intercepts_)),
    }


def _default(model: Any, name: str) -> Any:
    return inspect.signature(type(model)).parameters[name].default


def _feature_names(model: Any) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    return [f"x{i}" for i in range(model.n_features_in_)] if names is None else list(names)


def _tell(options: Namespace, found: dict[str, Any], message: str) -> None:
    if options.json:
        print(_json(found))
    else:
        print(f"eigencoder: {message}", file=sys.stderr)


def _json(found: Any) -> str:
    return json.dumps(_plain(found), allow_nan=False)


def _plain(value: Any) -> Any:
    """In the types of JSON: NaN and infinity, which it lacks, as null, other objects as they are written."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) or value is None else repr(value)
