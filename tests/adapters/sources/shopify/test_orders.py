"""The orders export: which rows are one order, what they tell, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from retailcrm.adapters.sources.shopify import Shopify
from retailcrm.domain.orders import OrderState


def test_an_order_of_several_rows_is_one_order_with_several_lines(read: Any, forms: Any) -> None:
    """The first row tells of the order; the total is taken once; every record is accounted for."""
    rows = [
        forms.order("#1002", Total="30.00", Lineitem_quantity="2"),
        forms.line(
            "#1002", Lineitem_name="Mug", Lineitem_sku="", Lineitem_price="11.50", Lineitem_discount="1.50"
        ),
        forms.order("#1001", Total="10.00"),
    ]
    found = read(forms.sheet(rows))
    assert [(o["number"], o["total"], o["record"]) for o in found.orders] == [
        ("7210448301002", 3000, 1),
        ("7210448301001", 1000, 3),
    ]
    assert [(r["number"], r["product"], r["quantity"], r["amount"]) for r in found.lines] == [
        ("7210448301002", "T-1", 2, 2000),
        ("7210448301002", "Mug", 1, 1000),
        ("7210448301001", "T-1", 1, 1000),
    ]
    assert not found.problems
    assert found.accepted == 3
    assert found.accounts_for(3)


def test_times_carry_their_offset(read: Any, forms: Any) -> None:
    """15:24 in New York is 20:24 UTC, in India 09:54; the shop's zone is not asked."""
    rows = [
        forms.order("#1", Fulfilled_at="2025-11-07 15:24:16 -0500"),
        forms.order("#2", Created_at="2025-11-06 15:24:16 +0530", Paid_at=""),
    ]
    one, other = read(forms.sheet(rows)).orders
    assert one["placed_at"] == datetime(2025, 11, 6, 20, 24, 10, tzinfo=UTC)
    assert one["shipped_at"] == datetime(2025, 11, 7, 20, 24, 16, tzinfo=UTC)
    assert other["placed_at"] == datetime(2025, 11, 6, 9, 54, 16, tzinfo=UTC)
    assert other["paid_at"] is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-11-06 15:24:16 +0530", datetime(2025, 11, 6, 9, 54, 16, tzinfo=UTC)),
        ("2025-11-06 15:24:16 +05:30", datetime(2025, 11, 6, 9, 54, 16, tzinfo=UTC)),
        ("2025-11-06 15:24:16", datetime(2025, 11, 6, 20, 24, 16, tzinfo=UTC)),
        ("2025/11/6 15:24", datetime(2025, 11, 6, 20, 24, tzinfo=UTC)),
    ],
)
def test_other_spellings_of_a_time_are_read_beside_the_usual_one(
    read: Any, forms: Any, text: str, moment: datetime
) -> None:
    """A column may mix them; without an offset the shop's zone holds."""
    found = read(forms.sheet([forms.order("#1", Created_at=text), forms.order("#2")]))
    assert [order["placed_at"] for order in found.orders] == [
        moment,
        datetime(2025, 11, 6, 20, 24, 10, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30 15:24:16 -0500",
        "2025-11-06 25:24:16 -0500",
        "06/11/2025 15:24",
        "2025-11-06 15:24:16 EST!!",
    ],
)
def test_what_is_no_time_rejects_its_row(read: Any, forms: Any, text: str) -> None:
    """Neither an impossible day nor an ambiguous one is guessed; the other rows are taken."""
    found = read(forms.sheet([forms.order("#1", Created_at=text), forms.order("#2")]))
    assert found.rejected == {1: {"instant"}}
    assert [order["number"] for order in found.orders] == ["7210448300002"]
    assert found.accounts_for(2)


S = OrderState


@pytest.mark.parametrize(
    ("financial", "fulfillment", "cancelled", "state"),
    [
        ("pending", "", "", S.PLACED),
        ("authorized", "unfulfilled", "", S.PLACED),
        ("partially_paid", "unfulfilled", "", S.PLACED),
        ("paid", "", "", S.PAID),
        ("paid", "unfulfilled", "", S.PAID),
        ("paid", "pending", "", S.PAID),
        ("paid", "partial", "", S.SHIPPED),
        ("paid", "fulfilled", "", S.SHIPPED),
        ("Partially Refunded", "fulfilled", "", S.SHIPPED),
        ("partially_refunded", "restocked", "", S.PAID),
        ("refunded", "fulfilled", "", S.REFUNDED),
        ("refunded", "restocked", "yes", S.REFUNDED),
        ("voided", "", "yes", S.CLOSED),
        ("expired", "unfulfilled", "", S.CLOSED),
        ("pending", "unfulfilled", "yes", S.CLOSED),
        ("pending", "fulfilled", "", S.SHIPPED),
        ("paid", "restocked", "yes", S.CLOSED),
    ],
)
def test_money_goods_and_cancellation_make_the_state(
    read: Any, forms: Any, financial: str, fulfillment: str, cancelled: str, state: OrderState
) -> None:
    """What was sent has moved on; what was cancelled is closed, unless its money went back."""
    row = forms.order(
        Financial_Status=financial,
        Fulfillment_Status=fulfillment,
        Cancelled_at="2025-11-08 10:00:00 -0500" if cancelled else "",
        Refunded_Amount="30.00",
    )
    found = read(forms.sheet([row]))
    assert found.orders[0]["state"] == state
    assert not found.problems


@pytest.mark.parametrize("column", ["Financial_Status", "Fulfillment_Status"])
def test_a_status_that_is_not_known_is_said(read: Any, forms: Any, column: str) -> None:
    """The order is taken as unknown, with a warning that shows the text."""
    found = read(forms.sheet([forms.order("#1", **{column: "teleported"}), forms.order("#2")]))
    assert [order["state"] for order in found.orders] == [S.UNKNOWN, S.PAID]
    assert found.warnings == {1: {"state"}}
    assert found.problems[0].value == "teleported"


def test_money_kept_of_a_cancelled_order_is_said(read: Any, forms: Any) -> None:
    """Closed orders do not count; where not all was given back, a person should look."""
    cancelled = {"Cancelled_at": "2025-11-08 10:00:00 -0500", "Total": "30.00"}
    rows = [
        forms.order("#1", Refunded_Amount="30.00", **cancelled),
        forms.order("#2", Refunded_Amount="29.99", **cancelled),
        forms.order("#3", Financial_Status="pending", **cancelled),
    ]
    found = read(forms.sheet(rows))
    assert [order["state"] for order in found.orders] == [S.CLOSED] * 3
    assert found.warnings == {2: {"cancelled"}}


def test_the_buyer_is_the_address_or_else_the_number(read: Any, forms: Any) -> None:
    """The order file has no customer number; an apostrophe is no part of a phone."""
    rows = [
        forms.order("#1", Phone="'+14155550123"),
        forms.order("#2", Email="", Phone="'+14155550123"),
        forms.order("#3", Email=""),
    ]
    found = read(forms.sheet(rows))
    assert [order["buyer"] for order in found.orders] == ["ann@example.com", "+14155550123", None]


def test_without_id_the_name_is_the_key(read: Any, forms: Any) -> None:
    """Which is said once: another export may have the same order under its Id."""
    columns = [name for name in forms.columns if name != "Id"]
    found = read(forms.sheet([forms.order("#1001"), forms.line("#1001"), forms.order("#1000")], columns))
    assert [order["number"] for order in found.orders] == ["#1001", "#1000"]
    assert [line["number"] for line in found.lines] == ["#1001", "#1001", "#1000"]
    assert found.warnings == {None: {"no-id"}}


def test_one_name_in_two_stores_is_two_orders(read: Any, forms: Any) -> None:
    """Where names repeat the Id tells orders apart, each with the lines that follow it."""
    rows = [
        forms.order("#1001", Id="'1", Total="10.00"),
        forms.line("#1001", Lineitem_sku="A"),
        forms.order("#1001", Id="'2", Total="20.00"),
        forms.line("#1001", Lineitem_sku="B"),
    ]
    found = read(forms.sheet(rows))
    assert [(order["number"], order["total"]) for order in found.orders] == [("1", 1000), ("2", 2000)]
    assert [(line["number"], line["product"]) for line in found.lines] == [
        ("1", "T-1"),
        ("1", "A"),
        ("2", "T-1"),
        ("2", "B"),
    ]


def test_a_filled_down_file_counts_its_totals_once(read: Any, forms: Any) -> None:
    """A spreadsheet program repeated the order on every row: it is one order still."""
    rows = [forms.order("#1", Lineitem_sku=sku) for sku in "ABC"]
    found = read(forms.sheet(rows))
    assert [(order["number"], order["total"]) for order in found.orders] == [("7210448300001", 3000)]
    assert [line["product"] for line in found.lines] == ["A", "B", "C"]
    assert found.accounts_for(3)


def test_a_time_on_every_row_makes_no_orders(read: Any, forms: Any) -> None:
    """Exports of some years repeat the time of creation on the rows of lines."""
    again = forms.line("#1", Created_at="2025-11-06 15:24:10 -0500")
    found = read(forms.sheet([forms.order("#1"), again]))
    assert len(found.orders) == 1
    assert len(found.lines) == 2


def test_lines_before_their_order_are_refused(read: Any, forms: Any) -> None:
    """Nothing tells which order they are of; the order itself is whole."""
    rows = [forms.line("#1"), forms.line("#1"), forms.order("#1"), forms.line("#1")]
    found = read(forms.sheet(rows))
    assert found.rejected == {1: {"no-order"}, 2: {"no-order"}}
    assert [order["record"] for order in found.orders] == [3]
    assert [line["record"] for line in found.lines] == [3, 4]
    assert found.accounts_for(4)


def test_a_row_without_name_is_refused_and_cuts_no_order(read: Any, forms: Any) -> None:
    """The order goes on behind it; blank rows are counted, and cut nothing either."""
    rows = [forms.order("#1"), forms.line(""), {}, forms.line("#1")]
    found = read(forms.sheet(rows))
    assert found.rejected == {2: {"missing"}}
    assert [line["record"] for line in found.lines] == [1, 4]
    assert found.blank == 1
    assert found.accounts_for(4)


def test_lines_of_an_order_without_a_name_go_to_no_other_order(read: Any, forms: Any) -> None:
    """The first row lost its name: what follows is not added to the order above."""
    rows = [forms.order("#2"), forms.order(""), forms.line("#1")]
    found = read(forms.sheet(rows))
    assert found.rejected == {2: {"missing"}, 3: {"no-order"}}
    assert len(found.lines) == 1


def test_a_row_may_have_no_line(read: Any, forms: Any) -> None:
    """A tip or a draft has none; a later row with a name and nothing else is blank."""
    nothing = {f"Lineitem_{part}": "" for part in ("quantity", "name", "price", "sku", "discount")}
    found = read(forms.sheet([forms.order("#1", **nothing), forms.line("#1", **nothing)]))
    assert len(found.orders) == 1
    assert found.lines == []
    assert found.blank == 1
    assert found.accounts_for(2)


def test_another_currency_rejects_the_whole_order(read: Any, forms: Any) -> None:
    """Its lines are in that currency too; the shop's own is the file's."""
    rows = [
        forms.order("#3", Currency="EUR"),
        forms.line("#3"),
        forms.order("#2"),
        forms.order("#1", Currency=""),
        forms.line("#1"),
    ]
    found = read(forms.sheet(rows))
    assert found.rejected == {1: {"currency"}, 2: {"currency"}}
    assert [order["record"] for order in found.orders] == [3, 4]
    assert [line["record"] for line in found.lines] == [3, 4, 5]
    assert found.accounts_for(5)


def test_a_file_of_another_currency_is_read_in_it(take: Any, forms: Any) -> None:
    """Yen have no decimals, dinars three: the file's own currency says how amounts are read."""
    for currency, text, minor in (("JPY", "3000", 3000), ("KWD", "3.125", 3125)):
        rows = [forms.order("#1", Currency=currency, Total=text, Lineitem_price=text, Refunded_Amount="0")]
        taken = take(forms.sheet(rows), Shopify(), currency="USD", zone="UTC")
        assert {batch.currency for batch in taken.batches} == {currency}
        assert taken.rows[0]["total"] == taken.rows[1]["amount"] == minor


def test_a_currency_that_is_none_is_not_taken_for_the_files(read: Any, forms: Any) -> None:
    """The shop's is, and the row is refused."""
    found = read(forms.sheet([forms.order("#1", Currency="US$"), forms.order("#2")]))
    assert found.rejected == {1: {"currency"}}
    assert [order["record"] for order in found.orders] == [2]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("Total", "12,x", "amount"),
        ("Total", "1.93E+15", "amount"),
        ("Lineitem_price", "ten", "price"),
        ("Lineitem_quantity", "1.5", "count"),
        ("Lineitem_discount", "?", "amount"),
        ("Id", "7.21045E+12", "damaged-number"),
    ],
)
def test_a_damaged_number_rejects_its_row_alone(
    read: Any, forms: Any, column: str, text: str, code: str
) -> None:
    """The lines that follow are still lines of that order, and the next order is whole."""
    rows = [forms.order("#2", **{column: text}), forms.line("#2"), forms.order("#1")]
    found = read(forms.sheet(rows))
    assert found.rejected == {1: {code}}
    assert [order["record"] for order in found.orders] == [3]
    assert [line["record"] for line in found.lines] == [2, 3]
    assert found.accounts_for(3)


def test_unit_prices_stay_exact(read: Any, forms: Any) -> None:
    """Three pieces at 3.3333 less 0.50 are 9.50, rounded once."""
    row = forms.order(Lineitem_price="3.3333", Lineitem_quantity="3", Lineitem_discount="0.50")
    assert read(forms.sheet([row])).lines[0]["amount"] == 950


def test_an_order_that_stands_twice_counts_once(read: Any, forms: Any) -> None:
    """Two exports pasted together: amounts of the last place, lines of the first, and each row told."""
    rows = [
        forms.order("#2"),
        forms.line("#2"),
        forms.order("#1"),
        forms.order("#2", Refunded_Amount="5.00"),
        forms.line("#2"),
    ]
    for block in (None, 400):
        found = read(forms.sheet(rows), block=block)
        assert [order["record"] for order in found.orders] == [1, 3, 4]
        assert [line["record"] for line in found.lines] == [1, 2, 3]
        assert found.rejected == {5: {"repeated-order"}}
        assert found.warnings == {4: {"repeated-order"}}
        assert found.accounts_for(5)


def test_a_sheet_saved_with_a_mark_and_multi_line_notes_is_read(read: Any, forms: Any) -> None:
    """A byte-order mark, CRLF and line breaks inside quotes change nothing."""
    rows = [forms.order("#1", Notes="ring\nthe bell, please"), forms.line("#1"), forms.order("#2")]
    data = b"\xef\xbb\xbf" + forms.sheet(rows).replace(b"\n", b"\r\n")
    found = read(data)
    assert len(found.orders) == 2
    assert len(found.lines) == 3
    assert not found.problems


def test_recipients_are_read_only_where_they_are_asked_for(read: Any, forms: Any) -> None:
    """Name, phone, e-mail address and address stay unread by default."""
    shipping = {
        "Shipping Name": "Ann Lee",
        "Shipping Address1": "1 High St",
        "Shipping Address2": "",
        "Shipping City": "Leeds",
        "Shipping Zip": "'89801",
        "Shipping Country": "GB",
        "Shipping Phone": "'+44 113 496 0000",
        "Shipping Province Name": "",
    }
    columns = (*forms.columns, *shipping)
    data = forms.sheet([forms.order("#1") | shipping, forms.line("#1")], columns)
    told = {"name", "phone", "email", "address"}
    assert not told & read(data).orders[0].keys()
    order = read(data, personal=True).orders[0]
    assert order["name"] == "Ann Lee"
    assert order["phone"] == "+441134960000"
    assert order["email"] == "ann@example.com"
    assert order["address"] == "1 High St, Leeds, 89801, GB"
    assert read(data).orders[0]["city"] == "Leeds"


def test_problems_show_nothing_personal(read: Any, forms: Any) -> None:
    """Neither address nor number of a buyer stands in any problem."""
    rows = [
        forms.line("#9", Email="secret@example.com"),
        forms.order("#1", Email="secret@example.com", Currency="EUR"),
        forms.order("#2", Email="secret@example.com"),
        forms.order("#2", Id="", Total="x", Email="secret@example.com"),
    ]
    found = read(forms.sheet(rows), personal=True)
    assert found.problems
    assert not [p for p in found.problems if "secret" in f"{p}{p.value}"]
