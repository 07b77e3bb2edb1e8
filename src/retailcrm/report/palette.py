"""Colours of the page, named once for style sheet and charts: light (also print) and dark.

Text keeps a contrast of 4.5 with what it stands on, the colour steps included; bars and lines keep 3
with the paper (WCAG 2.2, criteria 1.4.3 and 1.4.11). Teal and amber stay apart for the common kinds of
colour blindness; the steps differ in lightness, so they survive a black-and-white printer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS: Final = 5
"""Steps of the one-hue scale, ``step1`` (least) to ``step5`` (most)."""

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "soft": "#f3f6f6",
    "line": "#d5dcde",
    "ink": "#18232b",
    "muted": "#54626b",
    "accent": "#0a6868",
    "first": "#0f7672",
    "second": "#c77c11",
    "third": "#54626b",
    "step1": "#dcefec",
    "step2": "#a6d6cf",
    "step3": "#5fb3ab",
    "step4": "#1d827e",
    "step5": "#07504f",
    "on1": "#18232b",
    "on2": "#18232b",
    "on3": "#18232b",
    "on4": "#ffffff",
    "on5": "#ffffff",
}
"""Dark ink on white."""

DARK: Final[Mapping[str, str]] = {
    "paper": "#11181d",
    "soft": "#182228",
    "line": "#33414a",
    "ink": "#e4eaed",
    "muted": "#a2b0b8",
    "accent": "#58c9bf",
    "first": "#3aa79f",
    "second": "#e2a64b",
    "third": "#647a8b",
    "step1": "#1c3538",
    "step2": "#215355",
    "step3": "#2b7876",
    "step4": "#45aaa3",
    "step5": "#8fe3d9",
    "on1": "#e4eaed",
    "on2": "#e4eaed",
    "on3": "#ffffff",
    "on4": "#11181d",
    "on5": "#11181d",
}
"""Light ink on near-black; the scale turns round, so that "most" still stands out most."""

PALETTES: Final[Mapping[str, Mapping[str, str]]] = {"light": LIGHT, "dark": DARK}
"""Both, as the page's script reads them."""


def token(name: str) -> str:
    """Stand in for a colour in a figure: the page's script puts in the shade of the reader's scheme.

    Raises:
        KeyError: The palette has no such colour.

    Example:
        >>> token("ink")
        '$ink'
    """
    LIGHT[name]
    return f"${name}"


_CHINESE: Final = (
    '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", '
    '"Source Han Sans SC", "WenQuanYi Micro Hei"'
)

FONTS: Final[Mapping[str, str]] = {
    "zh": f'-apple-system, "Segoe UI", Roboto, {_CHINESE}, system-ui, sans-serif',
    "en": f'-apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "Liberation Sans", '
    f"{_CHINESE}, system-ui, sans-serif",
}
"""Fonts that readers' systems have, by language; the page fetches none. Chinese fonts come last in
English, because they set its quotation marks as wide as a character."""
