"""An estimator that is trained as a part of another: what can be refused before any training."""

from typing import Any

from sklearn.base import clone

from .. import _core
from . import effort, exact, start
from .network import Network
from .settings import AutoencoderSettings, Settings
from .threads import n_threads


def read_by_others(estimator: Any, **chosen: Any) -> Any:
    """One whose code further layers read: what it leaves "auto" of these parameters is what they need."""
    given = estimator.get_params(deep=False)
    if "layers" in given:
        *others, last = given["layers"]
        is_named = isinstance(last, tuple)
        changed = read_by_others(last[1] if is_named else last, **chosen)
        return clone(estimator).set_params(layers=[*others, (last[0], changed) if is_named else changed])
    left = {name: value for name, value in chosen.items() if given.get(name) == "auto"}
    return clone(estimator).set_params(**left) if left else estimator


def checked_network(settings: AutoencoderSettings, n_features: int) -> Network:
    """The network that these settings make."""
    if isinstance(settings, Settings) and settings.solver == "exact":
        exact.check(settings)
    if isinstance(settings, Settings):
        start.check(settings)
    settings = effort.plain(settings, n_features)
    network = settings.network(n_features)
    network.check_memory(itemsize=4, n_arrays=settings.n_arrays, n_batch=1)  # at least; its fit knows the rows
    n_threads(settings.n_jobs)
    _core.engine(settings.training_device)
    settings.optimizer()
    settings.schedule(max_iter=settings.max_iter, first_epoch=0)
    _core.check(network.config, settings.objective())
    return network
