"""Stacked denoising autoencoders, 784-1000-1000-1000, then supervised fine-tuning: MNIST.

Vincent et al. (2010), "Stacked denoising autoencoders", JMLR 11: 1.28 %; the Deep Learning Tutorials of LISA, Montreal:
1.3 % after 585 + 444 minutes on one core of 2007. Metric: the share of the test digits that are taken for another, in
percent; wall times of pretraining and fine-tuning together, beside PyTorch with the same recipe.
"""

from functools import partial

from sklearn.base import clone

from eigencoder import DenoisingAutoencoder, EncoderClassifier, StackedAutoencoder

from . import data
from .result import Finding, Result, installed, ratio, text_of, timed

LEVELS = (0.1, 0.2, 0.3)  # of masking noise, layer by layer
FINE_TUNING_LEVEL = 0.2
PERCENT = 1.30
VALIDATION_FRACTION = 1 / 12


def measure(*, quick: bool) -> Result:
    digits = data.mnist()
    if quick:
        digits = digits._replace(train=digits.train[:600], train_labels=digits.train_labels[:600])
    n_pretraining, n_fine_tuning = (1, 2) if quick else (15, 40)
    layers = [
        DenoisingAutoencoder(
            1000,
            output_activation="sigmoid",
            loss="binary_crossentropy",
            tied_weights=True,
            corruption_level=level,
            batch_size=100,
            max_iter=n_pretraining,
            tol=0.0,
            n_iter_no_change=n_pretraining,
            scale=None,
            init="glorot",
            solver="adam",
        )
        for level in LEVELS
    ]
    stack = StackedAutoencoder(layers, fine_tune=False, loss="binary_crossentropy", random_state=0, scale=None)
    _, pretraining = timed(partial(stack.fit, digits.train))
    classifier = EncoderClassifier(
        stack,
        corruption="masking",
        corruption_level=FINE_TUNING_LEVEL,
        learning_rate="cosine",
        batch_size=100,
        max_iter=n_fine_tuning,
        tol=0.0,
        n_iter_no_change=n_fine_tuning,
        early_stopping=True,
        validation_fraction=VALIDATION_FRACTION,
        random_state=0,
        scale=None,
        solver="adam",
    )
    _, fine_tuning = timed(partial(classifier.fit, digits.train, digits.train_labels))
    peer, peer_percent, peer_seconds = "", None, None
    if installed("torch"):
        from .sda_torch import train as train_torch

        peer = "PyTorch"
        share, peer_seconds = train_torch(stack, classifier, digits)
        peer_percent = 100 * share
    seconds = pretraining + fine_tuning
    n_held_out = round(VALIDATION_FRACTION * len(digits.train))
    return Result(
        publication="Vincent et al. 2010: 1.28 %; Deep Learning Tutorials: 1.3 %, 585 + 444 minutes",
        metric="test error, %",
        split=f"MNIST, {len(digits.train):,} train, of them {n_held_out:,} held out of fine-tuning, "
        f"{len(digits.test):,} test",
        held_out="the weights kept are those of the epoch of fine-tuning with the lowest loss on them",
        settings={"stack": text_of(stack), "classifier": text_of(clone(classifier).set_params(encoder=None))},
        findings=[
            Finding(
                what="test error, %",
                found=100 * (1 - classifier.score(digits.test, digits.test_labels)),
                at_most=PERCENT,
                seconds=seconds,
                peer=peer,
                peer_found=peer_percent,
                peer_seconds=peer_seconds,
            ),
            Finding(what="pretraining, share of the wall time", found=pretraining / seconds),
            Finding(what="times as fast as PyTorch", found=ratio(peer_seconds, seconds)),
        ],
    )
