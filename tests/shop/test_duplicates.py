"""Duplicates: who is one person by evidence, found on columns as the one-pair rule finds them."""

import csv
import itertools
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.domain.identity import EvidenceKind, Identity, merge_evidence
from retailcrm.shop.customers.duplicates import LARGE

NOW = datetime(2024, 4, 10, tzinfo=UTC)
MEMBERS = {
    "name": "small",
    "grain": "customer",
    "columns": {"buyer": "who", "name": "name", "phone": "phone", "email": "email"},
    "buyer": {"kind": "id", "strength": "stable"},
}
COLUMNS = ("who", "name", "phone", "email")


def listed(*rows, **settings):
    """Open a shop with a member list: id, name, phone, e-mail."""
    shop = open_shop(clock=lambda: NOW, **settings)
    table = {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(COLUMNS)}
    shop.imports.table(pa.table(table), MEMBERS)
    return shop


def groups_of(shop):
    """Give the ids of each group."""
    return {frozenset(group.ids) for group in shop.customers.duplicates()}


def paid_orders(shop, buyers, *, kind="id", name="small"):
    """Import an order of five yuan for each buyer."""
    table = {
        "id": [f"{name}{i}" for i in range(len(buyers))],
        "who": buyers,
        "at": ["2024-03-01"] * len(buyers),
    }
    mapping = {
        "name": name,
        "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "money"},
        "buyer": {"kind": kind, "strength": "stable" if kind != "phone" else "weak"},
        "constants": {"state": "completed"},
    }
    shop.imports.table(pa.table({**table, "money": ["5"] * len(buyers)}), mapping)


def test_the_same_address_is_one_person():
    """An e-mail address counts however it is written, and whatever else differs."""
    shop = listed(
        ("a", "张三", "13800134821", "Ann@Example.com"),
        ("b", "李四", None, " ann@example.com"),
        ("c", "王五", None, "cat@example.com"),
    )
    (group,) = shop.customers.duplicates()
    assert group.ids == ("a", "b")
    assert [e.kind for e in group.pairs[0].evidence] == [EvidenceKind.SHARED_IDENTITY]


def test_a_phone_needs_the_same_name():
    """Two people of one name and phone are one; of another name they are a household, which is counted."""
    shop = listed(
        ("a", "张三", "+86 138-0013-4821", None),
        ("b", " 张三", "13800134821", None),
        ("c", "张小三", "13800134821", None),
        ("d", None, "13800134821", None),
        ("e", "李四", "13900000001", None),
        ("f", "李五", "13900000001", None),
    )
    found = shop.customers.duplicates()
    assert [group.ids for group in found] == [("a", "b")]
    assert [e.kind for e in found[0].pairs[0].evidence] == [EvidenceKind.SAME_PHONE_AND_NAME]
    assert found.households == 2


@pytest.mark.parametrize(
    ("name", "phone", "email"),
    [
        ("张*", "13800134821", None),
        ("张三", "138****4821", None),
        ("张三", "18400000000-1234", None),
        ("张三", "11111111111", None),
        (None, "13800134821", None),
        ("张三", None, "a**@example.com"),
        ("张三", None, "null"),
    ],
)
def test_masked_virtual_and_blank_values_prove_nothing(name, phone, email):
    """Two rows alike in such a value stay two people."""
    found = listed(("a", name, phone, email), ("b", name, phone, email)).customers.duplicates()
    assert len(found) == 0


def test_a_chain_is_one_group():
    """A and B share an address, B and C phone and name: one group, joined step by step."""
    shop = listed(
        ("a", "张三", None, "x@example.com"),
        ("b", "张三", "13800134821", "x@example.com"),
        ("c", "张三", "13800134821", None),
    )
    paid_orders(shop, ["c", "c", "b"])
    (group,) = shop.customers.duplicates()
    assert (group.ids, group.orders, group.keep) == (("c", "b", "a"), (2, 1, 0), "c")
    assert [(pair.keep, pair.gone) for pair in group.pairs] == [("c", "b"), ("b", "a")]
    for pair in group.pairs:
        shop.customers.merge(pair.keep, pair.gone, evidence=pair.evidence, by="rule 1")
    assert shop.customers.get("a", as_of="2024-04-01").ids == ("a", "b", "c")
    assert len(shop.customers.duplicates()) == 0


def test_merged_people_are_compared_as_one():
    """What A and B were told of counts for both once they are merged: C joins A by B's phone and name."""
    shop = listed(
        ("a", "张三", "13800134821", "x@example.com"),
        ("b", "李四", "13900000001", None),
        ("c", "李四", "13900000001", None),
    )
    assert groups_of(shop) == {frozenset("bc")}
    shop.customers.merge("a", "b", by="mei", note="she said so")
    assert groups_of(shop) == {frozenset("ac")}
    effect = shop.customers.preview("a", "c", as_of="2024-04-01")
    assert (effect.preview.refusal, effect.preview.ids) == (None, ("a", "b", "c"))


def test_a_key_that_is_an_address_counts_as_told():
    """Who is known by her e-mail address only is the member who tells that address; a phone needs a name."""
    shop = listed(("a", "张三", "13800134821", "ann@example.com"), ("b", "李四", None, None))
    paid_orders(shop, ["Ann@example.com"], kind="email", name="web")
    paid_orders(shop, ["13800134821"], kind="phone", name="till")
    (group,) = shop.customers.duplicates()
    assert {i.split(":")[0] for i in group.ids} == {"small", "web"}
    assert group.pairs[0].evidence[0].kind is EvidenceKind.SHARED_IDENTITY
    shop.customers.merge(*group.ids, by="mei")
    assert len(shop.customers.duplicates()) == 0


def test_recipients_count_where_they_are_read():
    """Two nicks whose parcels go to one name and phone are one person, if recipients were asked for."""
    mapping = {
        "name": "web",
        "columns": {
            "number": "id", "buyer": "who", "paid_at": "at", "paid": "money",
            "name": "name", "phone": "phone",
        },
        "buyer": {"kind": "nick", "strength": "stable"},
        "constants": {"state": "completed"},
    }  # fmt: skip
    table = pa.table(
        {
            "id": ["1", "2"],
            "who": ["n1", "n2"],
            "at": ["2024-03-01"] * 2,
            "money": ["5", "5"],
            "name": ["张三"] * 2,
            "phone": ["13800134821"] * 2,
        }
    )
    for personal, groups in ((True, {frozenset({"n1", "n2"})}), (False, set())):
        shop = open_shop(clock=lambda: NOW)
        shop.imports.table(table, mapping, personal=personal)
        assert groups_of(shop) == groups


def test_a_limit_keeps_those_with_the_most_orders():
    """Of three groups the two with the most orders are given, and how many there are is said."""
    rows = [(f"{g}{i}", None, None, f"{g}@example.com") for g in "abc" for i in range(2)]
    shop = listed(*rows)
    paid_orders(shop, ["c0", "c1", "c1", "b0"])
    found = shop.customers.duplicates(limit=2)
    assert (found.found, [group.ids for group in found]) == (3, [("c1", "c0"), ("b0", "b1")])


def test_a_file_to_look_through(tmp_path):
    """A row a pair, values masked, and a crowd left undecided."""
    crowd = [(f"z{i}", None, None, "shop@example.com") for i in range(LARGE + 1)]
    shop = listed(
        ("=1+1", "张三", "13800134821", None), ("b", "张三", "13800134821", "ann@example.com"), *crowd
    )
    path = shop.customers.duplicates().to_csv(tmp_path / "d.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    pair = next(row for row in rows if row["gone"] == "b")
    assert pair["keep"] == "'=1+1"
    assert (pair["merge"], pair["evidence"]) == ("yes", "same phone and name 电话与姓名相同")
    assert (pair["keep_person"], pair["gone_person"]) == ("张** ***4821", "张** ***4821 a***@example.com")
    assert {row["merge"] for row in rows if row["keep"].startswith("z")} == {""}
    assert "13800134821" not in path.read_text("utf-8-sig")
    assert shop.customers.load_merges(path) == ("merge-1",)
    assert shop.customers.get("b", as_of="2024-04-01").id == "=1+1"


def test_a_shop_without_people_has_no_duplicates(small):
    """Orders alone prove nothing."""
    found = small().customers.duplicates()
    assert (len(found), found.found, found.households) == (0, 0, 0)


people = st.lists(
    st.tuples(
        st.sampled_from([None, "张三", " 张三 ", "李四", "张*", "-", "Ann", "'Ann"]),
        st.sampled_from(
            [None, "13800134821", "+86 138 0013 4821", "138****4821", "13900000001", "18400000000-1234", "0"]
        ),
        st.sampled_from([None, "a@x.com", "A@X.com ", "b@x.com", "a**@x.com", "no address"]),
    ),
    max_size=9,
)


def connected(pairs, ids):
    """Give the groups that pairs make, as sets of more than one."""
    group = {i: {i} for i in ids}
    for a, b in pairs:
        if group[a] is not group[b]:
            group[a] |= group[b]
            for member in group[b]:
                group[member] = group[a]
    return {frozenset(members) for members in group.values() if len(members) > 1}


@settings(max_examples=80)
@given(rows=people)
def test_groups_are_those_of_the_rule_pair_by_pair(rows):
    """The components of all pairs that the one-pair rule has evidence for, each pair proven by that rule."""
    ids = [f"c{i}" for i in range(len(rows))]
    shop = listed(*((i, *row) for i, row in zip(ids, rows, strict=True)))
    told = {}
    for i, row in zip(ids, rows, strict=True):
        kinds = zip(("name", "phone", "email"), row, strict=True)
        told[i] = [Identity.of("x", "main", kind, text) for kind, text in kinds if text is not None]
    proven = {(a, b) for a, b in itertools.combinations(ids, 2) if merge_evidence(told[a], told[b])}
    found = shop.customers.duplicates()
    assert {frozenset(group.ids) for group in found} == connected(proven, ids)
    for group in found:
        reached = {group.keep}
        for pair in group.pairs:
            assert pair.keep in reached
            kinds = [e.kind for e in merge_evidence(told[pair.keep], told[pair.gone])]
            assert [e.kind for e in pair.evidence] == kinds != []
            reached.add(pair.gone)
        assert reached == set(group.ids)


def test_partitions_and_memory_find_the_same():
    """On disk the same groups come out, with the same counts of orders."""
    rows = [(f"w{i}", "张三", f"139{i % 40:08}", None) for i in range(60)]
    shops = [listed(*rows), listed(*rows, memory_budget=1 << 20)]
    found = []
    for shop in shops:
        paid_orders(shop, [f"w{i % 50}" for i in range(4000)])
        found.append([(group.ids, group.orders) for group in shop.customers.duplicates()])
        shop.close()
    assert found[0] == found[1]
    assert len(found[0]) == 20
