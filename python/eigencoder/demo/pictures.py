"""One picture a part, drawn without pyplot, so that no state is shared with a program's own figures."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from . import data
from .codes import Codes
from .denoise import MASKED_SHARE, Denoised
from .edges import MIN_COHERENCE, Edges
from .noise import Noise
from .sizes import SHARE, Sizes

DPI = 110
BLUE, ORANGE, GREY = "#1f6fb4", "#d9660a", "#777777"


class Strip(NamedTuple):
    """Tiles, (n_tiles, height, width), that share a label and a colour scale from ``low`` to ``high``."""

    label: str
    tiles: NDArray[Any]
    colours: str = "gray_r"
    low: float = 0.0
    high: float = 1.0


def draw_codes(codes: Codes) -> Figure:
    n_components = codes.codes.shape[1]
    extent = float(np.abs(codes.codes).max())
    figure = _new_figure(
        f"{n_components} numbers a digit: test error {codes.error:.2f}, PCA {codes.pca_error:.2f}", height=4.0
    )
    strips, curve = figure.subplots(1, 2, width_ratios=(2.6, 1))
    _draw_strips(
        strips,
        [
            Strip(f"{data.N_PIXELS} pixels", _as_tiles(codes.pictures)),
            Strip(f"{n_components} numbers", codes.codes.reshape(-1, 4, 4), "RdBu", -extent, extent),
            Strip("decoded", _as_tiles(codes.reconstructions)),
            Strip("PCA", _as_tiles(codes.pca_reconstructions)),
        ],
    )
    _draw_curve(curve, codes.error_curve, BLUE, "autoencoder")
    curve.axhline(codes.pca_error, color=ORANGE, linestyle="--", label="PCA")
    curve.set(xlabel="epoch", ylim=(0, 2.5 * codes.pca_error), title="Squared error of a test digit")
    curve.legend(frameon=False)
    return figure


def draw_edges(edges: Edges) -> Figure:
    figure = _new_figure(
        f"A sparse code of photographs: {edges.n_edges} of {len(edges.tiles)} units look for an edge", height=4.4
    )
    grid = figure.add_gridspec(len(edges.photographs), 3, width_ratios=(1, 1.3, 1.6))
    for i, photograph in enumerate(edges.photographs):
        axes = figure.add_subplot(grid[i, 0])
        axes.imshow(photograph, cmap="gray")
        axes.set_axis_off()
        if i == 0:
            axes.set_title("Where its patches are from")
    tiles, histogram = (figure.add_subplot(grid[:, column]) for column in (1, 2))
    _draw_grid(tiles, edges.tiles / np.abs(edges.tiles).max(axis=(1, 2), keepdims=True), framed=~edges.is_edge)
    tiles.set_title("8 x 8 weights of each unit")
    if not edges.is_edge.all():
        tiles.set_xlabel("framed: no edge", color=ORANGE)

    for coherence, colour, label in (
        (edges.noise_coherence, GREY, "white noise"),
        (edges.coherence, BLUE, "weights of a unit"),
    ):
        weights = np.full(len(coherence), 100 / len(coherence))
        histogram.hist(coherence, bins=20, range=(0, 1), weights=weights, color=colour, label=label)
    histogram.axvline(MIN_COHERENCE, color=ORANGE, linestyle="--", label="edges: to its right")
    histogram.set(xlim=(0, 1), xlabel="coherence: gradients of one direction", ylabel="% of the tiles")
    histogram.set_title("How straight is a tile?")
    histogram.legend(frameon=False, loc="upper left")
    return figure


def draw_denoised(denoised: Denoised) -> Figure:
    figure = _new_figure(
        f"{MASKED_SHARE:.0%} of the pixels lost: error {denoised.noisy_error:.2f}, "
        f"after denoising {denoised.denoised_error:.2f}",
        height=4.0,
    )
    _draw_strips(
        figure.subplots(),
        [
            Strip("noisy", _as_tiles(denoised.noisy)),
            Strip("denoised", _as_tiles(denoised.denoised)),
            Strip("clean", _as_tiles(denoised.clean)),
        ],
    )
    return figure


def draw_noise(noise: Noise) -> Figure:
    figure = _new_figure(
        f"Noise cannot be learned: {noise.explained:.1%} of its variance explained, k/d = {noise.limit:.1%}", height=4.4
    )
    whole, near_limit = figure.subplots(1, 2)
    _draw_curve(whole, noise.digits_curve, BLUE, "digits not trained on")
    for axes in (whole, near_limit):
        _draw_curve(axes, noise.train_curve, GREY, "noise trained on")
        _draw_curve(axes, noise.test_curve, "black", "noise not trained on")
        axes.axhline(noise.limit, color=ORANGE, linestyle="--", label="k/d, any code of this size")
        axes.set(xlabel="epoch", ylabel="share of the variance explained")
    whole.set(ylim=(0, 1), title="The same network on digits and on noise")
    whole.legend(frameon=False, loc="center right")
    near_limit.set(ylim=(0.8 * noise.limit, 1.2 * noise.limit), title="Near k/d")
    return figure


def draw_sizes(sizes: Sizes) -> Figure:
    figure = _new_figure(
        f"{SHARE:.0%} of the variance of a digit: {sizes.n_components} numbers, PCA {sizes.pca_n_components}",
        height=4.4,
    )
    axes = figure.subplots()
    axes.plot(range(1, len(sizes.pca_scores) + 1), sizes.pca_scores, color=ORANGE, label="PCA")
    axes.plot(sizes.sizes, sizes.scores, "o-", color=BLUE, label="autoencoder, the sizes that the search trained")
    axes.axhline(SHARE, color=GREY, linestyle="--", label="wanted")
    for size, colour in ((sizes.n_components, BLUE), (sizes.pca_n_components, ORANGE)):
        axes.plot([size, size], [0, SHARE], color=colour, linestyle=":")
        axes.annotate(f"{size}", (size, 0.02), (4, 0), textcoords="offset points", color=colour, fontsize=13)
    axes.set(xlim=(0, len(sizes.pca_scores)), ylim=(0, 1), title="Share of the variance of digits not trained on")
    axes.set(xlabel="numbers a digit")
    axes.legend(frameon=False, loc="lower right")
    return figure


def _new_figure(title: str, height: float) -> Figure:
    figure = Figure(figsize=(12, height), dpi=DPI, layout="constrained")
    figure.suptitle(title, fontsize=16)
    return figure


def _draw_curve(axes: Axes, values: list[float], colour: str, label: str) -> None:
    """One value an epoch."""
    axes.plot(range(1, len(values) + 1), values, color=colour, label=label)


def _as_tiles(pictures: data.Rows) -> NDArray[Any]:
    return pictures.reshape(-1, *data.TILE)


def _draw_strips(axes: Axes, strips: list[Strip]) -> None:
    """One strip under the other, each tile in a cell of side 1."""
    n_tiles = len(strips[0].tiles)
    for row, strip in enumerate(strips):
        for column, tile in enumerate(strip.tiles):
            _draw_tile(axes, tile, column, row, strip.colours, strip.low, strip.high)
    axes.set(xlim=(-0.05, n_tiles), ylim=(len(strips), -0.05), xticks=[], aspect="equal")
    axes.set_yticks(np.arange(len(strips)) + 0.46, [strip.label for strip in strips], fontsize=13)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_grid(axes: Axes, tiles: NDArray[Any], framed: NDArray[np.bool_] | None = None) -> None:
    """Tiles in a square, all on one colour scale."""
    side = int(np.ceil(np.sqrt(len(tiles))))
    low, high = float(tiles.min()), float(tiles.max())
    for i, tile in enumerate(tiles):
        row, column = divmod(i, side)
        _draw_tile(axes, tile, column, row, "gray", low, high)
        if framed is not None and framed[i]:
            axes.add_patch(Rectangle((column, row), 0.92, 0.92, fill=False, edgecolor=ORANGE, linewidth=2))
    axes.set(xlim=(-0.08, side), ylim=(side, -0.08), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)


def _draw_tile(axes: Axes, tile: NDArray[Any], column: int, row: int, colours: str, low: float, high: float) -> None:
    extent = (column, column + 0.92, row + 0.92, row)
    axes.imshow(tile, cmap=colours, vmin=low, vmax=high, extent=extent, interpolation="nearest")
