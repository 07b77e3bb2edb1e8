"""Quotes: the most money, the fewest points, the limit that binds and the way past it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import (
    Granted,
    NoQuote,
    Quote,
    quote_redemption,
    redeem_quote,
    reserve_quote,
)
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.spending import redeem, void
from retailcrm.domain.points.terms import Cart, needed, worth
from retailcrm.domain.points.wallets import Redemption
from retailcrm.errors import InputError

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
RATES = st.fractions(Fraction(1, 5), 12, max_denominator=5).filter(bool)
RULES = st.builds(
    Redemption,
    points_per_unit=RATES,
    least=st.integers(1, 12),
    multiple=st.integers(1, 7),
    share_of_order=st.sampled_from(
        [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(4, 5), Fraction(1)]
    ),
    shipping=st.booleans(),
    rounding=st.sampled_from(["down", "up"]),
)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Small carts, also empty ones and ones that are paid."""
    goods, shipping, other = (draw(st.integers(0, most)) for most in (40, 9, 9))
    paid = draw(st.integers(0, goods + shipping + other))
    return Cart(goods=goods, shipping=shipping, other=other, paid=draw(st.sampled_from([0, paid])))


def holding(points: int) -> Account:
    """Give an account with so many points to be spent."""
    return earn(
        Account(id="ann"), points, lot="1", source="gift", key="1", now=NOON, activates_at=NOON
    ).account


def quoted(points: int, cart: Cart, wanted: int | None = None, unit: int = 100, **rule: Any) -> Any:
    """Quote for an account with so many points."""
    return quote_redemption(holding(points), cart, wanted, Redemption(**rule), unit=unit, now=NOON)


def exact(last: int, rule: Redemption, unit: int) -> list[int]:
    """Say what 0, 1, 2 ... points are worth by laying coins down one by one as long as they pay for them."""
    price, pays = rule.points_per_unit.numerator, rule.points_per_unit.denominator * unit
    values, coins = [], 0
    for points in range(last + 1):
        while (coins + 1) * price <= points * pays:
            coins += 1
        values.append(coins + (rule.rounding == "up" and coins * price < points * pays))
    return values


def most_money(cart: Cart, rule: Redemption) -> int:
    """Say what points may pay of a cart by counting coins up from nothing."""
    may = cart.goods + (cart.shipping if rule.shipping else 0)
    coins = 0
    while coins + 1 <= may * rule.share_of_order and coins + 1 <= min(may, cart.due):
        coins += 1
    return coins


def by_search(balance: int, cart: Cart, wanted: int | None, rule: Redemption, unit: int) -> tuple[int, int]:
    """Try every number of points: the greatest value, and of equal values the fewest points."""
    most, best, values = most_money(cart, rule), (0, 0), exact(balance, rule, unit)
    for points in range(rule.least, balance + 1):
        if points % rule.multiple or (wanted is not None and points > wanted):
            continue
        # One point fewer covers everything: the last would burn for nothing.
        if values[points - 1] >= most:
            continue
        value = min(most, values[points])
        if value > best[1]:
            best = (points, value)
    return best


WANTED = st.one_of(st.none(), st.integers(1, 60))
UNITS = st.sampled_from([1, 2, 10])


@given(balance=st.integers(0, 60), cart=carts(), wanted=WANTED, rule=RULES, unit=UNITS)
@settings(max_examples=400, deadline=None)
def test_a_quote_is_the_best_of_all(
    balance: int, cart: Cart, wanted: int | None, rule: Redemption, unit: int
) -> None:
    """No number of points gives more money, and no fewer points give as much; within every limit."""
    quote = quote_redemption(holding(balance), cart, wanted, rule, unit=unit, now=NOON)
    points, value = by_search(balance, cart, wanted, rule, unit)
    assert isinstance(quote, Quote) == bool(points)
    assert quote.allowed == by_search(balance, cart, None, rule, unit)[0]
    if isinstance(quote, Quote):
        assert (quote.points, quote.value, quote.remainder) == (points, value, cart.due - value)
        assert quote.points <= balance
        assert quote.value <= cart.due


@given(balance=st.integers(0, 60), cart=carts(), wanted=WANTED, rule=RULES, unit=UNITS)
@settings(max_examples=300, deadline=None)
def test_the_distance_is_exact(
    balance: int, cart: Cart, wanted: int | None, rule: Redemption, unit: int
) -> None:
    """With all that is said to be missing there is a coin more, and with a unit less of it there is none."""
    quote = quote_redemption(holding(balance), cart, wanted, rule, unit=unit, now=NOON)
    missing = quote.missing
    value = quote.value if isinstance(quote, Quote) else 0

    def with_more(points: int, asked: int, order: int) -> int:
        larger = attrs.evolve(cart, goods=cart.goods + order)
        return by_search(balance + points, larger, wanted and wanted + asked, rule, unit)[1]

    if missing.order is None:
        assert rule.share_of_order == 0
        return
    steps = (missing.points, missing.wanted, missing.order)
    assert any(steps)
    assert with_more(*steps) > value
    for one in range(3):
        if steps[one]:
            assert with_more(*(step - (n == one) for n, step in enumerate(steps))) == value


@given(balance=st.integers(0, 60), cart=carts(), wanted=WANTED, rule=RULES, unit=UNITS)
@settings(max_examples=300, deadline=None)
def test_the_limit_that_is_named_binds(
    balance: int, cart: Cart, wanted: int | None, rule: Redemption, unit: int
) -> None:
    """Without the limit that a quote names there would be more money, by a search over all points."""
    quote = quote_redemption(holding(balance), cart, wanted, rule, unit=unit, now=NOON)
    value = quote.value if isinstance(quote, Quote) else 0
    limit = quote.binding if isinstance(quote, Quote) else quote.limit
    if limit == "multiple":
        assert by_search(balance, cart, wanted, attrs.evolve(rule, multiple=1), unit)[1] > value
    elif limit == "minimum":
        assert by_search(balance, cart, wanted, attrs.evolve(rule, multiple=1, least=1), unit)[1] > value
    elif limit == "balance":
        assert quote.missing.points
        assert by_search(999, cart, None, attrs.evolve(rule, multiple=1, least=1), unit)[1] > value
    elif limit == "nothing":
        assert wanted is not None
    else:
        assert limit in ("share_of_order", "order_total")
        assert value == most_money(cart, rule)
        more = most_money(cart, attrs.evolve(rule, share_of_order=Fraction(1))) > value
        assert more == (limit == "share_of_order")


@given(points=st.integers(0, 400), rule=RULES, unit=st.sampled_from([1, 10, 100]))
@settings(max_examples=200, deadline=None)
def test_points_needed_are_the_fewest(points: int, rule: Redemption, unit: int) -> None:
    """What points are worth is counted coin by coin; so many, and not one fewer, are worth an amount."""
    value = worth(points, rule, unit)
    assert value == exact(points, rule, unit)[points]
    fewest = needed(value, rule, unit)
    assert fewest <= points
    assert worth(fewest, rule, unit) >= value
    assert fewest == 0 or worth(fewest - 1, rule, unit) < value


def test_no_more_points_than_the_order_needs() -> None:
    """An order of 1.00 takes 100 points of a customer who asks for 200 (opencart 937)."""
    quote = quoted(500, Cart(goods=100), 200)
    assert (quote.points, quote.value, quote.remainder, quote.binding) == (100, 100, 0, "order_total")


def test_a_coin_is_never_left_unpayable() -> None:
    """Whole points cover an order to the last coin: 19.95 with points of 0.10 takes 200 (erpnext 31509)."""
    quote = quoted(500, Cart(goods=1995), points_per_unit=Fraction(10))
    assert (quote.points, quote.value, quote.remainder) == (200, 1995, 0)


def test_a_multiple_that_pays_too_much_is_not_burned() -> None:
    """Of an order of 1.50 a multiple of 100 pays 1.00: 200 points would burn 50 for nothing."""
    quote = quoted(500, Cart(goods=150), multiple=100)
    assert (quote.points, quote.value, quote.remainder, quote.binding) == (100, 100, 50, "multiple")
    assert quote.missing.order == 50


@pytest.mark.parametrize(
    ("change", "points", "value", "binding"),
    [
        ({}, 1000, 1000, "order_total"),
        ({"points_per_unit": Fraction(200)}, 1050, 525, "balance"),
        ({"least": 1001}, 0, 0, "minimum"),
        ({"multiple": 300}, 900, 900, "multiple"),
        ({"share_of_order": Fraction(3, 10)}, 300, 300, "share_of_order"),
        ({"shipping": True}, 1050, 1050, "balance"),
        # A fen is 2.6275 points: 1050 are worth 399.6, and 399 x 2.6275 = 1048.4.
        ({"points_per_unit": Fraction(1051, 4)}, 1049, 399, "balance"),
        ({"points_per_unit": Fraction(1051, 4), "rounding": "up"}, 1049, 400, "balance"),
    ],
)
def test_every_setting_counts(change: dict[str, Any], points: int, value: int, binding: str) -> None:
    """Each field of the rule changes what 1050 points pay of goods for 10.00 and postage of 1.00."""
    quote = quoted(1050, Cart(goods=1000, shipping=100), **change)
    if isinstance(quote, NoQuote):
        assert (points, value, binding) == (0, 0, quote.limit)
    else:
        assert (quote.points, quote.value, quote.binding) == (points, value, binding)


@pytest.mark.parametrize(
    ("balance", "cart", "wanted", "rule", "limit", "missing", "says"),
    [
        (0, Cart(goods=100), None, {}, "balance", (1, 0, 0), "0 points are available"),
        (
            9,
            Cart(goods=100),
            None,
            {"points_per_unit": Fraction(1000)},
            "balance",
            (1, 0, 0),
            "smallest coin",
        ),
        (40, Cart(goods=900), None, {"least": 100}, "minimum", (60, 0, 0), "60 points more in the account"),
        (500, Cart(goods=900), 40, {"least": 100}, "minimum", (0, 60, 0), "asking for 60 more"),
        (500, Cart(goods=40), None, {"least": 100}, "minimum", (0, 0, 60), "60 minor units more"),
        (50, Cart(goods=900), None, {"multiple": 100}, "multiple", (50, 0, 0), "multiples of 100"),
        (500, Cart(goods=90, paid=90), None, {}, "order_total", (0, 0, 1), "nothing of this order"),
        (500, Cart(goods=0, shipping=90), None, {}, "order_total", (0, 0, 1), "nothing of this order"),
        (500, Cart(goods=9), None, {"share_of_order": Fraction(1, 10)}, "share_of_order", (0, 0, 1), "share"),
        (500, Cart(goods=9), None, {"share_of_order": Fraction(0)}, "share_of_order", (0, 0, None), "share"),
        (
            500,
            Cart(goods=9),
            2,
            {"points_per_unit": Fraction(300)},
            "nothing",
            (0, 1, 0),
            "2 points are too few",
        ),
    ],
)
def test_a_refusal_names_the_limit_and_the_way_past_it(
    balance: int, cart: Cart, wanted: int | None, rule: Any, limit: str, missing: Any, says: str
) -> None:
    """Each limit refuses by its own word, says what is missing, and writes nothing."""
    quote = quoted(balance, cart, wanted, **rule)
    assert isinstance(quote, NoQuote)
    assert quote.limit == limit
    assert (quote.missing.points, quote.missing.wanted, quote.missing.order) == missing
    assert says in quote.message


def test_a_debt_comes_first() -> None:
    """Who owes 30 points spends none; 30 and the first coin's one are missing."""
    spent = redeem(holding(30), 30, key="2", now=NOON).account
    owing = reverse(spent, Reversed(awarded=30, lots=()), Fraction(1), key="3", now=NOON).account
    quote = quote_redemption(owing, Cart(goods=100), None, Redemption(), unit=100, now=NOON)
    assert isinstance(quote, NoQuote)
    assert (quote.limit, quote.missing.points) == ("debt", 31)
    assert "30 points are owed" in quote.message


def test_what_is_due_counts() -> None:
    """Points that came free since the last entry are quoted; points that lapsed are not."""
    tomorrow, week = NOON + timedelta(days=1), NOON + timedelta(days=7)
    account = earn(
        Account(id="ann"),
        50,
        lot="1",
        source="gift",
        key="1",
        now=NOON,
        activates_at=tomorrow,
        expiry=Expiry(days=3),
    ).account
    found = [
        quote_redemption(account, Cart(goods=100), None, Redemption(), unit=100, now=at).allowed
        for at in (NOON, tomorrow, week)
    ]
    assert found == [0, 50, 0]


def test_the_steps_are_the_numbers_behind_it() -> None:
    """A reader can work the quote out again from its steps."""
    quote = quoted(
        700, Cart(goods=1000, shipping=100, paid=200), 650, share_of_order=Fraction(1, 2), multiple=200
    )
    assert [(step.what, step.amount) for step in quote.steps] == [
        ("eligible", 1000),
        ("due", 900),
        ("share_of_order", 500),
        ("most_value", 500),
        ("needed", 500),
        ("balance", 700),
        ("debt", 0),
        ("wanted", 650),
        ("minimum", 1),
        ("multiple", 200),
        ("points", 400),
        ("value", 400),
    ]


@given(balance=st.integers(1, 60), cart=carts(), rule=RULES, less=st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_the_discount_is_what_the_debit_gives(balance: int, cart: Cart, rule: Redemption, less: int) -> None:
    """A quote is redeemed to the point, or refused where the balance changed in between (erpnext 59050)."""
    account = holding(balance)
    quote = quote_redemption(account, cart, None, rule, unit=10, now=NOON)
    if isinstance(quote, NoQuote):
        return
    if less:
        account = redeem(account, min(less, balance), key="2", now=NOON).account
    before = account.available
    granted = redeem_quote(account, quote, key="3", now=NOON, reference="order:9")
    if before < quote.points:
        assert isinstance(granted, Refusal)
        assert (granted.limit, granted.asked, granted.allowed) == ("balance", quote.points, before)
        assert not granted.entries
    else:
        assert isinstance(granted, Granted)
        assert granted.outcome.account.available == before - quote.points
        assert (granted.value, granted.remainder) == (quote.value, quote.remainder)
        assert sum(m.points for e in granted.outcome.entries for m in e.movements) == quote.points


@pytest.mark.parametrize(
    "change", [{"value": 101}, {"points": 99}, {"points": 101}, {"cart": Cart(goods=90)}]
)
def test_a_changed_quote_is_no_quote(change: dict[str, Any]) -> None:
    """A quote whose money does not follow from its points is an error, whatever the balance."""
    forged = attrs.evolve(quoted(500, Cart(goods=200), 100), **change)
    with pytest.raises(InputError, match="not worth"):
        redeem_quote(holding(500), forged, key="2", now=NOON)
    with pytest.raises(InputError, match="not worth"):
        reserve_quote(holding(500), forged, hold="h", key="2", now=NOON)


def lots(account: Account) -> list[Any]:
    """Give the lots of an account but for the moment of their last entry."""
    return [attrs.evolve(lot, touched_at=lot.awarded_at) for lot in account.lots]


@given(
    parts=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=5),
    goods=st.integers(1, 60),
)
@settings(max_examples=100, deadline=None)
def test_reserve_and_void_change_nothing(parts: list[tuple[int, int]], goods: int) -> None:
    """Points set aside for a quote and released are the very same lots, expiries included."""
    account, entries = Account(id="ann"), list[Any]()
    for n, (points, days) in enumerate(parts):
        earned = earn(
            account,
            points,
            lot=f"l{n}",
            source="gift",
            key=f"e{n}",
            now=NOON,
            activates_at=NOON,
            expiry=Expiry(days=days),
        )
        account, entries = earned.account, [*entries, *earned.entries]
    quote = quote_redemption(account, Cart(goods=goods), None, Redemption(), unit=100, now=NOON)
    assert isinstance(quote, Quote)
    set_aside = reserve_quote(account, quote, hold="h", key="r", now=NOON)
    assert isinstance(set_aside, Granted)
    assert set_aside.outcome.account.held == quote.points
    back = void(set_aside.outcome.account, "h", key="v", now=NOON)
    assert lots(back.account) == lots(account)
    assert replay("ann", [*entries, *set_aside.outcome.entries, *back.entries]) == back.account


def test_a_checkout_has_the_rule_s_minutes() -> None:
    """Points of a quote are set aside for ``hold_minutes``, and refused where the balance is gone."""
    quote = quoted(500, Cart(goods=200), hold_minutes=45)
    granted = reserve_quote(holding(500), quote, hold="h", key="2", now=NOON)
    assert isinstance(granted, Granted)
    assert granted.outcome.account.next_change_at == NOON + timedelta(minutes=45)
    assert isinstance(reserve_quote(holding(199), quote, hold="h", key="2", now=NOON), Refusal)


def test_wrong_input_is_an_error() -> None:
    """Amounts below 0, no number of points, no minor unit and a cart paid twice are refused aloud."""
    for amounts in ({"goods": -1}, {"goods": 5, "paid": 6}, {"goods": 5, "shipping": -1}):
        with pytest.raises(InputError):
            Cart(**amounts)
    with pytest.raises(TypeError, match="whole minor units"):
        Cart(goods=1.5)  # type: ignore[arg-type]
    for wanted, unit in ((0, 100), (-3, 100), (5, 0)):
        with pytest.raises(InputError):
            quoted(10, Cart(goods=5), wanted, unit)
