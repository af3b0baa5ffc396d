"""What is trained, on which data and how: the plain data of csrc/include/eigencoder/config.h and engine.h."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.int64]


class Layer(NamedTuple):
    """Views of one layer's share of a flat vector: weights, (n_inputs, n_outputs), and bias, (n_outputs,)."""

    weights: Array
    bias: Array


@dataclass(frozen=True)
class Network:
    """Layer l maps ``layer_sizes[l]`` inputs to ``layer_sizes[l + 1]`` outputs through ``activations[l]``.

    The number of layers of an autoencoder is even and the code is the output of the middle one. With ``tied_weights`` a
    decoder layer multiplies by the transpose of the encoder layer that it mirrors. ``n_encoder_layers`` makes a
    classifier: the code is the output of the last of these, and the layers after it lead to the classes. Of a row's
    code the ``n_active`` largest activations stay and all others become 0; with 0 all stay.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[str, ...]
    tied_weights: bool = False
    n_active: int = 0
    n_encoder_layers: int = 0

    @property
    def n_layers(self) -> int:
        return len(self.activations)

    @property
    def code_layer(self) -> int:
        return (self.n_encoder_layers or self.n_layers // 2) - 1

    @property
    def n_components(self) -> int:
        return self.layer_sizes[self.code_layer + 1]

    def is_tied(self, layer: int) -> bool:
        return self.tied_weights and layer > self.code_layer

    @property
    def n_parameters(self) -> int:
        sizes = enumerate(pairwise(self.layer_sizes))
        n_weights = sum(n_inputs * n_outputs for layer, (n_inputs, n_outputs) in sizes if not self.is_tied(layer))
        return n_weights + sum(self.layer_sizes[1:])

    @property
    def is_weight(self) -> NDArray[np.bool_]:
        """Which of the parameters are weights, (n_parameters,); the others are biases."""
        mask = np.ones(self.n_parameters)
        for _, bias in self.layers(mask):
            bias[...] = 0
        return np.asarray(mask == 1)

    def layers(self, parameters: Array) -> list[Layer]:
        """The layers as views of a flat vector, (n_parameters,).

        The vector holds W, row by row, then b, layer after layer; a tied decoder layer has only its b there.
        """
        if parameters.shape != (self.n_parameters,):
            raise ValueError(
                f"parameters have shape {parameters.shape}, the network has {self.n_parameters}: "
                "pass a vector of that length"
            )
        layers: list[Layer] = []
        start = 0
        for layer, (n_inputs, n_outputs) in enumerate(pairwise(self.layer_sizes)):
            if self.is_tied(layer):
                weights = layers[self.n_layers - 1 - layer].weights.T
            else:
                weights = parameters[start : start + n_inputs * n_outputs].reshape(n_inputs, n_outputs)
                start += n_inputs * n_outputs
            layers.append(Layer(weights, parameters[start : start + n_outputs]))
            start += n_outputs
        return layers


@dataclass(frozen=True)
class Objective:
    """J = 1/m sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum_layers ||W||_F^2 + penalty(code)."""

    loss: str = "squared_error"
    alpha: float = 0.0
    penalty: str = "none"
    sparsity: float = 0.05
    sparsity_weight: float = 3.0
    sparsity_momentum: float = 0.0
    corruption: str = "none"
    corruption_level: float = 0.3


@dataclass(frozen=True)
class Optimizer:
    """The solver and its settings; those of another solver are unused."""

    solver: str = "adam"
    learning_rate: str = "constant"
    learning_rate_init: float = 1e-3
    power_t: float = 0.5
    warmup_epochs: float = 0.0
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    max_grad_norm: float = 0.0
    averaging: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """In what portions and for how long; ``first_epoch`` counts the epochs trained before this call."""

    batch_size: int = 256
    max_iter: int = 100
    tol: float = 1e-4
    n_iter_no_change: int = 10
    early_stopping: bool = False
    shuffle: bool = True
    first_epoch: int = 0


class Units(NamedTuple):
    """The network sees (x - center) factor; center and factor are (n_features,).

    ``of_target``: whether the output is compared with that too, and not with x.
    """

    center: Array
    factor: Array
    of_target: bool


@dataclass(frozen=True)
class Dataset:
    """Rows of an array that take part in a call; made by ``Dataset.of``.

    Attributes
    ----------
    x : (n_rows_of_x, n_features)
    rows : (n_samples,), which rows of x take part
    weights : (n_rows_of_x,), sample weights, of mean 1 over the rows that take part
    inputs : (n_rows_of_x, n_features), what the network sees without noise: x, or (x - center) factor
    mask_fill : (n_features,), what masking puts in the place of an input
    column_extremes : (2, n_features), minima, then maxima of the inputs, which salt_and_pepper draws
    first_row : added to a row's index where random numbers are drawn for it
    target : (n_rows_of_x, n_outputs), what the output is compared with: the inputs, or x, or a 1 in the column of a
        row's class
    """

    x: Array
    rows: Rows
    weights: Array
    inputs: Array
    mask_fill: Array
    column_extremes: Array
    first_row: int
    target: Array

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        *,
        rows: Rows | None = None,
        weights: ArrayLike | None = None,
        units: Units | None = None,
        mask_fill: Array | float = 0.0,
        column_extremes: Array | None = None,
        first_row: int = 0,
        labels: Rows | None = None,
        n_classes: int = 0,
    ) -> "Dataset":
        """Without ``rows`` all of x, without ``weights`` all 1, without ``column_extremes`` those of the inputs.

        Without ``units`` the network sees x, else (x - center) factor. ``labels``,
        (n_rows_of_x,), are the classes of the rows, of ``n_classes``; without them the target is the input or x.
        """
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2:
            raise ValueError(f"x has {x.ndim} dimensions, expected 2: pass an array (n_samples, n_features)")
        rows = np.arange(len(x)) if rows is None else rows
        weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
        mean_weight = weights[rows].mean()
        if not mean_weight > 0:
            raise ValueError(f"the mean sample weight is {mean_weight}, expected > 0: give some row a weight")
        inputs = x if units is None else (x - units.center) * units.factor
        if column_extremes is None:
            column_extremes = np.stack((inputs.min(axis=0), inputs.max(axis=0)))
        target = inputs if units is None or units.of_target else x
        if labels is not None:
            target = np.eye(n_classes)[labels]
        mask_fill = np.broadcast_to(mask_fill, x.shape[1])
        return cls(x, rows, weights / mean_weight, inputs, mask_fill, column_extremes, first_row, target)


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands: flat vectors, (n_parameters,), and the number of updates made.

    Over the first ``n_warmup_updates`` of them the learning rate grows: moments of 0 at weights that are trained.
    A batch moves parameters / ``scales``; None: the parameters themselves, as "lbfgs" always does. ``average`` is that
    of the parameters after each update; ``mean_activity``, (n_components,), that of the batches,
    NaN before the first one. None: not asked for.
    """

    parameters: Array
    first_moment: Array
    second_moment: Array
    n_updates: int = 0
    average: Array | None = None
    scales: Array | None = None
    mean_activity: Array | None = None
    n_warmup_updates: int = 0

    @property
    def result(self) -> Array:
        """The parameters that the training gives."""
        return self.parameters if self.average is None else self.average
