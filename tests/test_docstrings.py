"""The docstrings' examples run, and every parameter is documented."""

import doctest
import importlib
import inspect
import re

import pytest

from eigencoder import Autoencoder


@pytest.mark.parametrize("module", ["autoencoder", "sparse", "denoising", "stacked", "classifier", "config", "export"])
def test_examples_run(module):
    results = doctest.testmod(importlib.import_module(f"eigencoder.{module}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_every_parameter_is_documented():
    parameters = inspect.getdoc(Autoencoder).partition("Attributes\n")[0]
    documented = re.findall(r"^(\w[\w, ]*) : ", parameters, re.MULTILINE)
    assert [name for names in documented for name in names.split(", ")] == list(
        inspect.signature(Autoencoder).parameters
    )
