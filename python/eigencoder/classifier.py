"""A classifier that starts from the encoder of an autoencoder."""

from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.frozen import FrozenEstimator

from . import _core
from ._base import BaseAutoencoder, BaseNetwork, with_minibatches
from ._data.arrays import without_dispatch
from ._training.callbacks import with_callbacks
from ._training.classification import ClassifierSettings, ClassifierTraining
from ._training.fitting import train


class EncoderClassifier(ClassifierMixin, BaseNetwork):  # type: ignore[misc]
    """Classifier whose network is a pretrained encoder and a softmax layer on its code.

    All layers are trained together, by the softmax cross-entropy

        J = -1/m sum_i s_i log p(y_i | x_i) + alpha/2 sum_layers ||W||_F^2

    with p the softmax of the last layer's output: the supervised fine-tuning of an autoencoder, or of a stack of them.

    Parameters
    ----------
    encoder : autoencoder
        `Autoencoder` or another one, whose encoder gives the network its first layers. Training starts from the weights
        of a fitted one, which stays as it is: X must have its features, as for its ``transform``, and is converted to
        its dtype. One that is not fitted is cloned and fitted before, on the X of ``fit`` or of the first
        ``partial_fit``, with the ``sample_weight`` and ``X_val`` of that call. ``clone``, and with it cross-validation,
        makes a fitted one unfitted: put it in a `sklearn.frozen.FrozenEstimator` to keep it.
    alpha : float, default=0.0
        Strength of the L2 penalty on the weights of all layers; the decoupled decay of "adamw".
    class_weight : dict, "balanced" or None, default=None
        What the loss of a row is multiplied by, beside ``sample_weight``: a weight by class, 1 for a class that the
        dict lacks. "balanced" makes all classes weigh the same: n_samples / (n_classes * n_samples_of_class), where a
        ``sample_weight`` counts as a repetition. Rows that ``early_stopping`` sets apart are weighed too, those of
        ``X_val`` are not. In ``fit`` only the ratios matter, in ``partial_fit`` the weights count as they are.
    corruption, corruption_level, solver, ..., epsilon, max_grad_norm, averaging, batch_size, ..., verbose
        See `Autoencoder`. The scale "auto" is "standard" here, but for X on a GPU; a training by need has
        ``learning_rate_init=0.01``. There is no "exact" solver. Of the rows that
        ``early_stopping`` sets apart each class gives its share, and keeps one that trains.
    device : {"cpu", "cuda", "cuda:0", "cuda:1", ..., "auto"}, default="cpu"
        Where to train and predict; see `Autoencoder`. An unfitted encoder is fitted where its own
        ``device`` says.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    encoder_ : autoencoder
        The one that training started from, as it was before.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of the encoder's layers and of the softmax layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Their biases.
    loss_curve_, validation_loss_curve_, loss_, best_loss_, n_iter_, t_, n_features_in_, feature_names_in_
        See `Autoencoder`; the losses are cross-entropies.

    See Also
    --------
    StackedAutoencoder : An encoder of many layers, trained one by one.

    Notes
    -----
    An encoder that the classifier fits has seen the rows that ``early_stopping`` sets apart; give ``X_val`` for rows
    that have not trained it.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313.

    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), "Stacked denoising autoencoders", JMLR 11.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from eigencoder import DenoisingAutoencoder, EncoderClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> classifier = EncoderClassifier(DenoisingAutoencoder(100, random_state=0), random_state=0)
    >>> classifier.fit(X_train, y_train).score(X_test, y_test) > 0.95
    True
    """

    classes_: NDArray[Any]
    encoder_: BaseAutoencoder
    _training = ClassifierTraining

    def __init__(
        self,
        encoder: BaseAutoencoder | FrozenEstimator,
        *,
        alpha: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
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
        self.encoder = encoder
        self.alpha = alpha
        self.class_weight = class_weight
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

    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Train on X and its classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data, as for `Autoencoder.fit`.
        y : array-like of shape (n_samples,)
            The class of each row: numbers, strings or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss. Only their ratios matter.
        X_val : array-like of shape (n_validation_samples, n_features), default=None
            Rows whose loss is recorded after each epoch, without ``class_weight``. With ``early_stopping`` they take
            the place of the rows that would be split off X.
        y_val : array-like of shape (n_validation_samples,), default=None
            The class of each of them, one that y has too.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, DivergenceError, KeyboardInterrupt
            As `Autoencoder.fit`.
        """
        train(self, "fit", X, y, sample_weight, X_val, y_val)
        return self

    @with_minibatches
    @with_callbacks
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one pass over a block of rows, in minibatches.

        The first call starts from the encoder; one that is not fitted is trained on this block alone, for as many
        epochs as it has set: let it be large. Later ones go on where the last one stopped, as those of
        `Autoencoder.partial_fit`, also after ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The block.
        y : array-like of shape (n_samples,)
            The class of each row. A block may lack classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that any block may have. The first call needs them, later ones may repeat them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row. Only their ratios within the block matter.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, DivergenceError, KeyboardInterrupt
            As ``fit``; a ValueError also with what needs to know all rows or epochs: ``class_weight="balanced"``,
            ``early_stopping``, the learning rates "adaptive" and "cosine", and ``warmup_epochs``.
        AttributeError
            With the solver "lbfgs", which needs all rows.
        """
        train(self, "partial_fit", X, y, sample_weight, None, classes=classes)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[Any]:
        """The output of the last layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes), or (n_samples,) where there are two classes
            z of each class; of two classes the second's less the first's.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        classes : ndarray of shape (n_samples,)
            One of ``classes_`` a row.
        """
        most_probable = self._logits(X).argmax(axis=1)
        return np.asarray(self.classes_[most_probable])

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """The probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return np.asarray(softmax(self._logits(X), axis=1))

    def predict_log_proba(self, X: ArrayLike) -> NDArray[Any]:
        """The logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return np.asarray(log_softmax(self._logits(X), axis=1))

    score = without_dispatch()(ClassifierMixin.score)  # else it would compute in the library of y

    def _logits(self, X: ArrayLike) -> NDArray[Any]:
        return self._infer(partial(_core.forward, to_host=True), self._check_input(X), self._layers())

    def _settings(self) -> ClassifierSettings:
        return ClassifierSettings.of(self)
