"""What is timed. A workload is one line of WORKLOADS, and says everything that its peers must agree on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from eigencoder.reference import Network, Optimizer
from eigencoder.reference.random import Stream, permutation
from eigencoder.reference.training import initialise

if TYPE_CHECKING:
    from .peer import Peer

SEED = 0
OPTIMIZER = Optimizer(solver="adam", learning_rate_init=1e-3)


@dataclass(frozen=True)
class Workload(ABC):
    """A network with sigmoid layers and an identity output, trained with Adam on the squared error of float32 data.

    Parameters
    ----------
    layer_sizes : from the input to the output, the code in the middle
    n_samples : rows of the data
    batch_size, n_epochs : used by a fit only
    """

    layer_sizes: tuple[int, ...]
    n_samples: int
    batch_size: int = 256
    n_epochs: int = 1

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

    @cached_property
    def orders(self) -> list[NDArray[np.int64]]:
        """The order of the rows in each epoch, (n_samples,) each."""
        return [permutation(self.n_samples, SEED, Stream.shuffle, epoch=epoch) for epoch in range(self.n_epochs)]

    @property
    def layer_products(self) -> list[int]:
        """Multiplications a row in the forward product of each layer."""
        return [n_inputs * n_outputs for n_inputs, n_outputs in pairwise(self.layer_sizes)]

    @abstractmethod
    def limited(self, n_samples: int, n_epochs: int) -> Self:
        """As much of the workload as a peer does that fits no more than this."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def samples_per_run(self) -> int: ...

    @property
    @abstractmethod
    def flops_per_sample(self) -> int:
        """Floating-point operations of the matrix products, all else being small beside them."""

    @abstractmethod
    def run(self, peer: "Peer") -> NDArray[Any]:
        """Do the work once; what comes back must agree between peers."""


class Fit(Workload):
    """Training from the initial weights; the result is the loss of each epoch, (n_epochs,)."""

    def limited(self, n_samples: int, n_epochs: int) -> Self:
        return replace(self, n_samples=min(self.n_samples, n_samples), n_epochs=min(self.n_epochs, n_epochs))

    @property
    def name(self) -> str:
        return f"fit {'-'.join(map(str, self.layer_sizes))}, batch {self.batch_size}"

    @property
    def samples_per_run(self) -> int:
        return self.n_samples * self.n_epochs

    @property
    def flops_per_sample(self) -> int:
        """Three products a layer (output, dW, dX), but no dX in the first one."""
        return 6 * sum(self.layer_products) - 2 * self.layer_products[0]

    def run(self, peer: "Peer") -> NDArray[Any]:
        return np.array(peer.fit())


class Transform(Workload):
    """Encoding with the initial weights; the result is the codes, (n_samples, n_components)."""

    def limited(self, n_samples: int, n_epochs: int) -> Self:
        return self

    @property
    def name(self) -> str:
        return f"transform {'-'.join(map(str, self.layer_sizes))}"

    @property
    def samples_per_run(self) -> int:
        return self.n_samples

    @property
    def flops_per_sample(self) -> int:
        return 2 * sum(self.layer_products[: len(self.layer_products) // 2])

    def run(self, peer: "Peer") -> NDArray[Any]:
        return peer.transform()


WORKLOADS: tuple[Workload, ...] = (
    Fit((64, 25, 64), batch_size=32, n_samples=10_000, n_epochs=5),
    Fit((64, 25, 64), batch_size=256, n_samples=10_000, n_epochs=10),
    Fit((784, 196, 784), batch_size=32, n_samples=5_000, n_epochs=3),
    Fit((784, 196, 784), batch_size=256, n_samples=5_000, n_epochs=3),
    Transform((64, 25, 64), n_samples=20_000),
    Transform((784, 196, 784), n_samples=10_000),
)
