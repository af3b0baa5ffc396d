"""fit and partial_fit, in order: validate everything, train, store what came back, and raise what happened."""

from typing import Literal

from numpy.typing import ArrayLike

from .._data.arrays import features_kept_on_error
from .advice import advise
from .callbacks import Reporter
from .divergence import divergence, has_diverged, require_finite_data_of
from .estimators import NetworkEstimator


def train(
    estimator: NetworkEstimator,
    task: Literal["fit", "partial_fit"],
    X: ArrayLike,
    y: object,
    sample_weight: ArrayLike | None,
    X_val: ArrayLike | None,
    y_val: object = None,
    classes: object = None,
) -> None:
    """Do the task; estimator and random numbers stay as they were where an argument is refused."""
    with features_kept_on_error(estimator):
        training = estimator._training(
            estimator,
            X,
            y,
            sample_weight=sample_weight,
            X_val=X_val,
            y_val=y_val,
            classes=classes,
            incremental=task == "partial_fit",
        )
        with training.draw.undone_on_error():
            training.begin()
            reporter = Reporter(
                estimator,
                task,
                n_epochs=training.n_epochs,
                first_epoch=training.n_iter_before,
                verbose=training.settings.verbose > 0,
                loss_factor=training.units.loss_factor(training.network),
                arguments={
                    "X": training.data.x,
                    "y": y,
                    "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
                },
                fitted_attributes=lambda: training.model_attributes(training.trained.copy()),
            )
            reporter.fit_begins()
            result, exception = training.run(reporter)
            require_finite_data_of(result, estimator, training.data)
    training.store(result)
    if exception is not None:
        try:
            raise exception
        finally:
            del exception  # its traceback holds this frame: keeping it would make a cycle
    if has_diverged(result):
        raise divergence(result, estimator, training.settings, training.data)
    reporter.fit_ends()
    if task == "fit":
        advise(training, result)
