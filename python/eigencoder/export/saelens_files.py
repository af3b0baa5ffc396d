"""The two files of SAELens: what they hold, and what they mean where they say nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from .. import __version__

WEIGHTS, CONFIG = "sae_weights.safetensors", "cfg.json"
TENSORS = ("W_enc", "b_enc", "W_dec", "b_dec")

_VERSION = "6.18.0"  # of SAELens, whose keys these are


def config_of(d_in: int, d_sae: int, n_active: int, dtype: str) -> dict[str, Any]:
    """Every key, since SAELens' defaults are others."""
    config = {
        "architecture": "topk" if n_active else "standard",
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": dtype,
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": _VERSION,
            "model_name": None,
            "hook_name": None,
            "eigencoder_version": __version__,
        },
    }
    return config | ({"k": n_active, "rescale_acts_by_decoder_norm": False} if n_active else {})


def read_config(path: Path) -> dict[str, Any]:
    """The keys that say what is computed, of a network that we have too."""
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no JSON, {error}: copy it again") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold an object of JSON, found {type(config).__name__}: copy it again")
    architecture = config.get("architecture", "standard")
    activation = config.get("activation_fn", config.get("activation_fn_str", "relu"))  # before version 6
    k = config.get("k", 100)
    if architecture == "standard" and activation == "topk":
        architecture, k = "topk", (config.get("activation_fn_kwargs") or {}).get("k", 100)
    elif architecture == "standard" and activation != "relu":
        architecture = f"standard with {activation}"
    if architecture not in ("standard", "topk"):
        raise ValueError(f"{path} is of the architecture {architecture!r}, available are 'standard' and 'topk'")
    for key in ("normalize_activations", "reshape_activations"):
        if (found := config.get(key)) not in (None, False, "none"):
            raise ValueError(f"{path} has {key}={found!r}, available is 'none': fold it into the weights in SAELens")
    is_top_k = architecture == "topk"
    if is_top_k and not (isinstance(k, int) and k > 0):
        raise ValueError(f"{path} has k={k!r}, expected a positive integer: copy it again")
    return {
        "k": k if is_top_k else None,
        "apply_b_dec_to_input": config.get("apply_b_dec_to_input", True),
        "rescale_acts_by_decoder_norm": is_top_k and config.get("rescale_acts_by_decoder_norm", False),
    }


def read_tensors(path: Path) -> list[NDArray[Any]]:
    """W_enc, b_enc, W_dec and b_dec, all in float64 or all in float32."""
    try:
        found = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is no file of safetensors that NumPy can hold, {error}: save it in float32"
        ) from error
    if found.keys() != set(TENSORS):
        raise ValueError(f"{path} has the tensors {', '.join(sorted(found))}, expected {', '.join(TENSORS)}")
    dtype = np.float64 if found["W_enc"].dtype == np.float64 else np.float32
    tensors = [np.asarray(found[name], dtype) for name in TENSORS]
    shapes = [tensor.shape for tensor in tensors]
    d_in, d_sae = shapes[0] if len(shapes[0]) == 2 else (0, 0)
    expected = [(d_in, d_sae), (d_sae,), (d_sae, d_in), (d_in,)]
    if shapes != expected or not d_in * d_sae:
        raise ValueError(f"{path} has tensors of the shapes {shapes}, expected (d, h), (h,), (h, d) and (d,)")
    for name, tensor in zip(TENSORS, tensors, strict=True):
        if not np.isfinite(tensor).all():
            raise ValueError(f"{path} has entries of {name} that are not finite: save one that has converged")
    return tensors
