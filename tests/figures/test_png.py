"""Bitmaps as PNG files: with a palette where that cannot be seen."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from cyclegan_neuro.figures import png

RNG = np.random.default_rng(0)


def opened(pixels, dpi=120.0):
    return Image.open(BytesIO(png.encoded(pixels, dpi)))


def of_colours(colours, shape=(60, 90)):
    """Every colour at least once, in any order."""
    which = RNG.permutation(np.arange(np.prod(shape)) % len(colours)).reshape(shape)
    return np.concatenate([colours[which], np.full((*shape, 1), 255)], axis=2).astype(np.uint8)


def test_as_many_colours_as_a_palette_holds_stay_what_they_are():
    shades = of_colours(np.stack(np.meshgrid(*[np.arange(0, 256, 32)] * 2, [0, 60, 120, 180]), axis=-1).reshape(-1, 3))
    file = opened(shades)
    assert file.mode == "P"
    assert file.info["dpi"] == pytest.approx((120, 120), abs=0.1)
    np.testing.assert_array_equal(np.asarray(file.convert("RGB")), shades[..., :3])


def test_a_rare_colour_has_its_place_beside_many_frequent_ones():
    pixels = of_colours(np.arange(256)[:, None].repeat(3, axis=1) // [1, 1, 2])
    pixels[5, 7:9, :3] = (220, 10, 30)
    file = opened(pixels)
    error = np.abs(np.asarray(file.convert("RGB")).astype(int) - pixels[..., :3])
    assert file.mode == "P"
    assert error[5, 7:9].max() <= 1  # seven bits tell colours apart
    assert error.max() <= 2


@pytest.mark.parametrize("n_colours", [3000, 5400])
def test_colours_that_a_palette_would_change_visibly_stay_without(n_colours):
    pixels = of_colours(RNG.integers(0, 256, (n_colours, 3)))
    file = opened(pixels)
    assert file.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(file), pixels[..., :3])


def test_a_palette_takes_less_room(monkeypatch):
    pixels = of_colours(np.column_stack([np.arange(64) * 3, np.arange(64) * 4, np.arange(64)]), (300, 300))
    with_palette = len(png.encoded(pixels, 120.0))
    monkeypatch.setattr(png, "_with_palette", lambda pixels: None)
    assert with_palette < 0.75 * len(png.encoded(pixels, 120.0))
