"""A backend of its own for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """Give the backend, on a database that ``CHECKOUT_DATABASE`` names, or else a new file."""
    from checkout import create_app

    backend = create_app(os.environ.get("CHECKOUT_DATABASE", f"sqlite:///{tmp_path / 'shop.db'}"))
    yield backend
    backend.state.engine.dispose()
    backend.state.shop.close()


@pytest.fixture
def web(app: FastAPI) -> Iterator[TestClient]:
    """Give a browser at its door."""
    with TestClient(app) as client:
        yield client
