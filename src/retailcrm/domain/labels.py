"""Words for readers: Chinese beside English, always both."""

from __future__ import annotations

from typing import NamedTuple


class Label(NamedTuple):
    """One word or sentence in both languages.

    Attributes:
        zh: Chinese.
        en: English.

    Example:
        >>> Label("沉睡", "dormant").zh
        '沉睡'
    """

    zh: str
    en: str
