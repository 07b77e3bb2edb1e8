"""Pages as data: their tables and blocks, to be held against the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@attrs.frozen
class Page:
    """One page of the documentation.

    Attributes:
        text: Its Markdown.
    """

    text: str

    def rows(self, *header: str) -> list[dict[str, str]]:
        """Give the rows of every table whose header begins with some cells, by column name."""
        found, names = [], None
        for line in [*self.text.splitlines(), ""]:
            if not line.startswith("|"):
                names = None
            elif names is None:
                names = _cells(line)
            elif names[: len(header)] == list(header) and not set(line) <= set("|-"):
                found.append(dict(zip(names, _cells(line), strict=True)))
        assert found, f"no table begins with {header}"
        return found

    def blocks(self, kind: str) -> list[str]:
        """Give the content of every fenced block of a kind."""
        return re.findall(rf"^```{kind}\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def section(self, title: str) -> Page:
        """Give the part from a heading to the next one of its rank or above."""
        found = re.search(rf"^(#+) {re.escape(title)}\n", self.text, re.MULTILINE)
        assert found, f"no heading {title!r}"
        rest = self.text[found.end() :]
        end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
        return Page(rest[: end.start()] if end else rest)


def _cells(line: str) -> list[str]:
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [part.replace("\\|", "|").strip() for part in parts]


@pytest.fixture(scope="session")
def page(repo_root: Path) -> Callable[[str], Page]:
    """Give a function that opens a page by its name."""
    return lambda name: Page((repo_root / "docs" / f"{name}.md").read_text("utf-8"))


@pytest.fixture(scope="session")
def words() -> Callable[[str], list[str]]:
    """Give a function that picks the words in backticks out of a cell."""
    return lambda cell: re.findall(r"`([^`]+)`", cell)
