"""Autoencoders trained one on the code of the other, then all together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import _BaseComposition, available_if

from ._base import BaseAutoencoder, trains_in_minibatches
from ._training.stacking import NamedLayer, StackSettings, StackTraining, named_layers, part_attributes


def _fine_tunes(stack: "StackedAutoencoder") -> bool:
    if not stack.fine_tune:
        raise AttributeError(
            "partial_fit is a pass of the fine-tuning, but fine_tune=False: set it to True, or use fit"
        )
    return trains_in_minibatches(stack)


class StackedAutoencoder(BaseAutoencoder, _BaseComposition):  # type: ignore[misc]
    """Stack of autoencoders, trained layer by layer and then together.

    The first layer is trained on X, each further one on the codes that the layer below it gives for the clean rows.
    Then all encoders, and all decoders in reverse order, make one deep network. The fine-tuning trains this network as
    `Autoencoder` trains its own, with the parameters below; those of a layer are for its training by itself.

    Parameters
    ----------
    layers : list of autoencoders, or of pairs (name, autoencoder)
        The one nearest to X first, each with its own settings, an integer ``n_components`` and, if wished, its own
        hidden layers. One without a name is called layer1, layer2, ... by its position. ``layer1__sparsity`` names a
        parameter of a layer in ``get_params`` and ``set_params``, ``layer1`` the layer. They are cloned before they are
        trained. A layer whose ``random_state`` is None gets a seed that follows from the stack's.
        What all but the last leave "auto" of ``code_activation`` and ``init`` is None and "glorot": a code that the
        next layer reads is that of the activation.
    fine_tune : bool, default=True
        Whether to train the network of all layers together at the end. Without, it stays as the layers were trained,
        and the parameters below tell only in what loss ``loss_`` is measured.
    loss, alpha, ..., verbose
        Parameters of the fine-tuning, as those of `Autoencoder`, with the same defaults. ``penalty`` is one on the top
        code; the weights that "l1" looks at are those of the first layer after it. Sizes, activations and the top
        layer's ``n_active`` are those of the layers: the output's activation is that of the first layer, and so must be
        "sigmoid" under ``loss="binary_crossentropy"``.
    tied_weights : bool, default=False
        Whether the fine-tuning keeps each decoder layer the transpose of the encoder layer that it mirrors; it needs
        layers which are all tied. Without, layers that are tied start the fine-tuning so, and leave it as they need.
    device : {"cpu", "cuda", "cuda:0", "cuda:1", ..., "auto"}, default="cpu"
        Where to train all layers together, encode and decode; see `Autoencoder`. A layer is trained where its own
        ``device`` says.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the fine-tuning of the last fit, without training the layers again.

    Attributes
    ----------
    layers_ : list of autoencoders
        The clones, as they were trained layer by layer: the fine-tuning does not change them.
    named_layers_ : sklearn.utils.Bunch
        The same by name.
    coefs_, intercepts_, loss_curve_, ..., feature_names_in_
        See `Autoencoder`: the weights of the network of all layers, and the course of the fine-tuning.

    See Also
    --------
    Autoencoder : With ``hidden_layer_sizes`` it trains a deep network at once.

    Notes
    -----
    ``stack[:2]`` is a stack of the first two layers, fitted if ``stack`` is, with the fine-tuned weights: both share
    them. It has finished no epoch of its own, and need not rebuild its input well, since the fine-tuning looks at the
    output of the whole. ``stack[0]`` and ``stack["layer1"]`` are a layer as it was trained by itself, or the given one
    before ``fit``.

    An error while the layers are trained, or Ctrl-C, leaves the stack as it was. ``sample_weight`` and ``X_val`` reach
    the layers, X_val as codes. Rows that the stack's ``early_stopping`` sets apart for the fine-tuning have been seen
    by the layers; give ``X_val`` for rows that have not.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313.

    Bengio, Lamblin, Popovici & Larochelle (2007), "Greedy layer-wise training of deep networks", NIPS.

    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), "Stacked denoising autoencoders", JMLR 11.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import Autoencoder, DenoisingAutoencoder, StackedAutoencoder
    >>> X = load_digits().data
    >>> layers = [DenoisingAutoencoder(64), Autoencoder(16)]
    >>> stack = StackedAutoencoder(layers, random_state=0)
    >>> stack.fit_transform(X).shape
    (1797, 16)
    >>> stack[:1].transform(X).shape
    (1797, 64)
    >>> stack.score(X) > stack.set_params(fine_tune=False).fit(X).score(X)
    True
    """

    layers_: list[BaseAutoencoder]
    named_layers_: Bunch
    _training = StackTraining

    def __init__(
        self,
        layers: Sequence[BaseAutoencoder | NamedLayer],
        *,
        fine_tune: bool = True,
        loss: str = "squared_error",
        tied_weights: bool = False,
        alpha: float = 0.0,
        penalty: str | None = None,
        sparsity: float = 0.05,
        sparsity_weight: float | str = "auto",
        sparsity_momentum: float = 0.0,
        corruption: str | None = None,
        corruption_level: float = 0.3,
        corruption_fill: float | str = "auto",
        scale: str | None = "auto",
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
        self.layers = layers
        self.fine_tune = fine_tune
        self.loss = loss
        self.tied_weights = tied_weights
        self.alpha = alpha
        self.penalty = penalty
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.sparsity_momentum = sparsity_momentum
        self.corruption = corruption
        self.corruption_level = corruption_level
        self.corruption_fill = corruption_fill
        self.scale = scale
        self.solver = solver
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.warmup_epochs = warmup_epochs
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.max_grad_norm = max_grad_norm
        self.averaging = averaging
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device
        self.verbose = verbose

    @available_if(_fine_tunes)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: ArrayLike, y: object = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Fine-tune for one pass over a block of rows, in minibatches.

        The first call trains the layers before, on its block alone and for as many epochs as they have set: let it be
        large. Later ones go on where the last one stopped, as those of `Autoencoder.partial_fit`, also after ``fit``.
        With ``fine_tune=False`` there is no such method.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The block.
        y : Ignored
            Present for the conventions of scikit-learn.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row. Only their ratios within the block matter.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, DivergenceError, KeyboardInterrupt
            As ``fit``; a ValueError also with ``early_stopping``, since one pass has nothing to stop.
        """
        return super().partial_fit(X, y, sample_weight=sample_weight)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the layers by name, and their parameters, such as ``layer1__sparsity``.

        Returns
        -------
        params : dict
            Their values by name.
        """
        params: dict[str, Any] = self._get_params("_named_layers", deep=deep)
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of a layer by names such as ``layer1__sparsity``, or replace a layer.

        Parameters
        ----------
        **params : dict
            Values by name.

        Returns
        -------
        self : object
            The stack.
        """
        if "layers" in params:
            self.layers = params.pop("layers")
        self._set_params("_named_layers", **params)
        return self

    def __len__(self) -> int:
        return len(self.layers)

    @overload
    def __getitem__(self, index: int | str) -> BaseAutoencoder: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | str | slice) -> BaseAutoencoder | Self:
        if isinstance(index, slice):
            return self._slice(index)
        layers = dict(getattr(self, "named_layers_", self._named_layers))
        layer: BaseAutoencoder = layers[index] if isinstance(index, str) else list(layers.values())[index]
        return layer

    def _slice(self, index: slice) -> Self:
        start, stop, step = index.indices(len(self))
        if step != 1 or start >= stop:
            raise ValueError(f"a slice of a stack takes one or more layers that follow each other, found {index}")
        part = type(self)(**{**self.get_params(deep=False), "layers": self._named_layers[index]})
        if hasattr(self, "coefs_"):
            for name, value in part_attributes(self, start, stop).items():
                setattr(part, name, value)
        return part

    @property
    def _named_layers(self) -> Any:
        return named_layers(self.layers) if isinstance(self.layers, Sequence) else self.layers  # refused by fit

    @_named_layers.setter
    def _named_layers(self, pairs: list[Any]) -> None:
        self.layers = pairs

    def _settings(self) -> StackSettings:
        settings = StackSettings.of(self)
        self._validate_names([name for name, _ in settings.layers])
        if settings.fine_tune:
            return settings
        if settings.warm_start:
            raise ValueError("warm_start=True goes on with the fine-tuning, but fine_tune=False: change one of them")
        return replace(settings, max_iter=0)
