"""The page of the formats names the columns, states, kinds, limits and codes that the code has."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.taobao import columns as taobao
from retailcrm.domain.identity.keys import KIND_STRENGTH
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READ_AS: Final = (Kind.AMOUNT, Kind.PRICE, Kind.COUNT, Kind.INSTANT, Kind.STATE)
# Where a code is the first or third positional argument.
CALLS: Final = {"mark": 2, "reject": 2, "Refusal": 0}
INSIDE: Final = {"memory"}  # told apart on the way, and shown as too-large


def columns_shown(page: Any, words: Any, title: str) -> dict[str, list[str]]:
    """Read one table of columns off the page, remarks in brackets left out."""
    rows = page("formats").section(title).rows("field", "column")
    return {words(r["field"])[0]: r["column"].partition(" (")[0].split(", ") for r in rows}


def names_of(fields: Mapping[str, Field]) -> dict[str, list[str]]:
    """Give the column names of each field."""
    return {key: list(field.names) for key, field in fields.items()}


def test_the_columns_of_each_report_are_the_codes(page: Any, words: Any) -> None:
    """Every field of the three reports stands there with every name that its column may have."""
    assert columns_shown(page, words, "Order report columns") == names_of(taobao.ORDER)
    assert columns_shown(page, words, "Item report columns") == names_of(taobao.ITEM)
    assert columns_shown(page, words, "Refund report columns") == names_of(taobao.REFUND)


def test_every_state_text_is_on_the_page(page: Any) -> None:
    """The table of states is the code's, text by text."""
    shown: dict[str, int] = {}
    for row in page("formats").section("Order states").rows("text", "state"):
        state = OrderState[row["state"].split(";")[0].upper()]
        shown |= {header_name(text): state for text in row["text"].split(", ")}
    assert shown == dict(taobao.STATES)


def test_every_kind_of_identity_is_on_the_page(page: Any, words: Any) -> None:
    """Each kind has the strength that the code gives it."""
    rows = page("formats").rows("kind", "strength")
    assert {words(r["kind"])[0]: r["strength"] for r in rows} == {
        str(kind): strength.name.lower() for kind, strength in KIND_STRENGTH.items()
    }


def test_every_limit_is_on_the_page(page: Any, words: Any) -> None:
    """Each limit has its default."""
    rows = page("formats").rows("limit", "default")
    assert {words(r["limit"])[0]: int(r["default"]) for r in rows} == attrs.asdict(ImportLimits())


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Find the codes of problems and refusals that a module writes down."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        given = [word.value for word in node.keywords if word.arg == "code"]
        if name in CALLS and len(node.args) > CALLS[name]:
            given.append(node.args[CALLS[name]])
        yield from (str(value.value) for value in given if isinstance(value, ast.Constant))


def test_every_code_is_on_the_page(page: Any, words: Any, repo_root: Path) -> None:
    """Each code that the sources write down is explained, and each that is explained is written down."""
    shown = {words(row["code"])[0] for row in page("formats").rows("code", "meaning")}
    package = repo_root / "src" / "retailcrm"
    texts = [
        path.read_text("utf-8")
        for part in ("adapters", "ports", "shop")
        for path in (package / part).rglob("*.py")
    ]
    found = {code for text in texts for code in codes_in(ast.parse(text))} | {str(kind) for kind in READ_AS}
    assert not found - INSIDE - shown, "not explained on the page"
    assert not [code for code in shown - found if not any(f'"{code}"' in text for text in texts)]
