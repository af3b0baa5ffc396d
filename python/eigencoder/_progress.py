"""Live progress: one bar a step, which advances with the epochs of a fit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ._base import BaseAutoencoder


class TrainingProgress(Progress):
    """A bar for each step of the demo."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console
        )

    @contextmanager
    def step(self, title: str, estimator: BaseAutoencoder | None = None) -> Iterator[None]:
        """Show a bar while the body runs; it counts the epochs of the estimator's fit if scikit-learn has callbacks."""
        task = self.add_task(title, total=None)
        if estimator is None or not hasattr(estimator, "set_callbacks"):
            yield
        else:
            self.update(task, total=estimator.max_iter if isinstance(estimator.max_iter, int) else None)
            estimator.set_callbacks(_EpochCallback(lambda: self.advance(task)))
            try:
                yield
            finally:
                estimator.set_callbacks()
        self.update(task, total=1, completed=1)


class _EpochCallback:
    """Follows scikit-learn's callback protocol: a fit is a task, and each epoch a subtask of it."""

    def __init__(self, on_epoch_end: Callable[[], None]) -> None:
        self._on_epoch_end = on_epoch_end

    def setup(self, estimator: Any, context: Any) -> None: ...

    def teardown(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        if context.parent is not None:
            self._on_epoch_end()
