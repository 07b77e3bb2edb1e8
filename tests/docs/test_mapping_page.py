"""The page "map your own CSV" documents every setting that the code reads, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.sources.mapping import reading as code
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# A mapping that has every section, so that the code looks at the names of each.
FULL: Final[dict[str, Any]] = {
    "columns": {
        **{name: {"column": name} for name in ("number", "buyer", "state", "placed_at", "paid", "refunded")}
    },
    "file": {},
    "buyer": {"strength": "stable"},
    "states": {"paid": "x"},
    "constants": {},
    "cancel": {"states": ["y"]},
    "key": {},
    "money": {"paid_is": "gross"},
}


def known_words(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Record which words the code knows in each section while it reads a mapping."""
    recorded: dict[str, list[str]] = {}
    original = code._known

    def record(table: Any, where: str, words: str) -> dict[str, Any]:
        found = re.search(r"\[(.*)$", where)
        recorded[found[1].replace("]", "") if found else ""] = words.split()
        return original(table, where, words)

    monkeypatch.setattr(code, "_known", record)
    code.mapping_from_table(FULL)
    return recorded


def settings(recorded: dict[str, list[str]]) -> set[str]:
    """Name every setting, as the page does."""
    sections = {name.split()[0] for name in recorded if name} | {"states"}
    found = {"columns.FIELD", "states.STATE", *(set(recorded[""]) - sections)}
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
    """The table of fields names each with the grain that may have it."""
    documented = {words(row["field"])[0]: row["grain"] for row in page("mapping").rows("field", "grain")}
    special = {**dict.fromkeys(code._ORDER_ONLY, "order"), **dict.fromkeys(code._LINE_ONLY, "line")}
    assert documented == {name: special.get(name, "both") for name in code._KINDS}


def test_the_fields_that_every_row_needs_are_marked(page: Any, words: Any) -> None:
    """A field says that a row without it is rejected if, and only if, the code does so."""
    rows = page("mapping").rows("field", "grain")
    marked = {words(row["field"])[0] for row in rows if "is rejected" in row["holds"]}
    assert marked == code._ALWAYS


def test_the_states_and_strengths_are_documented(page: Any, words: Any) -> None:
    """The words for states and strengths are those that the code takes."""
    by_name = {words(row["setting"])[0]: row for row in page("mapping").rows("setting")}
    states = {state.name.lower() for state in OrderState} - {"unknown"}
    assert set(words(by_name["states.STATE"]["meaning"])) == states
    strengths = {word.strip('"') for word in words(by_name["buyer.strength"]["values"])}
    assert strengths == set(code._STRENGTHS)


def test_the_mapping_shown_is_the_one_that_ships(page: Any, repo_root: Path) -> None:
    """The page shows the shipped file word for word, and lists all that ship."""
    folder = repo_root / "examples" / "mappings"
    assert page("mapping").blocks("toml")[0] == (folder / "online_retail.toml").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+\.toml)`", page("mapping").text, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in folder.iterdir())
