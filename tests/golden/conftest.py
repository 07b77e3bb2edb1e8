"""Broken files for the shop's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.testing.broken import SPOILERS, Broken, broken_table, broken_taobao

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def break_generic() -> Callable[[Path, int], Broken]:
    """Give the writer of broken generic CSV files: one a seed."""
    return broken_table


@pytest.fixture(scope="session")
def break_taobao() -> Callable[[Path, int], Broken]:
    """Give the writer of broken Taobao order reports: one a seed, every other in GB18030."""
    return broken_taobao


@pytest.fixture(scope="session")
def all_kinds() -> frozenset[str]:
    """Give the name of every way to spoil a record."""
    return frozenset(SPOILERS)
