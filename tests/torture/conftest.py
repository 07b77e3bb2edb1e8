"""Stores to attack, and the seeded bugs that a harness must report."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of a new file."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def memory_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in memory, where there is one: for harnesses in which nobody pulls the plug."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Give the dotted name of a shop with a bug; processes that are started find it there."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return lambda name: f"seeded_bugs:{name}"
