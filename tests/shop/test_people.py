"""Who the shop's people are: field by field what the one-person rule of the domain gives."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.analytics.columns import MISSING, Texts
from retailcrm.domain.customers import GENDERS, Birthday, Customer, CustomerFile, Gender
from retailcrm.domain.identity import CustomerId
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.observations import Observations
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations
from retailcrm.shop.people import customer_file
from retailcrm.shop.policy import policy_from_table

ID = BuyerKey(platform="ours", kind="id")
NICK = BuyerKey(platform="taobao", kind="nick")
PHONE = BuyerKey(platform="ours", kind="phone", strength=1)
DOMAIN = ("name", "phone", "email", "address", "gender", "birthday", "source", "level", "tags")
DAYS = [datetime(2024, 1, d, tzinfo=UTC) for d in range(1, 5)]


def memory():
    """Open an empty store in memory."""
    return Observations("CNY", "Asia/Shanghai")


@pytest.fixture(params=["memory", "disk"])
def kept(request):
    """Give an empty store of either kind."""
    store = (
        memory()
        if request.param == "memory"
        else PartitionedObservations("CNY", "Asia/Shanghai", LEAST_BUDGET)
    )
    yield store
    store.close()


def in_force(people):
    """Give each person's fields as plain values, by id."""
    profiles = people.profiles
    columns = {name: people.contacts[name].tolist() for name in people.contacts}
    columns |= {name: getattr(profiles, name).tolist() for name in ("level", "source", "province", "city")}
    found = {}
    for i, customer_id in enumerate(profiles.ids):
        row = {name: column[i] for name, column in columns.items()}
        gender, birthday = int(profiles.gender[i]), int(profiles.birthday[i])
        row["gender"] = None if gender < 0 else GENDERS[gender]
        row["birthday"] = None if birthday < 0 else Birthday.of_code(birthday)
        joined = profiles.joined_at[i]
        row["joined_at"] = None if np.isnat(joined) else joined.item().replace(tzinfo=UTC)
        points = int(profiles.points[i])
        row["points"] = None if points == MISSING else points
        row["consent"] = {1: True, 0: False, -1: None}[int(profiles.consent[i])]
        found[customer_id] = row
    return found


PHONES = (
    "13800138000", "+86 138-0013-8000", "+8613900139000", "8613900139000", "138****8000", "18400000000-1234",
    "+14155550123", "00000000", "12", "",
)  # fmt: skip
BIRTHDAYS = (Birthday(2, 29), Birthday(8, 15, lunar=True), Birthday(5, 1, 1990))
WORDS = st.none() | st.sampled_from(["", "-", "null", "a", "B", "金卡", " b"])
ROW = st.fixed_dictionaries(
    {"buyer": st.sampled_from(["ann", "bob", "t**1"])},
    optional={
        "name": st.none() | st.sampled_from(["", "-", "张三", "张*", "张＊＊", "'Ann", " Ann "]),
        "phone": st.none() | st.sampled_from(PHONES),
        "email": st.none() | st.sampled_from(["Ann@X.com", "ann@x.com", "a**@x.com", "ann", "null"]),
        "address": st.none() | st.sampled_from(["浙江省 杭州市 1号", "浙江省 ****", "\u3000路"]),
        "gender": st.none() | st.sampled_from(Gender),
        "birthday": st.none() | st.sampled_from(BIRTHDAYS),
        "joined_at": st.none() | st.sampled_from(DAYS),
        "level": WORDS,
        "source": WORDS,
        "tags": st.none() | st.sampled_from(["b,a", "a, b", "", "c", ","]),
    },
)  # fmt: skip
FILES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["a", "b", "c"]), st.lists(ROW, min_size=1, max_size=4)),
    min_size=1,
    max_size=4,
)  # fmt: skip


def told(row):
    """Give what a row says as the domain has it."""
    return Customer(
        id=CustomerId(row["buyer"]),
        first_seen=row.get("joined_at"),
        tags=(row.get("tags") or "").split(","),
        **{name: row.get(name) for name in DOMAIN if name != "tags"},
    )


def by_the_domain(kit, files):
    """Make each person's file by the domain's own rule."""
    people = {}
    for at, name, rows in files:
        for row in rows:
            if row["buyer"] != "t**1":
                file = people.setdefault(row["buyer"], CustomerFile(CustomerId(row["buyer"])))
                people[row["buyer"]] = file.with_observation(told(row), source=name, observed_at=kit.day(at))
    return people


def plain(file):
    """Give the domain's profile in the form of :func:`in_force`."""
    profile = file.profile()
    texts = {name: getattr(profile, name) for name in ("name", "phone", "email", "address")}
    return {
        **{name: None if text is None else text.text for name, text in texts.items()},
        **{name: getattr(profile, name) for name in ("gender", "birthday", "source", "level")},
        "joined_at": profile.first_seen,
        "tags": ",".join(sorted(profile.tags)) or None,
    }


@given(FILES, st.randoms(use_true_random=False))
def test_what_is_in_force_is_what_the_domain_says(kit, files, random):
    """Newest, clear before masked, ties by source and then by value; in any sequence of import."""
    wanted = {who: plain(file) for who, file in by_the_domain(kit, files).items()}
    random.shuffle(files)
    store = memory()
    for at, name, rows in files:
        kit.keep(store, (Grain.CUSTOMERS, rows, ID), at=at, name=name, platform="ours")
    found = in_force(store.beside().people)
    assert {who: {name: row[name] for name in wanted[who]} for who, row in found.items()} == wanted


@given(FILES)
def test_a_persons_file_is_the_domains(kit, files):
    """Who said what, with nothing lost: the history, not only the value in force."""
    store = memory()
    for at, name, rows in files:
        kit.keep(store, (Grain.CUSTOMERS, rows, ID), at=at, name=name, platform="ours")
    wanted = by_the_domain(kit, files)
    for who in ("ann", "bob"):
        file = customer_file(store, who)
        assert file == wanted.get(who, CustomerFile(CustomerId(who)))
        assert file.history == wanted.get(who, CustomerFile(CustomerId(who))).history
    assert not customer_file(store, "t**1").history


@settings(max_examples=10)
@given(FILES)
def test_both_stores_and_a_second_import_give_the_same_people(kit, files):
    """In memory or on disk, once or twice."""
    stores = memory(), PartitionedObservations("CNY", "Asia/Shanghai", LEAST_BUDGET)
    for store in stores:
        for at, name, rows in [*files, *files]:
            kit.keep(store, (Grain.CUSTOMERS, rows, ID), at=at, name=name, platform="ours")
    one, other = (in_force(store.beside().people) for store in stores)
    assert list(one.items()) == list(other.items())
    moments = [store.beside().people.newest for store in stores]
    assert moments[0] == moments[1]
    stores[1].close()


def test_numbers_and_places_follow_the_same_rule(kit, kept):
    """Points, places and consent: the newest told; who may be written to by one channel may be."""
    old = {"buyer": "ann", "points": 10, "province": "浙江", "city": "杭州", "consent": True}
    new = {"buyer": "ann", "points": None, "province": "上海", "city": None, "consent": False}
    kit.keep(kept, (Grain.CUSTOMERS, [new], ID), at=2, platform="ours")
    kit.keep(kept, (Grain.CUSTOMERS, [old], ID), at=1, platform="ours")
    ways = [
        {"buyer": "bob", "consent_sms": False, "consent_email": True},
        {"buyer": "cat", "consent_sms": False},
    ]
    kit.keep(kept, (Grain.CUSTOMERS, ways, ID), at=1, platform="ours", name="ways")
    people = kept.beside().people
    found = in_force(people)
    ann = {name: found["ann"][name] for name in ("points", "province", "city", "consent")}
    assert ann == {"points": 10, "province": "上海", "city": "杭州", "consent": False}
    assert (found["bob"]["consent"], found["cat"]["consent"]) == (True, False)
    moments = {
        name: people.newest[name].item().replace(tzinfo=UTC) for name in ("points", "city", "province")
    }
    assert moments == {"points": kit.day(1), "city": kit.day(1), "province": kit.day(2)}
    assert "level" not in people.newest


def test_ids_are_those_of_the_orders(kit, kept):
    """One kind of key: plain ids; two kinds over all files, member lists too: ids that say which."""
    kit.keep(kept, (Grain.ORDERS, [{"number": "1", "paid": 5, "paid_at": kit.day(1), "buyer": "小明"}], NICK))
    kit.keep(kept, (Grain.CUSTOMERS, [{"buyer": "小明", "level": "金卡"}, {"buyer": "小红"}], NICK), name="m")
    (orders,) = kept.parts()
    people = kept.beside().people
    assert orders.customers.ids.tolist() == ["小明"]
    assert people.profiles.ids.tolist() == ["小明", "小红"]
    assert people.find(Texts.of(["小红", "nobody", "小明"])).tolist() == [1, -1, 0]
    kit.keep(
        kept,
        (Grain.CUSTOMERS, [{"buyer": "+86 138 0013 8000", "level": "银卡"}], PHONE),
        name="p",
        platform="ours",
    )
    (orders,) = kept.parts()
    ids = kept.beside().people.profiles.ids.tolist()
    assert orders.customers.ids.tolist() == ["taobao:nick:小明"]
    assert sorted(i.rpartition(":")[0] for i in ids) == ["ours:phone", "taobao:nick", "taobao:nick"]
    (phone,) = (i for i in ids if i.startswith("ours"))
    assert customer_file(kept, phone).profile().level == "银卡"
    assert customer_file(kept, "taobao:nick:小明").profile().level == "金卡"
    assert kept.beside().people.profiles.strength[ids.index(phone)] == 1


def test_recipients_are_said_of_the_orders_buyer(kit, kept):
    """At the moment of the export; a buyers file that resolves a mask counts; who is unknown is nobody."""
    orders = [
        {
            "number": "1",
            "paid": 5,
            "paid_at": kit.day(1),
            "buyer": "t**1",
            "name": "张三",
            "phone": "13800138000",
        },
        {"number": "2", "paid": 5, "paid_at": kit.day(1), "buyer": "u**1", "name": "李四", "phone": None},
    ]
    kit.keep(kept, (Grain.ORDERS, orders, NICK), at=2)
    kit.keep(kept, (Grain.ORDERS, [{"number": "1", "buyer": "tina1"}], NICK), at=1, name="buyers")
    kit.keep(
        kept, (Grain.CUSTOMERS, [{"buyer": "tina1", "name": "老张", "level": "金卡"}], NICK), at=1, name="m"
    )
    found = in_force(kept.beside().people)
    assert set(found) == {"tina1"}
    assert {name: found["tina1"][name] for name in ("name", "phone", "level")} == {
        "name": "张三", "phone": "13800138000", "level": "金卡",
    }  # fmt: skip
    names = customer_file(kept, "tina1").history["name"]
    assert [(told.value.text, told.source, told.observed_at) for told in names] == [
        ("张三", "file.csv", kit.day(2)), ("老张", "m", kit.day(1)),
    ]  # fmt: skip


def test_nobody_is_there_before_a_file_tells(kept):
    """An empty shop has no people, and every column of none."""
    people = kept.beside().people
    assert (len(people.profiles), people.newest) == (0, {})
    assert all(len(column) == 0 for column in people.contacts.values())


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("kind", "text", "same"),
    [
        ("id", "m1", "m1"),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("email", "Ann@Example.com", "ann@example.com"),
        ("contact", "Ann@Example.com", "ann@example.com "),
        ("contact", "+1 415 555 0123", "+14155550123"),
        ("our own word", " x1", "x1"),
    ],
)
def test_one_persons_file_is_found_by_the_id_of_any_kind_of_key(kit, kept, kind, text, same, several):
    """However the key is written in each file, and whether ids say of which kind they are or not."""
    key = BuyerKey(platform="ours", kind=kind)
    kit.keep(
        kept, (Grain.CUSTOMERS, [{"buyer": text, "level": "A"}, {"buyer": "zz", "level": "B"}], key), at=1
    )
    kit.keep(kept, (Grain.CUSTOMERS, [{"buyer": same, "source": "fair"}], key), at=2, name="b")
    if several:
        kit.keep(kept, (Grain.CUSTOMERS, [{"buyer": "n", "level": "C"}], NICK), name="c")
    profiles = kept.beside().people.profiles
    found = {level: i for i, level in zip(profiles.ids, profiles.level.tolist(), strict=True)}
    profile = customer_file(kept, found["A"]).profile()
    assert (profile.level, profile.source) == ("A", "fair")
    assert found["A"].startswith(f"ours:{kind}:" if several else "")


def test_a_key_is_as_strong_as_the_strongest_declaration(kit, kept):
    """A member list that calls a key weak and an order report that calls it stable mean one person."""
    weak = BuyerKey(platform="taobao", kind="nick", strength=1)
    order = {"number": "1", "paid": 5, "paid_at": kit.day(1), "buyer": "ann"}
    kit.keep(kept, (Grain.ORDERS, [order], NICK))
    kit.keep(kept, (Grain.CUSTOMERS, [{"buyer": "ann", "level": "A"}], weak), name="m")
    (orders,) = kept.parts()
    assert (orders.customers.strength.tolist(), kept.beside().people.profiles.strength.tolist()) == ([2], [2])


def test_a_buyers_file_belongs_to_the_orders_and_not_to_a_member_list(kit):
    """A member list of another platform does not keep it from being adopted by the one platform of orders."""
    orders = kit.file([{"number": "1", "paid": 5, "paid_at": kit.day(1)}], platform="ours", name="o", key=ID)
    members = kit.file([{"buyer": "13800138000", "level": "A"}], grain=Grain.CUSTOMERS, key=PHONE, name="m")
    buyers = kit.file([{"number": "1", "buyer": "ann"}], platform="taobao", name="b", buyers_only=True, at=2)
    rows = kit.rows(kit.fold(orders, members, buyers).orders)
    assert rows["1"]["buyer"] == "ours:id:ann"


@pytest.mark.parametrize(("region", "phone"), [("US", "+16502530000"), ("CN", "6502530000")])
def test_the_policy_says_where_phones_are_from(region, phone):
    """A number without a country code is read by the rules of the shop's country; no number of it is kept."""
    policy = policy_from_table({"customers": {"phone_region": region}})
    mapping = {
        "name": "members", "grain": "customer", "columns": {"buyer": "id", "phone": "tel"},
        "buyer": {"kind": "id", "strength": "stable"},
    }  # fmt: skip
    shop = open_shop(policy=policy)
    shop.imports.table(pa.table({"id": ["1"], "tel": ["650-253-0000"]}), mapping)
    people = shop.imports.kept.beside().people
    assert people.contacts["phone"].tolist() == [phone]
