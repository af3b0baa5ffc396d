"""The plain autoencoder, of which the other variants are other defaults."""

from collections.abc import Sequence

import numpy as np

from ._base import BaseAutoencoder


class Autoencoder(BaseAutoencoder):
    """Autoencoder: a network that learns a code from which its input can be rebuilt.

    The encoder maps a row x to its code, the decoder maps the code back to h(x). Both are trained together, by
    minibatches, on

        J = 1/m sum_i s_i l(x_i, h(x_i)) + alpha/2 sum_layers ||W||_F^2 + penalty(code)

    with the weights s_i of the m rows of a batch. The penalty makes codes sparse (see `SparseAutoencoder`), and the
    corruption makes the network restore noisy rows (see `DenoisingAutoencoder`).

    Parameters
    ----------
    n_components : int or float, default=32
        Number of code units. A float in (0, 1) is a share of variance: it takes the fewest units whose ``score`` on
        held-out rows reaches it. See Notes.
    hidden_layer_sizes : sequence of int, default=()
        Sizes of the encoder's layers between input and code; the decoder mirrors them. 784 features with
        ``n_components=30, hidden_layer_sizes=(1000, 500)`` make 784-1000-500-30-500-1000-784.
    activation : {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus"}, default="sigmoid"
        Activation of the hidden layers, and of the code unless ``code_activation`` says otherwise.
    code_activation : str or None, default="auto"
        Activation of the code; None means ``activation``. "auto" is "identity" where the network may be PCA: with an
        "identity" output, "squared_error", no ``penalty`` and no ``n_active``, unless ``init="glorot"``. Else it is
        ``activation``, which "kl" needs.
    output_activation : str, default="auto"
        Activation of the output, one of the same names. "auto" is "identity", with "binary_crossentropy" it is
        "sigmoid", and in a stack above the first layer that of the code below, which the output is to rebuild.
    loss : {"squared_error", "binary_crossentropy"}, default="squared_error"
        l(x, h): ||x - h||^2, the sum over the features without a factor 1/2; or -sum x log h + (1 - x) log(1 - h), for
        X in [0, 1] and a sigmoid output.
    tied_weights : bool, default=False
        Whether each decoder layer uses the transposed weights of the encoder layer that it mirrors.
    alpha : float, default=0.0
        Strength of the L2 penalty on the weights.
    penalty : {"kl", "l1", "contractive"} or None, default=None
        Penalty on the code. "kl" draws the mean activation of each code unit over a batch towards ``sparsity`` and
        needs a sigmoid or tanh code; "l1" is the mean over the rows of the sum of absolute activations, each times the
        norm of the weights by which the decoder's first layer reads the unit (see Notes); "contractive" is the mean of
        the squared norm of the code's derivatives by the input (Rifai et al. 2011) and needs
        ``hidden_layer_sizes=()``.
    sparsity : float, default=0.05
        Mean activation that "kl" aims at, in (0, 1); a tanh code is first mapped from (-1, 1) to (0, 1).
    sparsity_weight : float or "auto", default="auto"
        Factor of the penalty. "auto" is 3; under "kl", with the scales "auto" and "standard", it is the number of
        features, which is about what all rows' squared error is without a code.
    sparsity_momentum : float, default=0.0
        What the mean activation under "kl" keeps of that of the batches before, in [0, 1); it steadies small batches.
        Unused by "lbfgs", whose batch is all rows.
    n_active : int or None, default=None
        Of each row's code the ``n_active`` largest activations stay and the others become 0, of equal ones the first;
        the k-sparse code (Makhzani & Frey 2014). None: all stay, as where there are no more.
    corruption : {"masking", "gaussian", "salt_and_pepper"} or None, default=None
        Noise put on the rows while training; the loss compares with the clean row. "masking" sets entries to
        ``corruption_fill``, "gaussian" adds normal noise, "salt_and_pepper" sets entries to the minimum or maximum that
        their column has in the rows that train.
    corruption_level : float, default=0.3
        Probability with which an entry is changed; for "gaussian" the standard deviation, in the units of ``scale``.
    corruption_fill : float or {"auto", "mean"}, default="auto"
        What "masking" puts in an entry's place, unused by the others: a number, or the mean that the column has in the
        rows that train. "auto" is the mean, but 0 with "binary_crossentropy" or ``scale=None``. In
        ``partial_fit`` it is that of the first block with the scales "auto" and "standard", else that of each block.
    scale : {"auto", "standard", "minmax"} or None, default="auto"
        The units that training works in, taken from the rows that train and folded into the weights when it ends.
        "auto" takes the mean off each column and divides all by one number, the root of the variance, averaged over the
        columns; "standard" divides each column by its own standard deviation, "minmax" brings each to [0, 1]. Each part
        of J, the learning rate and ``tol`` belong to these units, and an output of any activation but "identity" stays
        in those of X. One matrix cannot carry a factor and its inverse: with ``tied_weights`` the mean alone is taken
        off. None: the units of X, as always with "exact". ``partial_fit`` keeps those of its first block.
    init : {"auto", "pca", "glorot"}, default="auto"
        Initial weights, unused by "exact". "pca": those with which the network is PCA of the rows that train, or under
        "masking" and "gaussian" noise the best linear map (see "exact"): as many units a layer as there are components
        each carry one, through the part of their activation that is nearly linear, and the others have Glorot's random
        weights and are not read yet. Training from there gives each parameter a learning rate in the scale of its
        units, falling with the number of inputs (Yang & Hu 2021); weights that read 32 units have
        ``learning_rate_init``. It needs "squared_error", an "identity" output, no "kl" and no ``n_active``; with
        ``tied_weights`` all activations must be "identity". "glorot": random weights. "auto": "pca" where that can be,
        without ``penalty`` and for X on the host; else "glorot", where under "binary_crossentropy" the output starts
        at the mean of each column.
    solver : {"auto", "adam", "adamw", "rmsprop", "sgd", "lbfgs", "exact"}, default="auto"
        "auto" trains by need, see Notes, unless ``learning_rate``, ``warmup_epochs``, ``early_stopping`` or
        ``averaging`` is given, which asks for "adam". "adam" (Kingma & Ba 2015, Algorithm 1); "adamw", for which
        ``alpha`` is no penalty in J but the decoupled decay of the weights (Loshchilov & Hutter 2019); "rmsprop"
        (Tieleman & Hinton 2012); "sgd" with momentum.
        "lbfgs" (Liu & Nocedal 1989) takes all rows as one batch and draws the noise of ``corruption`` once a fit; the
        parameters from ``learning_rate`` to ``epsilon`` are unused, and ``batch_size`` and ``shuffle`` too.
        "exact" computes the least J in one step, where that can be done: "identity" activations, no hidden layers,
        "squared_error", no penalty; and either no corruption (Kunin, Bloom, Goeva & Seed 2019; PCA with ``alpha=0``),
        or "masking" or "gaussian" with ``alpha=0`` and untied weights (reduced-rank regression, Izenman 1975). J is
        then its expected value over the noise, in ``validation_loss_curve_`` too. The parameters below up to
        ``warm_start`` are unused by "exact", but for ``max_grad_norm`` and ``averaging``, which must be None.
        Neither of the two has ``partial_fit``.
    learning_rate : {"auto", "constant", "invscaling", "adaptive", "cosine"}, default="auto"
        How the step size changes: not at all; as ``learning_rate_init / (rows seen in the epochs before +
        1)**power_t``; to a fifth each time ``n_iter_no_change`` epochs bring no improvement, down to 1e-6 (these two as
        in scikit-learn's MLPClassifier); or along a cosine to 0 at the end of ``max_iter`` epochs (Loshchilov & Hutter
        2017). "auto" is "constant", but cycles of "cosine" by need.
    learning_rate_init : float or "auto", default="auto"
        Step size. "auto" is 1e-3, by need that of the table in Notes.
    power_t : float, default=0.5
        Exponent of "invscaling", unused by the others.
    warmup_epochs : float or "auto", default="auto"
        Number of epochs, or fraction of one, in which the step size grows linearly to its full size. "auto" is 0.
    momentum : float, default=0.9
        Momentum of "sgd", unused by the others.
    nesterovs_momentum : bool, default=True
        Whether "sgd" uses Nesterov's momentum, unused by the others.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of the two moments of "adam" and "adamw"; "rmsprop" has only the second, "sgd" none.
    epsilon : float, default=1e-8
        Guard against division by zero, unused by "sgd".
    max_grad_norm : float or None, default=None
        A gradient of a larger norm, all parameters taken together, is shortened to it.
    averaging : float or None, default=None
        What a running average of the weights keeps of itself at each update, such as 0.998. The average is then what
        ``coefs_``, the validation loss and ``transform`` have. None: no average.
    batch_size : int or "auto", default="auto"
        Rows a batch at most. An epoch has as few batches as that allows, of nearly equal size. "auto" is 256, by need
        32.
    max_iter : int or "auto", default="auto"
        Largest number of epochs, with "lbfgs" of iterations; 0 sets the initial weights only. "auto" is 100, and by
        need as many as pay.
    tol : float, default=1e-4
        An epoch improves if it lowers the best monitored loss by more than this share of it. The monitored loss is the
        validation loss with ``early_stopping``, else the training loss.
    n_iter_no_change : int, default=10
        Training stops after so many epochs in a row without improvement, but not on a plateau: while the network
        answers all rows nearly alike, its loss being that of the best constant answer.
    early_stopping : bool or "auto", default="auto"
        Whether to monitor the loss of validation rows and keep the weights that had the lowest. "auto" is False; a
        training by need sets rows apart by itself where it has to.
    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` or a share as ``n_components`` sets apart, unused where ``fit`` is
        given ``X_val``.
    shuffle : bool, default=True
        Whether to shuffle the rows in each epoch.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights and the loss curve of the last one. The optimizer starts afresh; that
        of ``partial_fit`` goes on.
    random_state : int, RandomState, Generator or None, default=None
        An int in 0 .. 2**64 - 1 is the key from which every random number follows; anything else gives a key at each
        fresh fit. A key gives the same bits for any ``n_jobs``.
    n_jobs : int or None, default=None
        Number of threads at most: small steps use fewer, and the results are the same bits. -1 means all cores this
        process may use; None too, but at most ``OMP_NUM_THREADS``.
    device : {"cpu", "cuda", "cuda:0", "cuda:1", ..., "auto"}, default="cpu"
        Where to train, encode and decode: the CPU, or the NVIDIA GPU of that number, "cuda" being "cuda:0". X may lie
        on that GPU, as a C-contiguous array of PyTorch, CuPy, JAX or another library. "auto" is where X lies if that is
        a GPU, else "cuda" if that works, else "cpu"; `show_config` tells why "cuda" does not work. The initial weights
        are those of the CPU, and ``solver="exact"`` runs there alone. A fitted estimator holds NumPy arrays:
        ``set_params(device="cpu")`` lets it go on without the GPU.
    verbose : int, default=0
        1 prints the loss of each epoch.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of each layer, encoder first. With ``tied_weights`` the decoder's are the transposes of the encoder's,
        in the same memory. The arrays may be changed in place.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of each layer.
    loss_curve_ : list of float
        For each epoch the mean of J over its batches, weighted by their rows, each before its update. With "lbfgs" J
        after each iteration. Brought back to the units of X, where ``scale`` divides all columns by one number.
    validation_loss_curve_ : list of float
        For each epoch the mean of l over the validation rows, in the same units; empty without validation rows.
    loss_ : float
        The last entry of ``loss_curve_``; where that is empty, J of X with ``max_iter=0``, else infinity.
    best_loss_ : float
        The lowest monitored loss of the last call of ``fit`` or ``partial_fit``; infinity where it finished no epoch.
        By need that of the weights which were kept, on the rows that judge them.
    solver_, learning_rate_init_, batch_size_ : str, float and int
        What "auto" has become; "pca" is a solver of no steps.
    n_iter_ : int
        Number of finished epochs, or iterations of "lbfgs".
    t_ : int
        Number of rows seen, over all epochs; "lbfgs" sees all rows at each evaluation of J.
    n_components_ : int
        Number of code units.
    size_curve_ : dict of ndarray
        Where ``n_components`` is a float, the sizes that were trained, in ascending order, as "n_components"; the share
        of variance that each explained of the held-out rows, as "score"; and as "pca_score" what PCA of the same
        training rows explains of them with as many components. A table for `pandas.DataFrame`.
    n_features_in_ : int
        Number of features of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where X has names that are all strings.

    See Also
    --------
    SparseAutoencoder : The same with a sparsity penalty.
    DenoisingAutoencoder : The same with corrupted input.

    Notes
    -----
    Training by need is "adam" in cycles of 15, 30, 60 and 120 epochs. In each the optimizer starts afresh and its step
    size, largest at first, falls along a cosine to 0. Shapes and settings alone choose:

    ============================================  ======================  ==================
    start                                         ``learning_rate_init``  cycles
    ============================================  ======================  ==================
    PCA or, with ``warm_start``, trained weights  1e-3                    4
    Glorot's weights                              3e-3                    4
    under "kl", no hidden layers                  0.05                    3
    under "kl", hidden layers                     0.01                    3
    ============================================  ======================  ==================

    There are more where these have fewer than 200 steps, and fewer where they take more than 3e10 multiply-adds. The
    cycles end where one gains less than ``tol``. With hidden layers, noise or ``n_active`` a network could learn its
    rows by heart: of 500 rows or more 15 % are set apart and judge the weights after each cycle, or ``X_val`` does; of
    fewer, five folds find how many cycles pay, and all rows train for these. The start stays where nothing is better
    than it by more than the standard error of the difference. So ``Autoencoder(k)`` is no worse than PCA; and where no
    weights can be better, as without hidden layers, noise, penalties and ``alpha``, PCA is all: one iteration is
    counted. ``learning_rate_init``, ``batch_size`` and ``max_iter`` may be given: the last cycle then ends at
    ``max_iter`` epochs in all. `partial_fit` has no need that it could know: it is "adam" at a constant rate.

    ``n_components=0.95`` holds rows out, those that ``early_stopping`` would or ``X_val``, and trains one size after
    the other on the rest, each for up to ``max_iter`` epochs. The first is the size with which PCA of the training rows
    explains 0.95 of the held-out ones. While a size explains too little the code grows: trained units stay, new ones
    get initial weights. Then it shrinks: the units go that add least variance to the decoder's first layer. PCA's curve
    says how far to go, and the search ends where one size is enough and the one below it is not; 2 to 7 trainings did
    on every data set that we tried. The estimator is the network that was measured: no held-out row has trained it.

    The found network has been trained for longer than one of its size that starts afresh. Training is not sure to find
    the best weights: a longer one may find a smaller size, and ``warm_start=True`` begins at the size and with the
    weights of the last fit. If not even as many units as X has features, or rows that train, are enough, a
    ConvergenceWarning names the best size, and the estimator keeps the largest code. ``max_iter=0`` takes PCA's size.

    Under "l1" small activations with large weights behind them cost what large ones with small weights do. With hidden
    layers in the decoder the scale can still move into its later layers in a long training; ``alpha`` holds it back.

    A network with linear output and no hidden layers rebuilds in a flat space of ``n_components`` dimensions, so it
    explains no more of its training rows than PCA with as many components. There PCA's size is a lower bound; it is
    none for other rows, where the two can only be expected to be close, and none with hidden layers.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313.

    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", AISTATS. The
    initial weights are theirs.

    Rifai, Vincent, Muller, Glorot & Bengio (2011), "Contractive auto-encoders", ICML.

    Makhzani & Frey (2014), "k-sparse autoencoders", ICLR.

    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", and (2019), "Decoupled weight
    decay regularization", ICLR.

    Yang & Hu (2021), "Tensor programs IV: feature learning in infinite-width neural networks", ICML.

    Liu & Nocedal (1989), "On the limited memory BFGS method for large scale optimization", Mathematical Programming 45.

    Kingma & Ba (2015), "Adam: a method for stochastic optimization", ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from eigencoder import Autoencoder
    >>> X = load_digits().data / 16
    >>> autoencoder = Autoencoder(16, hidden_layer_sizes=(64,), random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (1797, 16)
    >>> autoencoder.score(X) > 0.8
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
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.code_activation = code_activation
        self.output_activation = output_activation
        self.loss = loss
        self.tied_weights = tied_weights
        self.alpha = alpha
        self.penalty = penalty
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.sparsity_momentum = sparsity_momentum
        self.n_active = n_active
        self.corruption = corruption
        self.corruption_level = corruption_level
        self.corruption_fill = corruption_fill
        self.scale = scale
        self.init = init
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
