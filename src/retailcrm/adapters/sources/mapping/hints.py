"""Words for messages about mappings: lists, and the nearest of some words."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str:
    """Suggest the closest of some words, as the end of a sentence.

    Example:
        >>> nearest("grian", ["grain", "zone"]), nearest("x", ["grain"])
        ("; did you mean 'grain'?", '')
    """
    simple = {_simple(choice): choice for choice in choices}
    near = difflib.get_close_matches(_simple(word), simple, n=1, cutoff=0.5)
    return f"; did you mean {simple[near[0]]!r}?" if near else ""


def _simple(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()


def listed(words: Iterable[str]) -> str:
    """Name several words in one line."""
    return ", ".join(sorted(words))
