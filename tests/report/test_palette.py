"""The colours keep the contrasts that they promise, in both schemes."""

from __future__ import annotations

import pytest

from retailcrm.report.palette import PALETTES, STEPS, token


def _luminance(colour: str) -> float:
    """Compute relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(a: str, b: str) -> float:
    """Compute the contrast ratio of WCAG 2.2."""
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", PALETTES)
def test_text_keeps_a_contrast_of_four_and_a_half(scheme):
    """Ink, quiet text and links can be read on the paper, and text on every step."""
    colours = PALETTES[scheme]
    pairs = [(colours[name], colours["paper"]) for name in ("ink", "muted", "accent")]
    pairs += [(colours[f"on{step}"], colours[f"step{step}"]) for step in range(1, STEPS + 1)]
    assert min(_contrast(*pair) for pair in pairs) >= 4.5


@pytest.mark.parametrize("scheme", PALETTES)
def test_bars_and_lines_keep_a_contrast_of_three(scheme):
    """Whatever carries a figure can be told from the paper."""
    colours = PALETTES[scheme]
    assert (
        min(_contrast(colours[name], colours["paper"]) for name in ("first", "second", "third", "muted")) >= 3
    )


@pytest.mark.parametrize("scheme", PALETTES)
def test_steps_rise_in_contrast(scheme):
    """More always stands out more."""
    colours = PALETTES[scheme]
    contrasts = [_contrast(colours[f"step{step}"], colours["paper"]) for step in range(1, STEPS + 1)]
    assert contrasts == sorted(contrasts)


def test_both_schemes_have_the_same_colours():
    """A token means something in either scheme, and only known ones are handed out."""
    assert set(PALETTES["light"]) == set(PALETTES["dark"])
    with pytest.raises(KeyError):
        token("pink")
