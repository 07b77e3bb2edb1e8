"""The policy of a shop in a store: kept from its file, taken by whoever names none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from retailcrm import Policy, load_policy, open_shop
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = datetime(2024, 5, 1, tzinfo=UTC)
POINTS: Final = "[shop]\nname = '山里来客'\n[points]\nearn.rate = '1'\n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give the URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


def written(path: Path, text: str) -> Path:
    """Write a policy file."""
    path.write_text(text, "utf-8")
    return path


def test_the_newest_is_taken(url: str, tmp_path: Path) -> None:
    """Without a policy a shop has the rules of the file that was given last, and tells since when."""
    first = written(tmp_path / "first.toml", POINTS)
    second = written(tmp_path / "second.toml", POINTS.replace("'1'", "'2'"))
    for days, path in enumerate((first, first, second, first)):
        now = NOW + timedelta(days=days)
        open_shop(url, policy=path, clock=lambda now=now: now).close()  # type: ignore[misc]  # bound now
        with open_shop(url) as shop:
            assert shop.policy == load_policy(path)
            since = {0: 0, 1: 0, 2: 2, 3: 3}[days]
            assert shop.policy_since == NOW + timedelta(days=since)


def test_of_one_moment_the_later_is_the_newer(url: str, tmp_path: Path) -> None:
    """Of policies at one reading of the clock, or at an earlier one, the one given last is taken."""
    for rate, now in (("1", NOW), ("2", NOW), ("3", NOW - timedelta(days=1))):
        path = written(tmp_path / f"{rate}.toml", POINTS.replace("'1'", f"'{rate}'"))
        open_shop(url, policy=path, clock=lambda now=now: now).close()  # type: ignore[misc]  # bound now
        with open_shop(url) as shop:
            assert shop.policy == load_policy(path)


def test_zone_and_currency_are_kept_with_it(url: str, tmp_path: Path) -> None:
    """A zone and a currency that were given beside the file hold for the kept rules too."""
    path = written(tmp_path / "shop.toml", "[activity]\nmethod = 'fixed'\n")
    with open_shop(url, policy=path, zone="Asia/Tokyo", currency="JPY") as shop:
        digest = shop.policy.digest
    with open_shop(url) as shop:
        assert (shop.policy.zone, shop.policy.currency, shop.policy.digest) == ("Asia/Tokyo", "JPY", digest)
    with pytest.raises(SettingsError, match="kept with zone Asia/Tokyo"):
        open_shop(url, zone="UTC")


def test_what_cannot_be_read_back_is_not_kept(url: str, tmp_path: Path) -> None:
    """A policy that a program built is not kept; shops are apart."""
    open_shop(url, policy=Policy(name="x", phone_region="US")).close()
    with open_shop(url) as shop:
        assert shop.policy == Policy()
        assert shop.policy_since is None
    open_shop(url, policy=written(tmp_path / "shop.toml", POINTS)).close()
    with open_shop(url, shop="other") as shop:
        assert shop.policy_since is None
