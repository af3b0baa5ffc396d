"""The estimators, trained on X as it is, from random weights to linear outputs by one solver: to test what it does."""

from functools import partial

import eigencoder

_AS_GIVEN = {"scale": None, "solver": "adam"}
_SINGLE = {**_AS_GIVEN, "init": "glorot", "sparsity_weight": 3.0, "output_activation": "identity"}
Autoencoder = partial(eigencoder.Autoencoder, **_SINGLE)
DenoisingAutoencoder = partial(eigencoder.DenoisingAutoencoder, **_SINGLE)
SparseAutoencoder = partial(eigencoder.SparseAutoencoder, **_SINGLE)
StackedAutoencoder = partial(eigencoder.StackedAutoencoder, sparsity_weight=3.0, **_AS_GIVEN)
EncoderClassifier = partial(eigencoder.EncoderClassifier, **_AS_GIVEN)
