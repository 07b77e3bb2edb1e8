"""One Django for the run: it is set up once a process, before anything of it is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client


@pytest.fixture(scope="session", autouse=True)
def _django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set Django up on a new file, with its tables."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    os.environ["CHECKOUT_FILE"] = str(tmp_path_factory.mktemp("shop") / "shop.db")
    os.environ["DJANGO_SETTINGS_MODULE"] = "checkout.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    yield
    from django.db import connections

    from checkout.points import the_shop

    connections.close_all()
    the_shop().close()


@pytest.fixture
def web() -> Client:
    """Give a browser at the shop's door."""
    from django.test import Client

    return Client()
