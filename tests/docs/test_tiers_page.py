"""The page of the tiers documents every setting, and the ladders that ship as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm import load_policy
from retailcrm.domain.money import format_money
from retailcrm.domain.tiers import Ladder, Requirement, ladder_from_table
from retailcrm.domain.tiers import table as code

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST: Final = {"currency": "CNY", "window": "calendar", "period": "year", "tiers": [{"name": "member"}]}
TABLES: Final = [("setting of a tier", code._TIER), ("setting of a metric", code._METRIC)]


def test_every_setting_of_a_ladder_is_documented(page: Any, words: Any) -> None:
    """The table names what the code reads, in its order, and nothing else."""
    documented = [words(row["setting"])[0] for row in page("tiers").rows("setting", "default")]
    assert documented == [f"ladder.{name}" for name in code._LADDER]


@pytest.mark.parametrize(("title", "known"), TABLES)
def test_every_setting_below_is_documented(page: Any, words: Any, title: str, known: tuple[str, ...]) -> None:
    """So do the tables of a tier and of a metric."""
    assert [words(row[title])[0] for row in page("tiers").rows(title)] == list(known)


def test_the_documented_defaults_are_the_codes(page: Any, words: Any) -> None:
    """A ladder that writes the defaults down is the ladder that leaves them out."""
    written: dict[str, Any] = dict(SMALLEST)
    for row in page("tiers").rows("setting", "default"):
        if default := words(row["default"]):
            text = default[0].strip('"')
            written[words(row["setting"])[0].removeprefix("ladder.")] = int(text) if text.isdigit() else text
    assert set(written) - set(SMALLEST) == {"hold", "drop", "grace", "qualify_at", "return_window_days"}
    read = [ladder_from_table(table, currency="CNY", zone="Asia/Shanghai") for table in (written, SMALLEST)]
    assert read[0] == read[1]


def said(rule: Requirement, ladder: Ladder) -> str:
    """Write a requirement as the page does."""
    names = {metric.name: metric.label.en for metric in ladder.metrics}
    parts = [
        format_money(bound, ladder.currency) if name == "spend" else f"{bound} {names.get(name, name)}"
        for name, bound in rule.bounds
    ]
    return f" {'or' if rule.combine == 'any' else 'and'} ".join(parts)


@pytest.mark.parametrize("name", ["tiers_metals", "tiers_vip"])
def test_the_ladders_that_ship_are_shown_as_they_are(page: Any, repo_root: Path, name: str) -> None:
    """Names, thresholds, discounts and points of both ladders stand on the page."""
    ladder = load_policy(repo_root / "examples" / "policies" / f"{name}.toml").ladder
    assert ladder is not None
    shown = {row["tier"]: row for row in page("tiers").rows("tier", "等级", "enter")}
    for i, tier in enumerate(ladder.tiers):
        row = shown[tier.label.en]
        assert row["等级"] == tier.label.zh
        assert row["enter"] == (said(tier.enter, ladder) if i else "")
        assert row["keep"] == (said(tier.to_keep, ladder) if i else "")
        off = tier.benefits.discount * 100
        assert row["discount"] == (f"{off} %" if off else "")
        assert float(row["points"].removeprefix("x ")) == float(tier.benefits.points_multiplier)


def test_every_ladder_that_ships_is_on_the_page(page: Any, repo_root: Path) -> None:
    """No file of examples/policies is left out."""
    for path in (repo_root / "examples" / "policies").glob("*.toml"):
        assert f"examples/policies/{path.name}" in page("tiers").text
