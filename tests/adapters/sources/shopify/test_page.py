"""The page of the formats says of Shopify what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from retailcrm.adapters.sources.field import header_name
from retailcrm.adapters.sources.shopify import columns
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def section(repo_root: Path) -> str:
    """Give the part of the page that is about Shopify."""
    page = (repo_root / "docs" / "formats.md").read_text("utf-8")
    return page.partition("\n## Shopify\n")[2].partition("\n## ")[0]


def cells(section: str, beginning: str) -> dict[str, str]:
    """Read a table of two columns by the heading of its first."""
    table = section.partition(f"| {beginning} |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE))


def test_every_column_that_is_read_is_on_the_page(section: str) -> None:
    """Each name that orders and customers are read by, at least as a part of the address."""
    for field in (*columns.ORDER.values(), *columns.CUSTOMER.values()):
        assert any(name.removeprefix("Default Address ") in section for name in field.names) or (
            field.names[-1].endswith(("Zip", "Country Code", "Address2", "Customer ID"))
        )


def test_every_status_of_the_money_is_on_the_page(section: str) -> None:
    """Text by text with its state."""
    shown = {
        header_name(text): OrderState[state.upper()]
        for texts, state in cells(section, "Financial Status").items()
        if not texts.startswith("---")
        for text in texts.split(", ")
    }
    assert shown == {text: state for text, state in columns.FINANCIAL.items() if " " not in text}


def test_every_status_of_the_goods_is_on_the_page(section: str) -> None:
    """Those that move an order on, and those that do not."""
    sent, waiting = re.findall(r"Fulfillment Status is ([a-z_, ]+?)(?:, and the order| or blank)", section)
    split = [set(re.split(r", | or ", text)) for text in (sent, waiting)]
    assert split[0] == {t for t, s in columns.FULFILLMENT.items() if s == OrderState.SHIPPED and " " not in t}
    assert split[1] == {t for t, s in columns.FULFILLMENT.items() if s == OrderState.PLACED and " " not in t}
