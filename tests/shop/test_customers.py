"""One customer's file: found by id or identity, as it stood at a moment, with her tier in words."""

import random
from datetime import UTC, datetime

import pytest

from retailcrm import open_shop
from retailcrm.domain.identity import Identity, OrderRef, Strength
from retailcrm.domain.money import Money
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import TierEvent, progress, tier_as_of
from retailcrm.errors import NotFoundError
from retailcrm.shop.policy import policy_from_table

S = OrderState
AS_OF = "2024-03-31"


def yuan(amount):
    """Make an amount."""
    return Money(amount * 100, "CNY")


def local(month, day, hour=12, minute=0):
    """Give an instant by the clock of Shanghai."""
    return datetime(2024, month, day, hour, minute, tzinfo=UTC) - (
        datetime(2024, 1, 1, 8, tzinfo=UTC) - datetime(2024, 1, 1, tzinfo=UTC)
    )


def test_her_orders_are_listed_oldest_first(small):
    """Ann's three orders with reference, times, money, and whether they count."""
    card = small(shop="tmall").customers.get("ann", as_of=AS_OF)
    assert card.id == "ann"
    assert card.strength is Strength.STABLE
    assert [order.ref for order in card.orders] == [OrderRef("small", "tmall", n) for n in "123"]
    assert [order.state for order in card.orders] == [S.COMPLETED, S.COMPLETED, S.SHIPPED]
    assert [order.counts for order in card.orders] == [True, True, True]
    assert card.orders[0].placed_at == local(1, 1, 10)
    assert card.orders[0].paid_at == local(1, 3, 9)
    assert (card.orders[0].gross, card.orders[0].refunded, card.orders[0].credit) == (
        yuan(100),
        yuan(0),
        False,
    )
    assert (card.gross, card.refunded) == (yuan(230), yuan(0))
    assert (card.tier, card.progress) == (None, None)


def test_orders_that_do_not_count_say_so(small):
    """Bob's refunded order is listed but counts for nothing; kept by policy, it counts as net zero."""
    dropped = small().customers.get("bob", as_of=AS_OF)
    assert [(o.ref.number, o.state, o.counts) for o in dropped.orders] == [
        ("5", S.COMPLETED, True),
        ("4", S.REFUNDED, False),
    ]
    assert (dropped.gross, dropped.refunded) == (yuan(30), yuan(0))
    keep = policy_from_table({"counting": {"full_refund": "keep"}})
    kept = small(policy=keep).customers.get("bob", as_of=AS_OF)
    assert [order.counts for order in kept.orders] == [True, True]
    assert (kept.gross, kept.refunded) == (yuan(90), yuan(60))


def test_who_never_paid_has_a_file_too(small):
    """Dan's unpaid order is there, with what was due."""
    (order,) = small().customers.get("dan", as_of=AS_OF).orders
    assert (order.state, order.gross, order.paid_at, order.counts) == (S.PLACED, yuan(70), None, False)


DATED = """\
id,who,state,placed,paid_at,completed,total,paid,refunded,back_at
1,ann,refunded,2024-01-01,2024-01-02,2024-01-05,100,0,100,2024-02-10
2,ann,completed,2024-01-20,2024-02-03,2024-02-20,100,70,30,2024-03-01
3,ann,completed,2024-03-05,2024-03-05,,100,100,0,
"""


@pytest.fixture
def dated():
    """Give a shop whose refunds and completions are dated."""
    import pyarrow as pa

    rows = [line.split(",") for line in DATED.splitlines()]
    table = pa.table({name: [row[i] or None for row in rows[1:]] for i, name in enumerate(rows[0])})
    mapping = {
        "zone": "Asia/Shanghai",
        "columns": {
            "number": "id",
            "buyer": "who",
            "state": "state",
            "placed_at": "placed",
            "paid_at": "paid_at",
            "completed_at": "completed",
            "total": "total",
            "paid": "paid",
            "refunded": "refunded",
            "refunded_at": "back_at",
        },
        "buyer": {"kind": "nick", "strength": "stable"},
        "states": {"completed": "completed", "refunded": "refunded"},
        "platform": "taobao",
    }
    with open_shop() as shop:
        shop.imports.table(table, mapping)
        yield shop


@pytest.mark.parametrize(
    ("as_of", "orders", "gross", "refunded"),
    [
        # (number, state, refunded, counts)
        ("2024-01-02", [("1", S.PLACED, 0, False)], 0, 0),
        # When it was shipped is not told: at most received, since it was completed on the 5th.
        ("2024-01-03", [("1", S.RECEIVED, 0, True)], 100, 0),
        ("2024-01-06", [("1", S.COMPLETED, 0, True)], 100, 0),
        ("2024-02-01", [("1", S.COMPLETED, 0, True), ("2", S.PLACED, 0, False)], 100, 0),
        ("2024-02-11", [("1", S.REFUNDED, 100, False), ("2", S.RECEIVED, 0, True)], 100, 0),
        ("2024-03-01", [("1", S.REFUNDED, 100, False), ("2", S.COMPLETED, 0, True)], 100, 0),
        ("2024-03-02", [("1", S.REFUNDED, 100, False), ("2", S.COMPLETED, 30, True)], 100, 30),
        (
            "2024-03-06",
            [("1", S.REFUNDED, 100, False), ("2", S.COMPLETED, 30, True), ("3", S.COMPLETED, 0, True)],
            200,
            30,
        ),
    ],
)
def test_her_file_as_it_stood_at_a_moment(dated, as_of, orders, gross, refunded):
    """Orders, states and refunds of later days are not in it."""
    card = dated.customers.get("ann", as_of=as_of)
    found = [(o.ref.number, o.state, o.refunded.minor // 100, o.counts) for o in card.orders]
    assert found == orders
    assert (card.gross, card.refunded) == (yuan(gross), yuan(refunded))


def test_before_her_first_order_there_is_nothing(dated):
    """She is known today, and had no orders then."""
    card = dated.customers.get("ann", as_of="2023-12-31")
    assert (card.orders, card.gross) == ((), yuan(0))


def test_she_is_found_by_id_or_identity(dated):
    """The nick as the platform knows it, or the id of the scores."""
    by_id = dated.customers.get("ann", as_of=AS_OF)
    assert dated.customers.get(Identity.of("taobao", "main", "nick", " ann "), as_of=AS_OF) == by_id


@pytest.mark.parametrize(
    "who",
    [
        "nobody",
        "",
        "Ann",
        Identity.of("taobao", "main", "nick", "nobody"),
        Identity.of("taobao", "other shop", "nick", "ann"),
        Identity.of("taobao", "main", "nick", "t**1"),
    ],
)
def test_nobody_is_an_error(dated, who):
    """Unknown, of another shop, or masked: not found, and no key is printed of an identity."""
    with pytest.raises(NotFoundError, match="no customer") as refusal:
        dated.customers.get(who, as_of=AS_OF)
    if isinstance(who, Identity):
        assert who.value not in str(refusal.value).replace("nick", "")


def test_phones_and_addresses_are_found_though_their_ids_are_digests(tmp_path):
    """+86 forms and capitals lead to the same customer."""
    path = tmp_path / "orders.csv"
    for kind, written, asked in (
        ("phone", ["13800138000", "+86 138-0013-8000"], "0086 138 0013 8000"),
        ("email", ["Ann@Example.com", "ann@example.com"], "ANN@example.com"),
    ):
        rows = "".join(f"{i},{who},2024-01-0{i + 1},5\n" for i, who in enumerate(written))
        path.write_text(f"id,who,at,amount\n{rows}", "utf-8")
        mapping = {
            "name": "s",
            "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            "buyer": {"kind": kind, "strength": "stable" if kind == "email" else "weak"},
            "constants": {"state": "completed"},
        }
        with open_shop() as shop:
            shop.imports.files([path], mapping=mapping)
            (customer,) = shop.insight.score(AS_OF).customer_ids.tolist()
            card = shop.customers.get(Identity.of("s", "main", kind, asked), as_of=AS_OF)
            assert card.id == customer
            assert len(card.orders) == 2
            assert written[0] not in customer


def test_one_text_on_two_platforms_is_two_people(small):
    """An identity says which platform's key it is, and gets that customer."""
    from retailcrm.domain.money import Money as Amount

    shop = small()
    other = {
        "name": "north",
        "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
        "buyer": {"kind": "id", "strength": "stable"},
        "constants": {"state": "completed"},
    }
    import pyarrow as pa

    shop.imports.table(pa.table({"id": ["1"], "who": ["ann"], "at": ["2024-01-01"], "amount": ["9"]}), other)
    for platform, gross in (("small", 23000), ("north", 900)):
        card = shop.customers.get(Identity.of(platform, "main", "id", "ann"), as_of=AS_OF)
        assert card.gross == Amount(gross, "CNY")
        assert card.id == f"{platform}:id:ann"


@pytest.fixture(scope="module")
def tiered(demo_files, repo_root):
    """Give the simulated shop with the ladder of metals."""
    files, buyers = demo_files
    with open_shop(policy=repo_root / "examples/policies/tiers_metals.toml") as shop:
        shop.imports.files(files)
        shop.imports.buyers(buyers)
        yield shop


@pytest.mark.parametrize("as_of", ["2024-07-01", "2023-11-12"])
def test_cards_agree_with_the_scores_row_by_row(tiered, as_of):
    """Of 200 customers: orders, money, first and last order, and the tier of the bulk column."""
    scores = tiered.insight.score(as_of)
    rows = scores.to_arrow().to_pylist()
    sample = random.Random(5).sample(rows, min(200, len(rows)))  # noqa: S311 - nobody guesses it
    for row in sample:
        card = tiered.customers.get(row["customer_id"], as_of=as_of)
        counted = [order for order in card.orders if order.counts]
        assert len(counted) == row["orders"]
        assert card.gross.minor == row["gross"] * 100
        assert card.refunded.minor == row["refunded"] * 100
        assert min(o.paid_at for o in counted) == row["first_order_at"]
        assert max(o.paid_at for o in counted) == row["last_order_at"]
        assert card.tier.tier.name == row["tier"]
        again = progress(card.tier, tiered.policy.ladder, datetime.fromisoformat(f"{as_of}T00:00+08:00"))
        assert card.progress == again
    assert len({row["tier"] for row in sample}) >= 3


def events_by_hand(rows, as_of):
    """Write one customer's orders down as tier events: completed orders, and refunds when they settled."""
    events = []
    for number, row in rows:
        if row["state"] not in (S.PAID, S.SHIPPED, S.RECEIVED, S.COMPLETED, S.REFUNDED):
            continue
        complete = row["completed_at"]
        if complete is not None and complete < as_of:
            events.append(TierEvent(complete, row["gross"], 1, number))
        back_at = row["refunded_at"] or row["paid_at"]
        if row["refunded"] and back_at < as_of:
            full = row["refunded"] >= row["gross"]
            events.append(TierEvent(back_at, -row["refunded"], -1 if full else 0, number))
    return events


def test_tiers_and_progress_equal_a_replay_by_hand(kit, tiered):
    """Of 200 customers: tier, what counts, and the sentence in both languages."""
    as_of = datetime(2024, 6, 30, 16, tzinfo=UTC)
    ladder = tiered.policy.ladder
    by_buyer = {}
    for number, row in kit.shop_rows(tiered).items():
        by_buyer.setdefault(row["buyer"], []).append((number, row))
    del by_buyer[None]
    sample = random.Random(6).sample(sorted(by_buyer), 200)  # noqa: S311 - nobody guesses it
    texts = set()
    for buyer in sample:
        state = tier_as_of(events_by_hand(by_buyer[buyer], as_of), ladder, as_of, None)
        card = tiered.customers.get(buyer, as_of="2024-07-01")
        assert (card.tier.index, card.tier.values) == (state.index, state.values)
        assert card.tier.held_until == state.held_until
        assert card.progress.text == progress(state, ladder, as_of).text
        assert card.progress.keep_text == progress(state, ladder, as_of).keep_text
        texts.add(card.progress.text.zh)
    assert len(texts) > 50


def test_progress_is_said_in_both_languages(small):
    """What is missing for the next tier, in a sentence a customer can read."""
    ladder = {
        "currency": "CNY",
        "window": "calendar",
        "period": "year",
        "qualify_at": "paid",
        "tiers": [
            {"name": "member", "label_zh": "普通会员", "label_en": "Member"},
            {
                "name": "gold",
                "label_zh": "金卡",
                "label_en": "Gold",
                "enter": {"spend": "500.00", "orders": 5, "combine": "any"},
            },
        ],
    }
    card = small(policy=policy_from_table({"ladder": ladder})).customers.get("cat", as_of=AS_OF)
    assert card.tier.tier.name == "member"
    assert card.progress.text.en == "¥310.00 or 3 orders more by 2024-12-31 to reach Gold"
    assert card.progress.text.zh == "到 2024-12-31 再消费 ¥310.00 或再下 3 单可升级到 金卡"
    dan = small(policy=policy_from_table({"ladder": ladder})).customers.get("dan", as_of=AS_OF)
    assert dan.progress.text.en == "¥500.00 or 5 orders more by 2024-12-31 to reach Gold"


def test_credit_notes_are_in_her_file(repo_root, tmp_path):
    """A note that takes goods back lowers her money, and is no order."""
    path = tmp_path / "lines.csv"
    path.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,A,x,2,2011-01-01 10:00:00,5.00,7.0,UK\n"
        "C2,A,x,-1,2011-01-05 10:00:00,5.00,7.0,UK\n",
        "utf-8",
    )
    with open_shop(zone="Europe/London", currency="GBP") as shop:
        shop.imports.files([path], mapping=repo_root / "examples/mappings/online_retail.toml")
        card = shop.customers.get("7", as_of="2011-02-01")
        before = shop.customers.get("7", as_of="2011-01-05")
    assert [(o.ref.number, o.credit, o.counts) for o in card.orders] == [
        ("1", False, True),
        ("C2", True, False),
    ]
    assert (card.gross, card.refunded) == (Money(1000, "GBP"), Money(500, "GBP"))
    assert ([o.ref.number for o in before.orders], before.refunded) == (["1"], Money(0, "GBP"))
