"""Fixtures for the whole suite, and how hard the property tests try."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

NO_DATA: Final = "RETAILCRM_DATA is not set"
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")

# No deadline anywhere: a slow machine is not a wrong result.
settings.register_profile("dev", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True, database=None)
settings.register_profile(
    "nightly", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow]
)
# `pytest --hypothesis-profile NAME` goes before this choice.
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Give the checkout's folder."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Give the folder of the real data sets; skip where there is none."""
    if not (named := os.environ.get("RETAILCRM_DATA")):
        pytest.skip(NO_DATA)
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"RETAILCRM_DATA names {named!r}, which is not a folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of the system's Chromium; CONTRIBUTING says how to install it."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip("no Chromium found")
    return found


@pytest.fixture(autouse=True)
def _needs_data(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``data`` on a machine without the real data sets."""
    if request.node.get_closest_marker("data"):
        request.getfixturevalue("data_dir")
