"""The page of the promises names tests that are there, and no promise stands without one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

PROMISES: Final = [f"L{number}" for number in range(1, 11)]


def test_the_ten_promises_are_stated(page: Any) -> None:
    """Each of L1 to L10 is said once, in order."""
    text = page("reliability").section("The ten promises").text
    assert re.findall(r"^### (L\d+):", text, re.MULTILINE) == PROMISES


def test_every_promise_names_tests_that_exist(page: Any, words: Any, repo_root: Path) -> None:
    """Each promise has at least one test, and each test that is named is a file."""
    rows = page("reliability").rows("promise", "tested by")
    assert [row["promise"] for row in rows] == PROMISES
    named = {row["promise"]: words(row["tested by"]) for row in rows}
    assert all(named.values())
    assert not [path for paths in named.values() for path in paths if not (repo_root / path).is_file()]


def test_every_attack_names_tests_that_exist(page: Any, words: Any, repo_root: Path) -> None:
    """Each attack says which file runs it."""
    for row in page("reliability").rows("attack", "tested by"):
        paths = words(row["tested by"])
        assert paths, row["attack"]
        assert not [path for path in paths if not (repo_root / path).is_file()]


def test_the_words_of_the_stores_are_in_the_glossary(page: Any) -> None:
    """What the guides say without explaining it is explained, in both languages."""
    rows = page("glossary").section("Stores 存储").rows("term 术语")
    terms = {row["term 术语"].rpartition(" ")[0].partition(" (")[0] for row in rows}
    asked = {
        "savepoint",
        "idempotency key",
        "event feed",
        "cursor",
        "roll-up",
        "unit",
        "group commit",
        "staged",
    }
    assert asked <= terms
    assert all(re.search("[\u4e00-\u9fff]", row["含义"]) and row["meaning"] for row in rows)
