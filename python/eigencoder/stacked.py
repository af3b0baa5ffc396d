"""The stacked autoencoder, trained layer by layer."""

from collections.abc import Sequence
from typing import NoReturn

from .autoencoder import Autoencoder


class StackedAutoencoder:
    """Autoencoders trained one on the codes of the other; not available yet.

    Parameters
    ----------
    layers : sequence of Autoencoder
        The autoencoders, the one nearest to the input first.
    fine_tune : bool, default=True
        Whether to train all layers together at the end.

    Raises
    ------
    ValueError
        Always.
    """

    def __init__(self, layers: Sequence[Autoencoder], *, fine_tune: bool = True) -> NoReturn:
        raise ValueError(
            "StackedAutoencoder is not available yet; chain autoencoders in a pipeline meanwhile, as in "
            "sklearn.pipeline.make_pipeline(Autoencoder(256), Autoencoder(64))"
        )
