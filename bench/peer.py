"""What a peer is: one way to do a workload."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from numpy.typing import NDArray

from .workloads import Workload


class Peer(ABC):
    """What a peer needs once is made on construction, outside the clock.

    ``fit_limit``, (n_samples, n_epochs), is the most that a slow peer fits; its rate is per sample all the same.
    """

    name: ClassVar[str]
    dtype: ClassVar[str] = "float32"
    fit_limit: ClassVar[tuple[int, int] | None] = None

    def __init__(self, workload: Workload) -> None:
        self.workload = workload

    @classmethod
    def share_of(cls, workload: Workload) -> Workload:
        """As much of the workload as this peer is given."""
        return workload if cls.fit_limit is None else workload.limited(*cls.fit_limit)

    @abstractmethod
    def fit(self) -> list[float]:
        """Train from the initial weights; the loss of each epoch."""

    @abstractmethod
    def transform(self) -> NDArray[Any]:
        """Codes of the data at the initial weights, (n_samples, n_components)."""
