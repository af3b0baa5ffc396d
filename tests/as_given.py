"""The estimators, trained on X as it is given and from random weights: for tests of what training does with these."""

from functools import partial

import eigencoder

Autoencoder = partial(eigencoder.Autoencoder, scale=None, init="glorot")
DenoisingAutoencoder = partial(eigencoder.DenoisingAutoencoder, scale=None, init="glorot")
SparseAutoencoder = partial(eigencoder.SparseAutoencoder, scale=None, init="glorot")
StackedAutoencoder = partial(eigencoder.StackedAutoencoder, scale=None)
EncoderClassifier = partial(eigencoder.EncoderClassifier, scale=None)
