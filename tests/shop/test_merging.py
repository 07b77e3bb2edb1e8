"""Merges on columns: every figure sees one customer, and an undo leaves no trace."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.analytics.columns import Texts
from retailcrm.analytics.tables import Customers
from retailcrm.domain.customers import Customer, CustomerFile
from retailcrm.domain.identity import Aliases, CustomerId, Evidence, Strength
from retailcrm.shop.merging import merged_customers, merged_orders

AS_OF = "2024-03-31"
WHY = [Evidence.stated("same person")]
NOW = datetime(2024, 4, 1, tzinfo=UTC)
IDS = ("ann", "bob", "cat", "dan", "eve")
PLATFORM = {"name": "small", "buyer": {"kind": "id", "strength": "stable"}}
PAID = {
    **PLATFORM,
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "constants": {"state": "completed"},
}
MEMBERS = {
    **PLATFORM,
    "grain": "customer",
    "columns": {"buyer": "who", "name": "name", "phone": "phone", "email": "email", "level": "level"},
}


def rows_of(shop, as_of=AS_OF):
    """Give the scores as rows by customer id."""
    return {row["customer_id"]: row for row in shop.insight.score(as_of).to_arrow().to_pylist()}


def opened_with(*lists, **settings):
    """Open a shop and import member lists, each exported on a day of April 2024."""
    now = [NOW]
    shop = open_shop(clock=lambda: now[0], **settings)
    for day, table in lists:
        now[0] = datetime(2024, 4, day, tzinfo=UTC)
        shop.imports.table(table, MEMBERS, name=f"list {day}")
    return shop


def members(*rows):
    """Make a member list."""
    names = ("who", "name", "phone", "email", "level")
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def test_merged_customers_keep_their_place_and_the_greatest_strength():
    """Of five ids two go into others; one goes to an id that never bought, and takes its name."""
    customers = Customers(ids=Texts.of("abcde"), strength=np.array([1, 2, 1, 2, 1], np.int8))
    merged, code = merged_customers(customers, {"b": "a", "d": "new", "e": "new", "gone": "a"})
    assert merged.ids.tolist() == ["a", "c", "new"]
    assert merged.strength.tolist() == [2, 1, 2]
    assert code.tolist() == [0, 0, 1, 2, 2]


def test_nobody_merged_is_the_same_table(small):
    """Where no id of the table was merged away, the very table is given back."""
    (orders,) = small().imports.kept.parts()
    assert merged_orders(orders, {}) is orders
    assert merged_orders(orders, {"zoe": "ann"}) is orders


TWO_LETTERS = st.text("abcdef", min_size=1, max_size=2)


@given(
    ids=st.lists(TWO_LETTERS, unique=True, max_size=12),
    pairs=st.lists(st.tuples(TWO_LETTERS, TWO_LETTERS), max_size=6),
)
def test_columns_resolve_as_the_alias_table_does(ids, pairs):
    """Whatever was merged, each old position leads to the id that the alias table resolves to."""
    aliases = Aliases()
    for keep, gone in pairs:
        if aliases.resolve(CustomerId(keep)) != aliases.resolve(CustomerId(gone)):
            aliases = aliases.merge(CustomerId(keep), CustomerId(gone), evidence=WHY, actor="me", at=NOW)
    every = {i for pair in pairs for i in pair}
    present = {i: now for i in every if (now := aliases.resolve(CustomerId(i))) != i}
    strength = np.arange(len(ids)).astype(np.int8) % 2 + 1
    customers = Customers(ids=Texts.of(ids), strength=strength.astype(np.int8))
    found = merged_customers(customers, present)
    merged, code = found or (customers, np.arange(len(ids)))
    names = merged.ids.tolist()
    assert len(set(names)) == len(names)
    assert [names[c] for c in code.tolist()] == [aliases.resolve(CustomerId(i)) for i in ids]
    for position, name in enumerate(names):
        mine = [
            s for i, s in zip(ids, strength.tolist(), strict=True) if aliases.resolve(CustomerId(i)) == name
        ]
        assert merged.strength[position] == max(mine)


def test_a_merge_joins_orders_and_money(small):
    """Ann (3 orders, 230 net) and Eve (2 orders, 20 net) become one customer with 5 orders and 250."""
    shop = small()
    before = rows_of(shop)
    shop.customers.merge("ann", "eve", by="mei", note="same person by phone")
    after = rows_of(shop)
    assert set(after) == set(before) - {"eve"}
    assert (after["ann"]["orders"], after["ann"]["net"]) == (5, 250)
    assert after["ann"]["purchase_days"] == 5
    # As of 31 March exclusive: her last order is now Eve's of 11 March.
    assert after["ann"]["days_since_last"] == 20
    assert after["bob"]["net"] == before["bob"]["net"]


def test_the_report_sees_one_customer(small, tmp_path):
    """The page is made of the merged orders: three customers were scored, and four after the undo."""
    shop = small()
    merge = shop.customers.merge("ann", "eve", by="mei", note="same person")
    assert len(shop.insight.score(AS_OF)) == 3
    shop.report(tmp_path / "merged.html", as_of=AS_OF)
    shop.customers.undo(merge, by="mei")
    assert len(shop.insight.score(AS_OF)) == 4


def test_every_id_leads_to_the_present_customer(small):
    """The id that was merged away finds the same card; the card lists both."""
    shop = small()
    shop.customers.merge("ann", "eve", by="mei", note="same person")
    card = shop.customers.get("eve", as_of=AS_OF)
    assert card == shop.customers.get("ann", as_of=AS_OF)
    assert (card.id, card.ids) == ("ann", ("ann", "eve"))
    assert [o.ref.number for o in card.orders] == ["1", "2", "9", "3", "10"]
    assert card.net.minor == 25000


pairs_of_ids = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), min_size=1, max_size=4)


# The fixture only gives an opener: every example opens a shop of its own.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@pytest.mark.parametrize("budget", [None, 1 << 20])
@given(pairs=pairs_of_ids, data=st.data())
def test_merge_then_undo_changes_nothing(small, budget, pairs, data):
    """Any merges taken back in any order leave every score, id and strength as it was."""
    with small(memory_budget=budget) as shop:
        before = rows_of(shop)
        aliases, taken = shop.customers.decided, []
        for keep, gone in pairs:
            if aliases.aliases.resolve(CustomerId(keep)) != aliases.aliases.resolve(CustomerId(gone)):
                taken.append(shop.customers.merge(keep, gone, by="mei", note="same"))
        merged = rows_of(shop)
        assert sum(row["orders"] for row in merged.values()) == sum(row["orders"] for row in before.values())
        assert len(merged) < len(before) or not taken or "dan" in {i for pair in pairs for i in pair}
        for merge in data.draw(st.permutations(taken)):
            shop.customers.undo(merge, by="mei")
        assert rows_of(shop) == before


def test_partitions_and_memory_agree_after_merges(tmp_path):
    """Forty merges of 300 people with 6,000 orders: the same scores on disk and in memory, one by one."""
    rows = range(6000)
    table = pa.table(
        {
            "id": [str(i) for i in rows],
            "who": [f"w{(i // 3) * 7919 % 300}" for i in rows],
            "at": [f"2024-0{i % 3 + 1}-{i % 28 + 1:02}" for i in rows],
            "amount": [str(i % 97 + 1) for i in rows],
            "place": [None if i % 3 else ("浙江省", "上海")[i % 2] for i in rows],
        }
    )
    mapping = {**PAID, "columns": {**PAID["columns"], "province": "place"}}
    with open_shop() as memory, open_shop(memory_budget=1 << 20) as disk:
        for shop in (memory, disk):
            shop.imports.table(table, mapping)
        assert sum(1 for _ in disk.insight.parts()) > 1
        before = rows_of(disk)
        ids = sorted(before)
        for keep, gone in zip(ids[:40], ids[40:80], strict=True):
            memory.customers.merge(keep, gone, by="rule 1", note="for the test")
        assert len(disk.customers.load_merges(memory.customers.save_merges(tmp_path / "merges.csv"))) == 40
        merged = rows_of(memory)
        assert merged == rows_of(disk)
        assert not set(merged) & set(ids[40:80])
        assert merged[ids[0]]["net"] == before[ids[0]]["net"] + before[ids[40]]["net"]
        cards = [shop.customers.get(ids[40], as_of=AS_OF) for shop in (memory, disk)]
        assert cards[0].gross == cards[1].gross
        assert set(cards[0].orders) == set(cards[1].orders)
        for entry in disk.customers.merges:
            disk.customers.undo(entry.merge_id, by="rule 1")
        assert rows_of(disk) == before


def test_a_merge_after_an_import_and_an_import_after_a_merge_are_the_same(small):
    """A file that comes later is merged as well."""
    first, second = small(), small()
    more = pa.table({"id": ["11"], "who": ["eve"], "at": ["2024-03-12"], "amount": ["5"]})
    first.customers.merge("ann", "eve", by="mei", note="same")
    for shop in (first, second):
        shop.imports.table(more, PAID)
    second.customers.merge("ann", "eve", by="mei", note="same")
    assert rows_of(first) == rows_of(second)
    assert rows_of(first)["ann"]["net"] == 255


def test_a_merge_may_move_the_tier(small):
    """Cat spent 190, Ann 230: alone neither is Gold from 400, together they are, until it is undone."""
    from retailcrm.shop.policy import policy_from_table

    gold = {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"spend": "400.00"}}
    base = {"name": "member", "label_zh": "会员", "label_en": "Member"}
    ladder = {
        "currency": "CNY",
        "window": "lifetime",
        "hold": "forever",
        "qualify_at": "paid",
        "tiers": [base, gold],
    }
    shop = small(policy=policy_from_table({"ladder": ladder}))
    effect = shop.customers.preview("ann", "cat", as_of=AS_OF)
    tiers = [card.tier.tier.name for card in (effect.keep, effect.gone, effect.together)]
    assert tiers == ["member", "member", "gold"]
    merge = shop.customers.merge("ann", "cat", by="mei", note="same")
    assert rows_of(shop)["ann"]["tier"] == "gold"
    assert shop.customers.get("cat", as_of=AS_OF).tier.tier.name == "gold"
    shop.customers.undo(merge, by="mei")
    assert rows_of(shop)["ann"]["tier"] == "member"


@pytest.mark.parametrize("budget", [None, 1 << 20])
def test_merged_people_follow_the_field_rule(budget):
    """Of two ids' lists the newest value is in force, field by field, but a mask replaces none in clear."""
    old = members(
        {"who": "ann", "name": "张三", "phone": "13800134821", "level": "银卡"},
        {"who": "eve", "email": "eve@example.com"},
    )
    new = members({"who": "eve", "name": "张*", "phone": "138****4821", "level": "金卡"})
    with opened_with((2, old), (9, new), memory_budget=budget) as shop:
        merge = shop.customers.merge("ann", "eve", by="mei", note="same")
        profile = shop.customers.get("eve", as_of=AS_OF).profile
        assert (profile.id, profile.name.text, profile.phone.text) == ("ann", "张三", "13800134821")
        assert (profile.email.text, profile.level) == ("eve@example.com", "金卡")
        people = shop.customers.store.beside().people
        (row,) = people.find(Texts.of(["ann"])).tolist()
        assert people.find(Texts.of(["eve"])).tolist() == [-1]
        told = {name: column.take(np.array([row])).tolist()[0] for name, column in people.contacts.items()}
        assert (told["name"], told["phone"], told["email"]) == ("张三", "13800134821", "eve@example.com")
        assert people.profiles.level.tolist()[row] == "金卡"
        shop.customers.undo(merge, by="mei")
        assert shop.customers.get("eve", as_of=AS_OF).profile.name.text == "张*"
        assert people.find(Texts.of(["eve"])).tolist() == [-1]
        assert shop.customers.store.beside().people.find(Texts.of(["eve"])).tolist() != [-1]


texts = st.sampled_from([None, "张三", "张*", "李四"])
phones = st.sampled_from([None, "13800134821", "138****4821", "13900000001"])
statements = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(IDS[:4]), texts, phones), min_size=1, max_size=8
)


@given(rows=statements, pair=st.sampled_from([("ann", "bob"), ("bob", "ann"), ("cat", "ann")]))
def test_merged_columns_equal_the_joined_files(rows, pair):
    """Names and phones of merged people in columns are those of the two files read as one."""
    days = sorted({row[0] for row in rows})
    shop = opened_with(
        *(
            (1 + day, members(*({"who": who, "name": n, "phone": p} for d, who, n, p in rows if d == day)))
            for day in days
        )
    )
    there = {row[1] for row in rows}
    if not set(pair) <= there:
        return
    shop.customers.merge(*pair, by="mei", note="same")
    file = CustomerFile(CustomerId(pair[0]))
    for day, who, name, phone in rows:
        if who in pair:
            seen = Customer(id=file.id, name=name, phone=phone)
            file = file.with_observation(
                seen, source=f"list {1 + day}", observed_at=datetime(2024, 4, 1 + day, tzinfo=UTC)
            )
    people = shop.customers.store.beside().people
    (row,) = people.find(Texts.of([pair[0]])).tolist()
    for field in ("name", "phone"):
        expected = file.in_force(field)
        told = people.contacts[field].take(np.array([row])).tolist()[0]
        assert told == (None if expected is None else expected.value.text)
    assert shop.customers.history(pair[1]) == file


def test_a_weak_and_a_stable_id_become_a_stable_customer():
    """Strength after a merge is that of the surest id, in columns and on the card."""
    shop = open_shop()
    for name, kind, strength, who in (
        ("taobao", "nick", "stable", "小明"),
        ("till", "phone", "weak", "13800134821"),
    ):
        table = pa.table({"id": ["1"], "who": [who], "at": ["2024-03-01"], "amount": ["5"]})
        mapping = {
            "name": name,
            "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            "buyer": {"kind": kind, "strength": strength},
            "constants": {"state": "completed"},
        }
        shop.imports.table(table, mapping)
    phone, nick = sorted(rows_of(shop), key=lambda i: "nick" in i)
    assert shop.customers.get(phone, as_of=AS_OF).strength is Strength.WEAK
    shop.customers.merge(phone, nick, by="mei", note="same")
    card = shop.customers.get(nick, as_of=AS_OF)
    assert (card.id, card.strength, len(card.orders)) == (phone, Strength.STABLE, 2)
    assert shop.insight.score(AS_OF).coverage.weak.orders == 0
