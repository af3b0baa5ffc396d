"""An autoencoder that restores noisy rows."""

from collections.abc import Sequence

import numpy as np

from .autoencoder import Autoencoder


class DenoisingAutoencoder(Autoencoder):
    """Autoencoder that is trained to restore corrupted rows.

    The same as `Autoencoder` but for ``corruption="masking"``: in each epoch every entry of X is lost with probability
    ``corruption_level`` before the row enters the network, and the loss compares the output with the clean row. So the
    network has to learn how features depend on each other. What takes the place of a lost entry is ``corruption_fill``,
    by default the mean of its column: to restore rows whose lost entries are 0, give 0. Only training corrupts:
    ``transform``, ``reconstruct`` and ``score`` take rows as they are.

    Parameters
    ----------
    n_components, hidden_layer_sizes, activation, ..., verbose
        See `Autoencoder`, with one other default: ``corruption="masking"``.
    device : {"cpu", "cuda", "cuda:0", "cuda:1", ..., "auto"}, default="cpu"
        Where to train, encode and decode; see `Autoencoder`.

    Attributes
    ----------
    coefs_, intercepts_, loss_curve_, ..., feature_names_in_
        See `Autoencoder`.

    Notes
    -----
    The noise of an entry follows from ``random_state``, the epoch, the row's index in X and the column alone. Two equal
    rows get different noise, so a row of weight 2 is not quite the same as that row twice.

    References
    ----------
    Vincent, Larochelle, Bengio & Manzagol (2008), "Extracting and composing robust features with denoising
    autoencoders", ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import DenoisingAutoencoder
    >>> X = load_digits().data
    >>> noisy = np.where(np.random.default_rng(0).random(X.shape) < 0.3, X.mean(axis=0), X)
    >>> autoencoder = DenoisingAutoencoder(64, hidden_layer_sizes=(128,), random_state=0).fit(X)
    >>> bool(np.sum((autoencoder.reconstruct(noisy) - X) ** 2) < 0.8 * np.sum((noisy - X) ** 2))
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
        penalty: str | None = None,
        sparsity: float = 0.05,
        sparsity_weight: float | str = "auto",
        sparsity_momentum: float = 0.0,
        n_active: int | None = None,
        corruption: str | None = "masking",
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
