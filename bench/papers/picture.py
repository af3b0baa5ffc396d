"""The weights that lead to each unit of a code, side by side. Needs Pillow, which comes with matplotlib."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PIXELS = 500  # about, a side of the picture


def draw(path: Path, tiles: NDArray[Any]) -> None:
    """Tiles, (n_tiles, height, width), in a square; each has a grey scale of its own, with 0 in the middle."""
    side = int(np.ceil(np.sqrt(len(tiles))))
    scaled = tiles / np.abs(tiles).max(axis=(1, 2), keepdims=True)
    framed = np.pad(scaled, ((0, side**2 - len(tiles)), (0, 1), (0, 1)), constant_values=1)
    _, height, width = framed.shape
    square = framed.reshape(side, side, height, width).swapaxes(1, 2).reshape(side * height, side * width)
    zoom = max(1, PIXELS // len(square))
    Image.fromarray((127.5 * (1 + square)).astype(np.uint8).repeat(zoom, axis=0).repeat(zoom, axis=1)).save(path)
