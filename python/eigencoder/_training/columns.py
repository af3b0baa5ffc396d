"""What the core is told of the columns of X: their units, and what noise may put in an entry's place."""

from typing import Any, NamedTuple, Self, TypedDict

import numpy as np
from numpy.typing import NDArray

from .._data.training_data import TrainingData
from .network import Network
from .settings import TrainingSettings
from .units import Units


class CoreArguments(TypedDict):
    """Of `_core.fit`, in the units of training but for the first three, which make them."""

    center: NDArray[Any] | None
    factor: NDArray[Any] | None
    scales_target: bool
    mask_fill: NDArray[Any] | None
    column_extremes: NDArray[Any] | None


class Columns(NamedTuple):
    """The units of training; extremes, (2, n_features), where salt_and_pepper draws them; as X has them."""

    units: Units = Units()
    extremes: NDArray[Any] | None = None

    @classmethod
    def of(
        cls,
        settings: TrainingSettings,
        data: TrainingData,
        network: Network,
        *,
        sigmoid_as_tanh: bool,
        before: Self | None,
    ) -> "Columns":
        """Of the rows that train; ``before``: those of the blocks before, whose units stay where they can."""
        if settings.solver == "exact":
            return Columns()
        key = (settings.scale, network.tied_weights, sigmoid_as_tanh)
        if before is None or before.units.key != key:
            units = Units.of(settings.scale, data, network, sigmoid_as_tanh)
        else:
            units = before.units
        if settings.corruption != "salt_and_pepper":
            return Columns(units)
        return Columns(units, data.column_extremes(None if before is None else before.extremes))

    def core_arguments(self, settings: TrainingSettings, data: TrainingData, network: Network) -> CoreArguments:
        return {
            "center": self.units.center,
            "factor": self.units.factor,
            "scales_target": self.units.has_target(network),
            "mask_fill": self._mask_fill(settings, data),
            "column_extremes": None if self.extremes is None else self.units.of_values(self.extremes),
        }

    def _mask_fill(self, settings: TrainingSettings, data: TrainingData) -> NDArray[Any] | None:
        """None: 0."""
        if settings.corruption != "masking":
            return None
        if not settings.fills_with_mean:
            return self.units.of_values(np.full(data.x.shape[1], settings.fill, data.x.dtype))
        if self.units.scale in ("auto", "standard"):
            return None  # the center is the mean
        return self.units.of_values(data.mean().astype(data.x.dtype))
