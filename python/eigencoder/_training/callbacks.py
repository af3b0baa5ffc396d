"""What a fit reports after each epoch: to scikit-learn's callbacks and, with verbose, on the screen."""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

try:
    from sklearn import callback as _callback
except ImportError:  # scikit-learn < 1.9 has no callbacks
    _callback = None


class _NoCallbacks:
    """Stands where scikit-learn has no CallbackSupportMixin."""


CallbackSupportMixin: Any = _NoCallbacks if _callback is None else _callback.CallbackSupportMixin

_Method = TypeVar("_Method", bound=Callable[..., Any])


def with_callbacks(method: _Method) -> _Method:
    """Let a fitting method tear down the callbacks that its Reporter set up."""
    return method if _callback is None else cast(_Method, _callback.with_callbacks(method))


class Reporter:
    """Reports one fit: the fit is a task of scikit-learn's callback protocol and each epoch a subtask of it.

    Parameters
    ----------
    estimator : the estimator being fitted
    task : "fit" or "partial_fit"
    n_epochs : the largest number of epochs; None where it is not known
    first_epoch : how many epochs were trained before
    verbose : whether to print a line an epoch
    loss_factor : of the core's losses, to be in the units of X
    arguments : X, y and metadata, as the callbacks see them
    fitted_attributes : makes the attributes that turn a copy of the estimator into a fitted one, as it stands then
    """

    def __init__(
        self,
        estimator: Any,
        task: str,
        *,
        n_epochs: int | None,
        first_epoch: int,
        verbose: bool,
        loss_factor: float,
        arguments: dict[str, Any],
        fitted_attributes: Callable[[], dict[str, Any]],
    ) -> None:
        self._first_epoch = first_epoch
        self._verbose = verbose
        self._loss_factor = loss_factor
        self._arguments = {"estimator": estimator, **arguments}
        self._fitted_attributes = fitted_attributes
        self._has_callbacks = bool(getattr(estimator, "_skl_callbacks", ()))
        self._epoch_task: Any = None
        self._fit_task: Any = None
        if hasattr(estimator, "_init_callback_context"):
            self._fit_task = estimator._init_callback_context(task_name=task, max_subtasks=n_epochs)

    # The core never waits for Python's lock where a hook is None.
    @property
    def on_epoch_begin(self) -> Callable[[int], bool] | None:
        return self._epoch_begins if self._has_callbacks else None

    @property
    def on_epoch_end(self) -> Callable[[int, float, float], bool] | None:
        return self._epoch_ends if self._has_callbacks or self._verbose else None

    def hooks(
        self, first_epoch: int
    ) -> tuple[Callable[[int], bool] | None, Callable[[int, float, float], bool] | None]:
        """The same for a call of the core after so many epochs of this fit."""
        begin, end = self.on_epoch_begin, self.on_epoch_end
        return (
            None if begin is None else lambda epoch: begin(first_epoch + epoch),
            None
            if end is None
            else lambda epoch, loss, validation_loss: end(first_epoch + epoch, loss, validation_loss),
        )

    def fit_begins(self) -> None:
        if self._has_callbacks:
            self._fit_task.call_on_fit_task_begin(**self._arguments)

    def fit_ends(self) -> None:
        if self._has_callbacks:
            self._fit_task.call_on_fit_task_end(**self._arguments, reconstruction_attributes={})

    def _epoch_begins(self, epoch: int) -> bool:
        self._epoch_task = self._fit_task.subcontext(task_name="epoch")
        self._epoch_task.call_on_fit_task_begin(**self._arguments, reconstruction_attributes=self._fitted_attributes)
        return True

    def _epoch_ends(self, epoch: int, loss: float, validation_loss: float) -> bool:
        if self._verbose:
            loss, validation_loss = self._loss_factor * loss, self._loss_factor * validation_loss
            validation = "" if math.isnan(validation_loss) else f", validation loss {validation_loss:.6g}"
            print(f"Epoch {self._first_epoch + epoch + 1}: loss {loss:.6g}{validation}", flush=True)
        if not self._has_callbacks:
            return True
        return not self._epoch_task.call_on_fit_task_end(
            **self._arguments, reconstruction_attributes=self._fitted_attributes
        )
