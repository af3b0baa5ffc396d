"""What a peer is: one way to train a workload's network."""

from abc import ABC, abstractmethod
from typing import ClassVar

from ..workloads import Workload


class Peer(ABC):
    """What a peer needs once is made on construction, outside the clock; what it compiles, in its first fit.

    ``fit_limit``, (n_samples, n_epochs), is the most that a slow peer fits; its rate is per sample all the same.
    ``own_noise`` says that it draws masks with its library's generator, so that its losses are others' only on average.
    """

    name: ClassVar[str]
    dtype: ClassVar[str] = "float32"
    device: ClassVar[str] = "cpu"
    fit_limit: ClassVar[tuple[int, int] | None] = None
    own_noise: ClassVar[bool] = True

    def __init__(self, workload: Workload) -> None:
        self.workload = workload

    @classmethod
    def supports(cls, workload: Workload) -> bool:
        return True

    @classmethod
    def share_of(cls, workload: Workload) -> Workload:
        """As much of the workload as this peer is given."""
        return workload if cls.fit_limit is None else workload.limited(*cls.fit_limit)

    @abstractmethod
    def fit(self) -> list[float]:
        """Train from the initial weights; the loss of each epoch."""
