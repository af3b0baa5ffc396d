"""What is fitted. A workload is one line of WORKLOADS, and says everything that its peers must agree on."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eigencoder.reference import Network, Objective, Optimizer
from eigencoder.reference.random import Stream, permutation
from eigencoder.reference.training import initialise

SEED = 0
OPTIMIZER = Optimizer(solver="adam", learning_rate_init=1e-3)
PLAIN = Objective(loss="squared_error")
KL = replace(PLAIN, penalty="kl")
MASKING = replace(PLAIN, corruption="masking")


@dataclass(frozen=True)
class Workload:
    """A network with sigmoid layers and an identity output, trained from its initial weights with Adam on float32 data.

    Parameters
    ----------
    layer_sizes : from the input to the output, the code in the middle
    """

    layer_sizes: tuple[int, ...]
    batch_size: int
    n_samples: int
    n_epochs: int
    objective: Objective = PLAIN

    @property
    def name(self) -> str:
        sizes = self.layer_sizes if len(self.layer_sizes) == 3 else (*self.layer_sizes[: self.code + 1], "...")
        extra = {KL: " + KL", MASKING: " + masking noise"}.get(self.objective, "")
        return f"{'-'.join(map(str, sizes))}, batch {self.batch_size}{extra}"

    @property
    def code(self) -> int:
        """The place of the code in ``layer_sizes``."""
        return len(self.layer_sizes) // 2

    @property
    def network(self) -> Network:
        n_hidden = len(self.layer_sizes) - 2
        return Network(self.layer_sizes, ("sigmoid",) * n_hidden + ("identity",))

    @cached_property
    def x(self) -> NDArray[np.float32]:
        """Data in (0, 1), (n_samples, n_features): a smooth function of a few hidden factors, so that it has a code."""
        generator = np.random.default_rng(SEED)
        n_features = self.layer_sizes[0]
        factors = generator.normal(size=(self.n_samples, 8)) @ generator.normal(size=(8, n_features))
        return (1 / (1 + np.exp(-factors))).astype(np.float32)

    @cached_property
    def initial_parameters(self) -> NDArray[np.float64]:
        """The weights and biases that every peer starts from, as one flat vector, (n_parameters,)."""
        return initialise(self.network, SEED)

    @property
    def initial_layers(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """The same as weights, (n_inputs, n_outputs), and bias, (n_outputs,), of each layer."""
        return [
            (weights.astype(np.float32), bias.astype(np.float32))
            for weights, bias in self.network.layers(self.initial_parameters)
        ]

    @cached_property
    def orders(self) -> list[NDArray[np.int64]]:
        """The order of the rows in each epoch, (n_samples,) each."""
        return [permutation(self.n_samples, SEED, Stream.shuffle, epoch=epoch) for epoch in range(self.n_epochs)]

    @property
    def n_batches(self) -> int:
        """In an epoch; they are nearly equal, the first ones longer by a row."""
        return -(-self.n_samples // self.batch_size)

    @property
    def layer_products(self) -> list[int]:
        """Multiplications a row in the forward product of each layer."""
        return [n_inputs * n_outputs for n_inputs, n_outputs in pairwise(self.layer_sizes)]

    @property
    def flops_per_sample(self) -> int:
        """Floating-point operations of the matrix products of a step: three a layer, but no dX in the first one."""
        return 6 * sum(self.layer_products) - 2 * self.layer_products[0]

    @property
    def flops_per_code(self) -> int:
        """The same of encoding one row."""
        return 2 * sum(self.layer_products[: self.code])

    def limited(self, n_samples: int, n_epochs: int) -> "Workload":
        """As much of the workload as a peer does that fits no more than this."""
        return replace(self, n_samples=min(self.n_samples, n_samples), n_epochs=min(self.n_epochs, n_epochs))

    def without_corruption(self) -> "Workload":
        return replace(self, objective=replace(self.objective, corruption="none"))


DEEP = (784, 1000, 500, 250, 30, 250, 500, 1000, 784)
WORKLOADS: tuple[Workload, ...] = (
    Workload((64, 25, 64), batch_size=32, n_samples=10_240, n_epochs=5),
    Workload((64, 25, 64), batch_size=256, n_samples=10_240, n_epochs=10),
    Workload((784, 196, 784), batch_size=32, n_samples=5_120, n_epochs=4),
    Workload((784, 196, 784), batch_size=256, n_samples=5_120, n_epochs=4),
    Workload((784, 196, 784), batch_size=256, n_samples=5_120, n_epochs=4, objective=KL),
    Workload((784, 196, 784), batch_size=256, n_samples=5_120, n_epochs=4, objective=MASKING),
    Workload((784, 1000, 784), batch_size=32, n_samples=5_120, n_epochs=2),
    Workload((784, 1000, 784), batch_size=256, n_samples=5_120, n_epochs=2),
    Workload((784, 1000, 784), batch_size=1024, n_samples=5_120, n_epochs=2),
    Workload(DEEP, batch_size=256, n_samples=5_120, n_epochs=2),
)
ENCODING = Workload((784, 196, 784), batch_size=256, n_samples=100_000, n_epochs=1)
