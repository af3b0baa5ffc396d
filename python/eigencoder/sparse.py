"""An autoencoder whose code units are rarely active."""

from collections.abc import Sequence

import numpy as np

from .autoencoder import Autoencoder


class SparseAutoencoder(Autoencoder):
    """Autoencoder with a sparsity penalty on its code.

    The same as `Autoencoder` but for ``penalty="kl"``, which adds to the objective

        sparsity_weight * sum_j KL(sparsity || mean activation of code unit j over the batch)

    with KL(p || q) = p log(p / q) + (1 - p) log((1 - p) / (1 - q)). Each unit is then active for few rows only, and the
    code may have more units than the input has features without copying it.

    Parameters
    ----------
    n_components, hidden_layer_sizes, activation, ..., verbose
        See `Autoencoder`, with one other default: ``penalty="kl"``.
    device : {"cpu", "cuda", "cuda:0", "cuda:1", ..., "auto"}, default="cpu"
        Where to train, encode and decode; see `Autoencoder`.

    Attributes
    ----------
    coefs_, intercepts_, loss_curve_, ..., feature_names_in_
        See `Autoencoder`.

    Notes
    -----
    ``penalty="l1"`` takes a code of any activation: it adds ``sparsity_weight`` times the mean over the rows of
    sum_j |a_j| ||d_j||, d_j being the weights by which the decoder's first layer reads unit j; see `Autoencoder`.

    The literature that uses 1/2 ||x - h||^2, such as the lecture notes cited below, has half of this objective: its
    lambda is ``alpha / 2`` and its beta ``sparsity_weight / 2``.

    References
    ----------
    Lee, Ekanadham & Ng (2008), "Sparse deep belief net model for visual area V2", NIPS.

    Ng (2011), "Sparse autoencoder", CS294A lecture notes, Stanford University.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import SparseAutoencoder
    >>> X = load_digits().data
    >>> mean_activations = SparseAutoencoder(100, random_state=0).fit_transform(X).mean(axis=0)
    >>> bool(0.04 < mean_activations.min() and mean_activations.max() < 0.06)
    True
    """

    def __init__(
        self,
        n_components: int | float = 32,
        *,
        hidden_layer_sizes: Sequence[int] = (),
        activation: str = "sigmoid",
        code_activation: str | None = "auto",
        output_activation: str = "auto",
        loss: str = "squared_error",
        tied_weights: bool = False,
        alpha: float = 0.0,
        penalty: str | None = "kl",
        sparsity: float = 0.05,
        sparsity_weight: float | str = "auto",
        sparsity_momentum: float = 0.0,
        n_active: int | None = None,
        corruption: str | None = None,
        corruption_level: float = 0.3,
        corruption_fill: float | str = "auto",
        scale: str | None = "auto",
        init: str = "auto",
        solver: str = "auto",
        learning_rate: str = "auto",
        learning_rate_init: float | str = "auto",
        power_t: float = 0.5,
        warmup_epochs: float | str = "auto",
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        max_grad_norm: float | None = None,
        averaging: float | None = None,
        batch_size: int | str = "auto",
        max_iter: int | str = "auto",
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        shuffle: bool = True,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        n_jobs: int | None = None,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        super().__init__(
            n_components,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            code_activation=code_activation,
            output_activation=output_activation,
            loss=loss,
            tied_weights=tied_weights,
            alpha=alpha,
            penalty=penalty,
            sparsity=sparsity,
            sparsity_weight=sparsity_weight,
            sparsity_momentum=sparsity_momentum,
            n_active=n_active,
            corruption=corruption,
            corruption_level=corruption_level,
            corruption_fill=corruption_fill,
            scale=scale,
            init=init,
            solver=solver,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            warmup_epochs=warmup_epochs,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            max_grad_norm=max_grad_norm,
            averaging=averaging,
            batch_size=batch_size,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            shuffle=shuffle,
            warm_start=warm_start,
            random_state=random_state,
            n_jobs=n_jobs,
            device=device,
            verbose=verbose,
        )
