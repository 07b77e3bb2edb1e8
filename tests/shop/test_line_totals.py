"""Lines added up to orders: the fullest file counts, incomplete ones never lower a total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import Grain

S = OrderState


def lines(kit, rows, at=1, name="lines.csv", **extra):
    """Make a line file; every line was paid on day 1 unless told otherwise."""
    rows = [{"number": "1", "paid_at": kit.day(1), **row} for row in rows]
    return kit.file(rows, at=at, grain=Grain.LINES, name=name, **extra)


def only(folded, kit):
    """Give the one order there is."""
    (row,) = kit.rows(folded.orders).values()
    return row


def test_lines_add_up_to_an_order_of_their_own(kit):
    """Without an order report the order is what its lines say."""
    rows = [{"amount": 70, "state": S.COMPLETED, "buyer": "ann"}, {"amount": 30, "state": S.COMPLETED}]
    row = only(kit.fold(lines(kit, rows)), kit)
    assert (row["gross"], row["refunded"], row["state"], row["buyer"]) == (100, 0, S.COMPLETED, "ann")
    assert row["paid_at"] == kit.day(1)


def test_the_order_report_goes_before_the_lines(kit):
    """Its total holds postage and discounts that lines do not know, whichever file is newer."""
    orders = kit.file([{"number": "1", "total": 108, "paid": 108, "refunded": 0}], at=1, name="orders.csv")
    for at in (1, 9):
        assert only(kit.fold(lines(kit, [{"amount": 100}], at=at), orders), kit)["gross"] == 108


def test_an_order_report_without_amounts_leaves_those_of_the_lines(kit):
    """Each order once in the report, and lines for all: what the report lacks comes from the lines."""
    orders = kit.file([{"number": "1", "state": S.SHIPPED}], at=3, name="orders.csv")
    row = only(kit.fold(orders, lines(kit, [{"amount": 100}, {"amount": 8}])), kit)
    assert (row["gross"], row["state"], row["paid_at"]) == (108, S.SHIPPED, kit.day(1))


@pytest.mark.parametrize("at", [1, 9])
def test_an_incomplete_item_file_never_lowers_a_total(kit, at):
    """Three lines, then (or before) a file with two of them: the total is that of three."""
    full = lines(kit, [{"amount": a, "line": str(a)} for a in (50, 30, 20)], at=5, name="full.csv")
    part = lines(kit, [{"amount": a, "line": str(a)} for a in (50, 30)], at=at, name="part.csv")
    folded = kit.fold(full, part)
    assert only(folded, kit)["gross"] == 100


def test_of_equally_full_files_the_newest_counts(kit):
    """A corrected amount in a later file of as many lines is taken."""
    old = lines(kit, [{"amount": 50}, {"amount": 30}], at=1, name="old.csv")
    new = lines(kit, [{"amount": 45}, {"amount": 30}], at=2, name="new.csv")
    assert only(kit.fold(new, old), kit)["gross"] == 75


def test_a_newer_but_thinner_file_still_tells_state_and_time(kit):
    """Amounts are those of the fuller file, the state the furthest, the time of the newest that tells."""
    full = lines(kit, [{"amount": a, "state": S.PAID, "paid_at": None} for a in (50, 50)], at=1, name="a.csv")
    part = lines(kit, [{"amount": 50, "state": S.COMPLETED, "paid_at": kit.day(2)}], at=2, name="b.csv")
    row = only(kit.fold(full, part), kit)
    assert (row["gross"], row["state"], row["paid_at"]) == (100, S.COMPLETED, kit.day(2))


def test_the_earliest_line_dates_the_order(kit):
    """Lines paid at different moments: the order is dated by the first."""
    rows = [{"amount": 1, "paid_at": kit.day(3), "placed_at": kit.day(2)}, {"amount": 1, "placed_at": None}]
    row = only(kit.fold(lines(kit, rows)), kit)
    assert (row["placed_at"], row["paid_at"]) == (kit.day(2), kit.day(1))


def test_lines_without_any_time_make_no_order(kit):
    """An item report of numbers and titles alone cannot stand for an order report."""
    assert len(kit.fold(lines(kit, [{"amount": 5, "paid_at": None}])).orders) == 0


def test_a_credit_note_is_a_refund_that_names_no_order(kit):
    """Only lines that take back: nothing was bought, 40 went back, dated by the note itself."""
    rows = [{"number": "C1", "amount": -30, "credit": True}, {"number": "C1", "amount": -10, "credit": True}]
    row = only(kit.fold(lines(kit, rows, at=4)), kit)
    assert (row["credit"], row["gross"], row["refunded"]) == (True, 0, 40)
    assert (row["paid_at"], row["first_seen"]) == (kit.day(1), kit.day(4))


def test_a_return_among_lines_that_sell_is_a_refund_of_its_order(kit):
    """Two pieces sold for 100, one of them taken back for 40 on the same invoice."""
    rows = [{"amount": 100, "credit": False}, {"amount": -40, "credit": True}]
    row = only(kit.fold(lines(kit, rows)), kit)
    assert (row["credit"], row["gross"], row["refunded"]) == (False, 100, 40)


def test_an_order_report_makes_an_order_of_what_looked_like_a_credit_note(kit):
    """Lines of returns alone, but the report says that 100 was paid: an order, not a credit note."""
    orders = kit.file([{"number": "1", "total": 100, "paid": 100, "refunded": 0}], name="orders.csv")
    row = only(kit.fold(orders, lines(kit, [{"amount": -40, "credit": True}])), kit)
    assert (row["credit"], row["gross"], row["refunded"]) == (False, 100, 0)


def test_refunds_told_on_lines_are_added_back(kit):
    """A line amount is what is left of it: 70 left and 30 given back were 100."""
    row = only(kit.fold(lines(kit, [{"amount": 70, "refunded": 30}, {"amount": 8, "refunded": 0}])), kit)
    assert (row["gross"], row["refunded"]) == (108, 30)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([S.COMPLETED, S.REFUNDED], S.COMPLETED),
        ([S.PAID, S.SHIPPED], S.SHIPPED),
        ([S.COMPLETED, S.CLOSED], S.COMPLETED),
        ([S.CLOSED, S.CLOSED], S.CLOSED),
        ([S.REFUNDED, S.REFUNDED], S.REFUNDED),
        ([S.CLOSED, S.REFUNDED], S.REFUNDED),
        ([S.UNKNOWN, S.COMPLETED], S.COMPLETED),
        ([None, S.PAID], S.PAID),
    ],
)
def test_one_line_that_ended_does_not_end_the_order(kit, states, expected):
    """An order has ended only when all its lines have."""
    row = only(kit.fold(lines(kit, [{"amount": 10, "state": state} for state in states])), kit)
    assert row["state"] == expected


@pytest.mark.parametrize(
    ("rows", "gross", "refunded"),
    [
        # One line of two given back, with and without its amount told, in either convention.
        ([(60, None, S.COMPLETED), (40, None, S.REFUNDED)], 100, 40),
        ([(60, 0, S.COMPLETED), (0, 40, S.REFUNDED)], 100, 40),
        ([(60, 0, S.COMPLETED), (40, 40, S.REFUNDED)], 100, 40),
        # One line of two cancelled before payment was never paid.
        ([(60, None, S.COMPLETED), (40, None, S.CLOSED)], 60, 0),
        # All cancelled: what would have been due is still shown.
        ([(60, None, S.CLOSED), (40, None, S.CLOSED)], 100, 0),
        ([(60, None, S.REFUNDED), (40, None, S.REFUNDED)], 100, 100),
        ([(60, None, S.REFUNDED), (40, None, S.CLOSED)], 60, 60),
    ],
)
def test_money_of_lines_that_ended(kit, rows, gross, refunded):
    """A refunded line sold and went back; a closed line of an order that went on never sold."""
    file = lines(kit, [{"amount": a, "refunded": r, "state": s} for a, r, s in rows])
    row = only(kit.fold(file), kit)
    assert (row["gross"], row["refunded"]) == (gross, refunded)


def test_an_order_whose_lines_ended_in_a_later_file_has_ended(kit):
    """Ends are folded file by file: paid yesterday, all lines refunded today."""
    old = lines(kit, [{"amount": 10, "state": S.PAID}] * 2, at=1, name="old.csv")
    new = lines(kit, [{"amount": 10, "state": S.REFUNDED}] * 2, at=2, name="new.csv")
    row = only(kit.fold(old, new), kit)
    assert (row["state"], row["gross"], row["refunded"]) == (S.REFUNDED, 20, 20)


def test_an_incomplete_file_of_refunded_lines_does_not_end_the_order(kit):
    """One of three lines given back, in a later file that has but this one."""
    full = lines(kit, [{"amount": 10, "state": S.PAID}] * 3, at=1, name="full.csv")
    part = lines(kit, [{"amount": 10, "state": S.REFUNDED}], at=2, name="part.csv")
    row = only(kit.fold(full, part), kit)
    assert (row["state"], row["gross"], row["refunded"]) == (S.PAID, 30, 0)


def test_the_line_table_points_to_the_rows_of_the_order_table(kit):
    """Lines keep product, pieces and amount; those of orders nobody tells of point nowhere."""
    rows = [
        {"number": "9", "amount": 5, "product": "tea", "quantity": 1, "paid_at": None},
        {"number": "2", "amount": 30, "product": "nuts", "quantity": 3},
        {"number": "2", "amount": 10, "product": "tea", "quantity": None},
    ]
    folded = kit.fold(lines(kit, rows))
    table = folded.lines
    assert folded.orders.numbers.tolist() == ["2"]
    plain = zip(table.order, table.product.tolist(), table.quantity, table.gross, strict=True)
    assert list(plain) == [(-1, "tea", 1, 5), (0, "nuts", 3, 30), (0, "tea", 0, 10)]


_line = st.fixed_dictionaries(
    {
        "number": st.sampled_from("ab"),
        "amount": st.integers(0, 9),
        "refunded": st.one_of(st.none(), st.integers(0, 3)),
    }
)


@given(st.lists(st.lists(_line, max_size=6), min_size=1, max_size=4))
def test_totals_equal_a_plain_loop_over_the_fullest_files(kit, files):
    """For each order: of the files with most of its lines the newest, added up line by line."""
    expected = {}
    for number in "ab":
        best = []
        for rows in files:
            mine = [row for row in rows if row["number"] == number]
            best = mine if len(mine) >= len(best) else best
        if best:
            refunded = sum(row["refunded"] or 0 for row in best)
            expected[number] = (sum(row["amount"] for row in best) + refunded, refunded)
    made = [lines(kit, rows, at=i + 1, name=f"{i}.csv") for i, rows in enumerate(files) if rows]
    found = kit.rows(kit.fold(*reversed(made)).orders)
    assert {n: (row["gross"], row["refunded"]) for n, row in found.items()} == expected
