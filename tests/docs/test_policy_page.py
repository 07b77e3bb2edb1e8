"""The page of the policy file documents every setting with the default that the code has."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from typing import Any

import attrs

from retailcrm import Policy
from retailcrm.analytics.activity import FixedDays, OwnInterval
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.rfm import RfmSpec
from retailcrm.shop.policy import ReportRule, ValueClassRule, policy_from_table


def names(kind: type[Any]) -> list[str]:
    """Give the names of a rule's settings."""
    return [field.name for field in attrs.fields(kind)]


def in_code() -> set[str]:
    """Name every setting that the code has, as the page does; the ladder has a page of its own."""
    return {
        *(f"shop.{name}" for name in ("name", "zone", "currency")),
        *(f"counting.{name}" for name in names(CountingPolicy)),
        *(f"rfm.{name}" for name in names(RfmSpec)),
        "segments.map",
        *(f"activity.{name}" for name in ("method", *names(FixedDays), *names(OwnInterval))),
        *(f"value_class.{name}" for name in names(ValueClassRule)),
        *(f"report.{name}" for name in names(ReportRule)),
        "customers.phone_region",
    }


def defaults(page: Any, words: Any) -> dict[str, Any]:
    """Read each documented default as TOML would; ``None`` for none."""
    found = {}
    for row in page("policy").rows("setting", "default"):
        text = words(row["default"])
        found[words(row["setting"])[0]] = tomllib.loads(f"x = {text[0]}")["x"] if text else None
    return found


def test_every_setting_is_documented(page: Any, words: Any) -> None:
    """The tables name what the code reads, and nothing that it does not."""
    assert set(defaults(page, words)) == in_code()


def test_the_documented_defaults_are_the_codes(page: Any, words: Any) -> None:
    """A policy that writes every default down is the policy that says nothing."""
    tables: dict[str, dict[str, Any]] = {}
    for name, value in defaults(page, words).items():
        section, _, setting = name.partition(".")
        if value not in (None, []) and name != "activity.weight":
            tables.setdefault(section, {})[setting] = value
    written = policy_from_table(tables)
    assert written.to_dict() == Policy().to_dict()
    assert written.digest == Policy().digest


def test_the_defaults_of_the_own_interval_are_documented(page: Any, words: Any) -> None:
    """The multiples and the weight of the other method of activity are the code's."""
    rows = {words(row["setting"])[0]: row for row in page("policy").rows("setting", "default")}
    said = [
        words(rows[f"activity.{name}"]["meaning, and why"])[-1] for name in ("sleeping_from", "lost_from")
    ]
    rule = OwnInterval()
    assert [Fraction(text) for text in said] == [rule.sleeping_from, rule.lost_from]
    assert int(words(rows["activity.weight"]["default"])[0]) == rule.weight
