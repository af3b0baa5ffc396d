"""Is ``Autoencoder(k).fit(X)`` with no other argument ever worse than PCA? The defaults on public data."""

from .cells import measure
from .data import DATA_SETS, DataSet

__all__ = ["DATA_SETS", "DataSet", "measure"]
