"""The currency of a shop and that of the files: told, taken or refused."""

from __future__ import annotations

import pytest

from retailcrm import open_shop
from retailcrm.errors import CurrencyMismatchError

ORDERS = {
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}


def test_a_file_in_another_currency_says_what_to_write(tmp_path):
    """The refusal has the two lines of the policy and the call, to be copied; the shop takes the hint."""
    path = tmp_path / "orders.csv"
    path.write_text("id,who,at,amount\n1,a,2024-01-01,5\n", "utf-8")
    dollars = {**ORDERS, "currency": "USD"}
    with open_shop() as shop, pytest.raises(CurrencyMismatchError) as refused:
        shop.imports.files([path], mapping=dollars)
    for hint in ("[shop]", 'currency = "USD"', 'open_shop(currency="USD")', "--currency USD"):
        assert hint in str(refused.value)
    with open_shop(currency="USD") as shop:
        assert shop.imports.files([path], mapping=dollars).accepted == 1


EXPORT = (
    "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,Id\n"
    "#1,ann@example.com,paid,2024-03-01 10:00:00 +0000,{},12.50,2024-03-01 10:00:00 +0000,1,Cup,71\n"
)


def test_files_tell_their_currency(tmp_path):
    """One currency is told, several or none are not, and nothing is kept."""
    usd, eur, other = (tmp_path / name for name in ("usd.csv", "eur.csv", "other.csv"))
    usd.write_text(EXPORT.format("USD"), "utf-8")
    eur.write_text(EXPORT.format("EUR"), "utf-8")
    other.write_text("a,b\n1,2\n", "utf-8")
    with open_shop() as shop:
        assert shop.imports.currency_of([usd]) == shop.imports.currency_of([usd, other, usd]) == "USD"
        for several_or_none in ([usd, eur], [other], [tmp_path / "missing.csv"], []):
            assert shop.imports.currency_of(several_or_none) is None
        assert shop.imports.accounts() == ()
