"""The page of points documents every setting with the default that the code has, and every finding."""

from __future__ import annotations

import tomllib
from typing import Any, Final

import pytest

from retailcrm.domain.points.linting import CODES
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.policy.points_settings import OF_A_WALLET, SECTIONS

LISTS: Final = {
    "a cap": ("earn.caps", []),
    "a campaign": ("campaign", []),
    "an activity": ("activity", ["streak"]),
    "a reward": ("reward", []),
    "a wallet": ("wallet", []),
}
"""Tables of settings that stand in a list, by what they are of; and what is read beside the section."""

SMALLEST: Final[dict[str, dict[str, Any]]] = {
    "a cap": {"points": 5},
    "a campaign": {"name": "double", "start": "2025-11-11", "end": "2025-11-12", "multiplier": "2"},
    "an activity": {"kind": "signin", "points": 1},
    "a reward": {"id": "mug", "points": 5},
    "a wallet": {"name": "status"},
}


def in_code() -> set[str]:
    """Name every setting that is in no list, as the page does."""
    lists = {section for section, _ in LISTS.values()}
    names = {f"points.{setting.name}" for setting in SECTIONS["points"]}
    for section, settings in SECTIONS.items():
        if section not in lists | {"points"}:
            names |= {f"points.{section}.{setting.name}" for setting in settings}
    return names | {"points.earn.caps"}


def default_of(words: Any, row: dict[str, str]) -> Any:
    """Read a documented default as TOML would; ``None`` for none."""
    text = words(row["default"])
    return tomllib.loads(f"x = {text[0]}")["x"] if text else None


def test_every_setting_is_documented(page: Any, words: Any) -> None:
    """The tables name what the code reads, each once, and nothing that it does not."""
    documented = [words(row["setting"])[0] for row in page("points").rows("setting", "default")]
    assert sorted(documented) == sorted(in_code())


@pytest.mark.parametrize("what", LISTS)
def test_every_setting_in_a_list_is_documented(page: Any, words: Any, what: str) -> None:
    """So do the tables of caps, campaigns, activities, rewards and wallets, with what must be given."""
    section, also = LISTS[what]
    rows = page("points").rows(f"setting of {what}")
    assert [words(row[f"setting of {what}"])[0] for row in rows] == [
        *(setting.name for setting in SECTIONS[section]),
        *also,
    ]
    required = {words(row[f"setting of {what}"])[0] for row in rows if row["default"] == "must be given"}
    assert required == {setting.name for setting in SECTIONS[section] if setting.required}


def test_the_documented_defaults_are_the_codes(page: Any, words: Any) -> None:
    """A file that writes every default down is the file that says nothing."""
    table: dict[str, Any] = {}
    for row in page("points").rows("setting", "default"):
        value = default_of(words, row)
        if value is None:
            continue
        *sections, name = words(row["setting"])[0].removeprefix("points.").split(".")
        place = table
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    written = policy_from_table({"points": table})
    assert written.to_dict() == policy_from_table({"points": {"referral": {}}}).to_dict()
    assert set(table) >= set(OF_A_WALLET) - {"inactive"}


@pytest.mark.parametrize("what", ["a campaign", "an activity", "a reward", "a wallet", "a cap"])
def test_the_documented_defaults_in_lists_are_the_codes(page: Any, words: Any, what: str) -> None:
    """An entry that writes every default down is the smallest entry."""
    rows = page("points").rows(f"setting of {what}")
    defaults = {words(row[f"setting of {what}"])[0]: default_of(words, row) for row in rows}
    said = {name: value for name, value in defaults.items() if value is not None}
    smallest = SMALLEST[what]
    assert not said.keys() & smallest.keys()
    section = LISTS[what][0]

    def read(entry: dict[str, Any]) -> Any:
        points = {"earn": {"caps": [entry]}} if section == "earn.caps" else {section: [entry]}
        return policy_from_table({"points": points}).to_dict()

    assert read({**said, **smallest}) == read(smallest)


def test_every_word_of_a_setting_is_documented(page: Any, words: Any) -> None:
    """Each word that a setting may have stands in its row."""
    rows = {words(row["setting"])[0]: row for row in page("points").rows("setting", "default")}
    for what in LISTS:
        section = LISTS[what][0]
        named = page("points").rows(f"setting of {what}")
        rows |= {f"points.{section}.{words(row[f'setting of {what}'])[0]}": row for row in named}
    for section, settings in SECTIONS.items():
        for setting in settings:
            name = f"points.{setting.name}" if section == "points" else f"points.{section}.{setting.name}"
            row = rows[name]
            said = {word.strip('"') for cell in row.values() for word in words(cell)}
            assert set(setting.words) <= said, name


def test_every_finding_is_documented(page: Any, words: Any) -> None:
    """The table of findings has every code with its meaning in both languages."""
    shown = {
        words(row["finding"])[0]: (row["含义"], row["meaning"]) for row in page("points").rows("finding")
    }
    assert shown == {code: (label.zh, label.en) for code, label in CODES.items()}
    assert list(shown) == list(CODES)
