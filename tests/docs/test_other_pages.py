"""The other pages hold what the code has, and no link of a page leads nowhere."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from retailcrm import errors
from retailcrm.ports import hookspecs
from retailcrm.ports.batches import COLUMNS, Grain
from retailcrm.shop.insight import NoIdentityError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_hook_is_documented(page: Any, words: Any) -> None:
    """The table of hooks names each one."""
    hooks = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert {words(row["hook"])[0] for row in page("plugin").rows("hook", "offers")} == hooks


def test_every_column_of_a_batch_is_documented(page: Any, words: Any) -> None:
    """The table of columns says which grains have each."""
    shown = {
        grain: {words(row["column"])[0] for row in page("plugin").rows("column", "orders") if row[grain]}
        for grain in Grain
    }
    assert shown == {grain: set(columns) for grain, columns in COLUMNS.items()}


def test_every_error_that_a_caller_meets_is_documented(page: Any, words: Any) -> None:
    """The first page says what to do about each error, bases and the stores' aside."""
    shown = {word for row in page("start").rows("error", "what to do") for word in words(row["error"])}
    known = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert shown <= known | {NoIdentityError.__name__}
    not_met = {"RetailCRMError", "InputError", "ConflictError", "annotations"}
    assert known - not_met <= shown


def test_both_readmes_show_the_same(repo_root: Path) -> None:
    """They have the same commands, the same code but for its remarks, and the same links."""
    english, chinese = ((repo_root / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    code = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

    def plain(text: str) -> list[str]:
        return [re.sub(r'\s*#.*|"(en|zh)"', "", block) for block in code.findall(text)]

    def links(text: str) -> list[str]:
        return [target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("README")]

    assert plain(english) == plain(chinese)
    assert links(english) == links(chinese)
    assert len(re.findall("^## ", english, re.MULTILINE)) == len(re.findall("^## ", chinese, re.MULTILINE))


def test_no_link_leads_nowhere(repo_root: Path) -> None:
    """Each relative link of READMEs and pages names a file that is there."""
    pages = [
        *repo_root.glob("*.md"),
        *(repo_root / "docs").rglob("*.md"),
        *(repo_root / "examples").rglob("*.md"),
    ]
    broken = [
        f"{path.name}: {target}"
        for path in pages
        if "_build" not in path.parts
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def test_the_decisions_are_numbered_without_gaps(repo_root: Path) -> None:
    """Each record has the number of its file in its title, and all four parts."""
    records = sorted((repo_root / "docs" / "decisions").glob("0*.md"))
    for number, path in enumerate(records, 1):
        text = path.read_text("utf-8")
        assert text.startswith(f"# {number:04}: ")
        assert path.name.startswith(f"{number:04}-")
        parts = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert parts == ["Status", "Context", "Decision", "Consequence"]
