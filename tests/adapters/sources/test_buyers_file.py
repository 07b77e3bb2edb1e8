"""The file that joins order numbers to buyers."""

from __future__ import annotations

from typing import Any

import pytest

from retailcrm.adapters.sources.buyers_file import BuyersFile
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import BuyerKey, Grain

Take = Any


@pytest.mark.parametrize(
    ("number", "buyer"),
    [
        ("订单编号", "买家会员名"),
        ("订单号", "买家昵称"),
        ("order_id", "buyer"),
        ("Order Number", "customer_id"),
        ("订单", "open_uid"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_any_usual_pair_of_names_will_do(take: Take, number: str, buyer: str, encoding: str) -> None:
    """In any sequence, among other columns, below a title, in either encoding."""
    text = (
        f'对照表\r\n备注,{buyer},{number}\r\nx,小𠮷,="5113000000000047045"\r\n,=^_^=,\'1930000000000647\r\n'
    )
    found = take(text.encode(encoding), BuyersFile())
    assert found.rows == [
        {"number": "5113000000000047045", "buyer": "小𠮷"},
        {"number": "1930000000000647", "buyer": "=^_^="},
    ]
    (batch,) = found.batches
    assert (batch.grain, batch.buyer_key) == (Grain.ORDERS, BuyerKey(platform="taobao", kind="nick"))


def test_a_pair_needs_both(take: Take) -> None:
    """A number without a buyer, a buyer without a number, and a rounded number are problems."""
    text = "order_id,buyer\n1,\n,ann\n1.93E+15,bob\n\n2,eve\n"
    found = take(text.encode(), BuyersFile())
    assert found.column("number") == ["2"]
    assert found.rejected == {1: {"missing"}, 2: {"missing"}, 3: {"damaged-number"}}
    assert found.accounts_for(5)
    # Who bought is personal and is not repeated in a problem.
    assert {problem.value for problem in found.problems} == {None, "1.93E+15"}


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "订单编号,收货人\n1,2\n", "buyer\nx\n"])
def test_a_file_without_the_two_columns_is_refused(take: Take, text: str) -> None:
    """The message names what is wanted and what was found."""
    with pytest.raises(
        ImportRefusedError, match=r"needs a column of order numbers .*Columns found"
    ) as caught:
        take(text.encode(), BuyersFile())
    assert caught.value.code == "buyers-file"
    assert text.splitlines()[0].split(",")[0] in str(caught.value)


def test_its_name_tells_no_moment() -> None:
    """The newest is the file last written."""
    assert BuyersFile().exported_at("ExportOrderList202401010900.csv", "UTC") is None
