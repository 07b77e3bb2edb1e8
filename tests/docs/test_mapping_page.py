"""The page "map your own CSV" documents every setting that the code reads, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm.adapters.sources.birthdays import birthday
from retailcrm.adapters.sources.field import header_name
from retailcrm.adapters.sources.mapping import columns, reading
from retailcrm.adapters.sources.mapping import settings as settings_code
from retailcrm.adapters.sources.mapping.grains import FORMS, GRAINS
from retailcrm.adapters.sources.mapping.words import (
    ANSWER_WORDS,
    ANSWERS_READ,
    EVENT_WORDS,
    GENDER_WORDS,
    GENDERS_READ,
)
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from pathlib import Path

# Mappings that together have every section, so that the code looks at the names of each.
FULL: Final[list[dict[str, Any]]] = [
    {
        "columns": {
            name: {"column": name} for name in ("number", "buyer", "state", "placed_at", "paid", "refunded")
        },
        "file": {},
        "keep": {"column": "x", "values": "y"},
        "buyer": {"strength": "stable"},
        "states": {"paid": "x"},
        "constants": {},
        "cancel": {"states": ["y"]},
        "key": {},
        "money": {"paid_is": "gross"},
    },
    {"grain": "review", "columns": {"score": "s"}, "score": {"full_marks": 5}, "scores": {"x": 1}},
    {"grain": "product", "columns": {"product": "p", "on_shelf": "s"}, "answers": {}},
    {
        "grain": "customer",
        "columns": {"buyer": "b", "gender": "s"},
        "buyer": {"strength": "weak"},
        "genders": {},
    },
    {"grain": "parcel", "columns": {"number": "n", "event": "e", "at": "t"}, "events": {}},
]
TABLES: Final = {
    "states": "states.STATE", "genders": "genders.GENDER", "answers": "answers.ANSWER",
    "events": "events.EVENT",
    "scores": "scores.TEXT",
}  # fmt: skip
"""Sections whose words are the user's."""


def known_words(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Record which words the code knows in each section while it reads a mapping."""
    recorded: dict[str, set[str]] = {}
    original = settings_code.known_settings

    def record(table: Any, where: str, words: Any) -> dict[str, Any]:
        found = re.search(r"\[(.*)$", where)
        recorded.setdefault(found[1].replace("]", "") if found else "", set()).update(words)
        return original(table, where, words)

    for module in (reading, columns):
        monkeypatch.setattr(module, "known_settings", record)
    for table in FULL:
        reading.mapping_from_table(table)
    return recorded


def settings(recorded: dict[str, set[str]]) -> set[str]:
    """Name every setting, as the page does."""
    sections = {name.split()[0] for name in recorded if name} | set(TABLES)
    found = {"columns.FIELD", *TABLES.values(), *(recorded[""] - sections)}
    for section, words in recorded.items():
        if section and section != "columns":
            prefix = "columns.FIELD" if section.startswith("columns ") else section
            found |= {f"{prefix}.{word}" for word in words}
    return found


def test_every_setting_is_documented(page: Any, words: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of settings names what the code reads, and nothing that it does not."""
    documented = [words(row["setting"])[0] for row in page("mapping").rows("setting")]
    assert len(documented) == len(set(documented))
    assert set(documented) == settings(known_words(monkeypatch))


def test_every_field_is_documented(page: Any, words: Any) -> None:
    """The table of fields names each with the grains that may have it."""
    rows = [(words(row["field"])[0], row["grain"]) for row in page("mapping").rows("field", "grain")]
    grains: dict[str, list[str]] = {}
    for form in FORMS.values():
        for name in form.fields:
            grains.setdefault(name, []).append(form.word)
    assert len(rows) == len(grains)
    assert dict(rows) == {name: ", ".join(several) for name, several in grains.items()}


def test_the_fields_that_every_row_needs_are_marked(page: Any, words: Any) -> None:
    """A field says that a row without it is rejected if, and only if, the code does so at some grain."""
    rows = page("mapping").rows("field", "grain")
    marked = {words(row["field"])[0] for row in rows if "is rejected" in row["holds"]}
    assert marked == {name for form in FORMS.values() for name in form.always}


@pytest.mark.parametrize(
    ("setting", "known"),
    [
        ("genders.GENDER", GENDER_WORDS),
        ("answers.ANSWER", ANSWER_WORDS),
        ("events.EVENT", EVENT_WORDS),
        ("grain", GRAINS),
    ],
)
def test_the_words_of_each_table_are_documented(page: Any, words: Any, setting: str, known: Any) -> None:
    """No more and no fewer than the code takes, in its order."""
    (row,) = (row for row in page("mapping").rows("setting") if words(row["setting"])[0] == setting)
    column = "values" if setting == "grain" else "meaning"
    assert [word.strip('"') for word in words(row[column])] == list(known)


def test_words_shown_as_known_are_known(page: Any, words: Any) -> None:
    """What the page says of cells of members, the code reads."""
    rows = {row["cell"]: words(row["read as"]) for row in page("mapping").rows("cell", "read as")}
    assert all(header_name(word) in ANSWERS_READ for word in rows["yes or no"] if not word.startswith("["))
    assert all(header_name(word) in GENDERS_READ for word in rows["gender"] if not word.startswith("["))
    for kind in ("birthday", "lunar birthday", "no birthday"):
        assert all(birthday(word) for word in rows[kind] if kind != "no birthday")
        assert not any(birthday(word) for word in rows[kind] if kind == "no birthday")


def test_the_states_and_strengths_are_documented(page: Any, words: Any) -> None:
    """The words for states and strengths are those that the code takes."""
    by_name = {words(row["setting"])[0]: row for row in page("mapping").rows("setting")}
    states = {state.name.lower() for state in OrderState} - {"unknown"}
    assert set(words(by_name["states.STATE"]["meaning"])) == states
    strengths = {word.strip('"') for word in words(by_name["buyer.strength"]["values"])}
    assert strengths == set(reading.STRENGTHS)


def test_the_mapping_shown_is_the_one_that_ships(page: Any, repo_root: Path) -> None:
    """The page shows the shipped file word for word, and lists all that ship."""
    folder = repo_root / "examples" / "mappings"
    assert page("mapping").blocks("toml")[0] == (folder / "online_retail.toml").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+\.toml)`", page("mapping").text, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in folder.iterdir())
