"""Stores to attack, and the seeded bugs that a harness must report."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of a new file."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Give the dotted name of a shop with a bug; processes that are started find it there."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return lambda name: f"seeded_bugs:{name}"
