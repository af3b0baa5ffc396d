"""A fit that is refused leaves the user's generator as it was."""

import numpy as np
import pytest
from sklearn.utils import check_random_state

from eigencoder import Autoencoder, EncoderClassifier, StackedAutoencoder
from refusals import data

LABELS = np.arange(30) % 3
GENERATORS = {
    "RandomState": lambda: np.random.RandomState(0),
    "PCG64": lambda: np.random.default_rng(0),
    "MT19937": lambda: np.random.Generator(np.random.MT19937(0)),
    "None": lambda: None,
}
UNSPLITTABLE = {"early_stopping": True, "validation_fraction": 0.99}
ONE_WEIGHT = np.eye(30)[0]  # none among the rows that train, or none among those that validate
REFUSED = {
    "a parameter of the encoder": (EncoderClassifier(Autoencoder(2, beta_1=2.0)), {}),
    "the rows of the encoder": (EncoderClassifier(Autoencoder(2, **UNSPLITTABLE)), {}),
    "the training of the encoder": (EncoderClassifier(Autoencoder(2, solver="sgd", learning_rate_init=1e300)), {}),
    "a parameter of a layer": (StackedAutoencoder([Autoencoder(2), Autoencoder(2, beta_1=2.0)]), {}),
    "the rows of a layer": (StackedAutoencoder([Autoencoder(2), Autoencoder(2, **UNSPLITTABLE)]), {}),
    "the weights of a side of the split": (Autoencoder(2, early_stopping=True), {"sample_weight": ONE_WEIGHT}),
    "the squares of a size search": (Autoencoder(0.5), {"X": 1e160 * data()}),
}


def state_of(random_state):
    if isinstance(random_state, np.random.Generator):
        return random_state.bit_generator.state
    return check_random_state(random_state).get_state(legacy=False)


def draw(random_state):
    generator = random_state if isinstance(random_state, np.random.Generator) else check_random_state(random_state)
    return generator.standard_normal()


def assert_refused(estimator, error=ValueError, **arguments):
    with pytest.raises(error, match=r"."):
        estimator.fit(**{"X": data(), **arguments})


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_draws_nothing(case, make):
    estimator, arguments = REFUSED[case]
    random_state = make()
    draw(random_state)  # of the two that a legacy generator makes at once, it keeps one
    before = state_of(random_state)
    assert_refused(estimator.set_params(random_state=random_state), **({"y": LABELS} | arguments))
    np.testing.assert_equal(state_of(random_state), before)


class FailsAtTheStart:
    """A callback that does something and fails before the first epoch."""

    def __init__(self, action):
        self.action = action

    def on_fit_task_begin(self, estimator, context):
        self.action()
        raise RuntimeError("from a callback")

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context): ...


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_draws_of_others_are_never_undone(make):
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    random_state, states = make(), []

    def others_draw():
        draw(random_state)
        states.append(state_of(random_state))

    autoencoder = Autoencoder(2, random_state=random_state)
    assert_refused(autoencoder.set_callbacks(FailsAtTheStart(others_draw)), RuntimeError)
    np.testing.assert_equal(state_of(random_state), states[0])
    assert_refused(autoencoder.set_callbacks(FailsAtTheStart(lambda: None)), RuntimeError)
    np.testing.assert_equal(state_of(random_state), states[0])


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_the_key_of_another_fit_stays_drawn_where_this_one_has_drawn_none(make):
    random_state, states = make(), []

    class NotFinite:
        """Data that are made while another fit draws."""

        def __array__(self, dtype=None, copy=None):
            Autoencoder(2, max_iter=0, random_state=random_state).fit(data())
            states.append(state_of(random_state))
            return np.full((5, 4), np.nan)

    assert_refused(Autoencoder(2, random_state=random_state), X=NotFinite())
    np.testing.assert_equal(state_of(random_state), states[-1])
