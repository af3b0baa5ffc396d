"""What SAELens computes of our files, and we of its own: `nox -s saelens`, for it brings PyTorch."""

import numpy as np
import pytest
import torch
from sae_lens import SAE, StandardSAE, StandardSAEConfig, TopKSAE, TopKSAEConfig

from eigencoder.export import from_saelens, to_saelens
from networks import DTYPES, autoencoder, rows
from tolerances import OTHER_RUNTIME


def by_saelens(sae, x):
    """Its code and its reconstruction."""
    with torch.no_grad():
        code = sae.encode(torch.from_numpy(x))
        return code.numpy(), sae.decode(code).numpy()


def assert_equal_to_saelens(model, sae, x):
    code, reconstruction = by_saelens(sae, x)
    OTHER_RUNTIME[x.dtype.name].assert_close(model.transform(x), code)
    OTHER_RUNTIME[x.dtype.name].assert_close(model.inverse_transform(code), reconstruction)


@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("n_active", [None, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_saelens_reads_ours(tmp_path, dtype, n_active, tied_weights):
    model = autoencoder(24, 50, dtype, activation="relu", n_active=n_active, tied_weights=tied_weights)
    to_saelens(model, tmp_path / "sae")
    assert_equal_to_saelens(model, SAE.load_from_disk(tmp_path / "sae"), rows(200, 24, dtype))


@pytest.mark.parametrize(("k", "rescale"), [(None, False), (4, False), (4, True)])
@pytest.mark.parametrize("apply_b_dec_to_input", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_we_read_its_own(tmp_path, dtype, apply_b_dec_to_input, k, rescale):
    settings = {"d_in": 24, "d_sae": 50, "dtype": dtype, "apply_b_dec_to_input": apply_b_dec_to_input}
    if k is None:
        sae: SAE = StandardSAE(StandardSAEConfig(**settings))
    else:
        sae = TopKSAE(TopKSAEConfig(**settings, k=k, rescale_acts_by_decoder_norm=rescale))
    torch.manual_seed(0)
    for parameter in sae.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    sae.save_model(tmp_path / "sae")
    assert_equal_to_saelens(from_saelens(tmp_path / "sae"), sae, rows(200, 24, dtype))


def test_zero_activations_of_which_many_are_equal(tmp_path):
    """Top k comes before the relu there, after it here: both leave only what is positive."""
    model = autoencoder(24, 50, "float32", activation="relu", n_active=30)
    to_saelens(model, tmp_path / "sae")
    code, _ = by_saelens(SAE.load_from_disk(tmp_path / "sae"), rows(200, 24, "float32"))
    assert (np.count_nonzero(code, axis=1) < 30).any()
    assert_equal_to_saelens(model, SAE.load_from_disk(tmp_path / "sae"), rows(200, 24, "float32"))
