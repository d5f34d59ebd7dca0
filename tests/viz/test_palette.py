from __future__ import annotations

import pytest
import torch

from avlearn.viz.palette import GREY, HEAT, SERIES, TEXT, colour_map, cycle, rgb, translucent


def luminance(colour: str) -> float:
    channels = [value / 255 for value in rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [*SERIES, GREY])
@pytest.mark.parametrize("ground", ["#ffffff", "#14181e"])
def test_lines_stand_out_from_both_grounds(colour, ground):
    assert contrast(colour, ground) > 2.9


@pytest.mark.parametrize("ground", ["#ffffff", "#14181e"])
def test_text_reads_on_both_grounds(ground):
    assert contrast(TEXT, ground) > 4


def test_heat_grows_lighter_all_the_way():
    row = colour_map(torch.linspace(0, 1, 32).unsqueeze(0), HEAT)[0]
    lightness = [luminance("#" + bytes(colour).hex()) for colour in row]
    assert lightness == sorted(lightness)


def test_colours_start_again_and_become_translucent():
    assert cycle(("a", "b"), 3) == "b"
    assert translucent("#ff8000", 0.5) == "rgba(255, 128, 0, 0.5)"
