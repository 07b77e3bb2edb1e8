"""Words in the language that was asked for, or in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.cli.printing import paragraph

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.domain.labels import Label


def worded(label: Label, lang: str | None) -> str:
    """Give a word: English with Chinese beside it, or the one that was asked for.

    Example:
        >>> from retailcrm.domain.labels import Label
        >>> worded(Label("积分", "points"), None), worded(Label("积分", "points"), "zh")
        ('points 积分', '积分')
    """
    return f"{label.en} {label.zh}" if lang is None else str(getattr(label, lang))


def print_sentence(out: Console, label: Label, lang: str | None, mark: str = " ") -> None:
    """Print a sentence: English with Chinese below it, or the one that was asked for."""
    for text in (label.en, label.zh) if lang is None else (str(getattr(label, lang)),):
        out.print(paragraph(text, mark))
