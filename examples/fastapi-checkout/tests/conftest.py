"""A backend of its own for every test."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from anyio.from_thread import start_blocking_portal
from httpx import ASGITransport, AsyncClient, Response

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI


class Browser:
    """Sends requests to the backend, from as many threads as one likes."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._client = AsyncClient(transport=ASGITransport(app), base_url="http://shop")
        self._portal = portal

    def get(self, path: str) -> Response:
        """Look at something."""
        return self._portal.call(partial(self._client.get, path))

    def post(self, path: str, **sent: Any) -> Response:
        """Ask for something."""
        return self._portal.call(partial(self._client.post, path, **sent))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """Give the backend, on the database that ``CHECKOUT_DATABASE`` names, or else on a new file."""
    from checkout import create_app

    backend = create_app(os.environ.get("CHECKOUT_DATABASE", f"sqlite:///{tmp_path / 'shop.db'}"))
    yield backend
    backend.state.engine.dispose()
    backend.state.shop.close()


@pytest.fixture
def web(app: FastAPI) -> Iterator[Browser]:
    """Give a browser at its door."""
    with start_blocking_portal() as portal:
        yield Browser(app, portal)
