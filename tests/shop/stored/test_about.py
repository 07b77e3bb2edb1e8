"""One customer of a shop in a store: only what is hers is read, and nothing of her is missing."""

from contextlib import contextmanager

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retailcrm import Policy, open_shop
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.domain.identity import Evidence, Identity
from retailcrm.errors import NotFoundError, RetailCRMError
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.customers import CustomerFiles
from retailcrm.shop.stored.opening import stored_parts

AS_OF = "2024-07-01"
WHY = [Evidence.stated("the same person")]
PEOPLE = ["ann", "bob", "cat", "Ann@x.com ", "ann@X.com", "+86 13800138000", "13800138000", "138****0000"]
NUMBERS = ["1", "2", "3", "11", "12"]
KEYS = [
    BuyerKey(platform="taobao", kind="nick", strength=2),
    BuyerKey(platform="taobao", kind="phone", strength=2),
    BuyerKey(platform="web", kind="contact", strength=1),
    BuyerKey(platform="web", kind="id", strength=2),
]


def files_of(parts, rules=None):
    """Give the verbs of a shop's customers."""
    policy = rules or Policy(zone="Asia/Shanghai", currency="CNY")
    return CustomerFiles(parts.merged.parts, policy, {}, "main", parts.merged, parts.merges)


def answer(verb):
    """Give what a verb comes to, or how it refuses."""
    try:
        return verb()
    except RetailCRMError as error:
        return type(error).__name__, str(error)


def some_rows(required, optional):
    """Give a strategy for rows that may have some columns more."""
    row = st.fixed_dictionaries(required, optional=optional)
    return st.lists(row, min_size=1, max_size=4)


@st.composite
def tables(draw, kit):
    """Give a table of one grain, about few people and orders."""
    people, numbers = st.sampled_from([*PEOPLE, None]), st.sampled_from(NUMBERS)
    words, amounts = st.sampled_from(["上海", "张三", "张*", "李四"]), st.sampled_from([0, 50, 100])
    when = st.integers(1, 4).map(kit.day)
    grain = draw(st.sampled_from([*Grain, Grain.ORDERS, Grain.CUSTOMERS, Grain.REVIEWS]))
    if grain is Grain.PRODUCTS:
        grain = Grain.PARCELS
    required, optional = {
        Grain.ORDERS: (
            {"number": numbers, "buyer": people, "paid_at": when, "paid": amounts},
            {"name": words, "phone": people, "refunded": amounts},
        ),
        Grain.LINES: (
            {"number": numbers, "line": numbers, "amount": amounts, "paid_at": when},
            {"buyer": people, "product": words},
        ),
        Grain.REFUNDS: ({"number": numbers, "amount": amounts, "settled_at": when}, {"refund": numbers}),
        Grain.CUSTOMERS: ({"buyer": people}, {"name": words, "phone": people, "level": words}),
        Grain.REVIEWS: (
            {"product": words, "at": when, "text": words, "review": st.none() | numbers},
            {"buyer": people, "number": numbers, "score": st.sampled_from([20, 100])},
        ),
        Grain.PARCELS: ({"number": numbers, "at": when}, {"parcel": words, "signed_at": when}),
    }[grain]
    rows = draw(some_rows(required, optional))
    if grain is not Grain.REVIEWS:
        rows = [row for row in rows if row.get("number", row.get("buyer")) is not None]
    return grain, rows, draw(st.sampled_from(KEYS))


@st.composite
def shops(draw, kit):
    """Give files, and who is taken for whom."""
    one = st.tuples(st.sampled_from(["taobao", "taobao", "web"]), st.lists(tables(kit), max_size=3))
    return draw(st.lists(one, max_size=5)), draw(st.lists(st.permutations(range(6)), max_size=2))


def ids_of(parts):
    """Give everybody's ids before merges."""
    told = parts.kept.beside().people.profiles.ids.tolist()
    return list(dict.fromkeys([*parts.kept.folded().orders.customers.ids.tolist(), *told, "nobody"]))


@pytest.mark.parametrize("new_database", ["sqlite", "postgresql"], indirect=True)
def test_she_is_told_as_out_of_all_that_there_is(kit, new_database, open_parts):
    """Card, history, preview and evidence, by id and by order: whatever files tell, and merges."""
    database, count = new_database(), iter(range(10**9))
    most = settings().max_examples // 5 if database.dialect == "sqlite" else 5

    @settings(max_examples=most, suppress_health_check=list(HealthCheck))
    @given(shops(kit))
    def check(told):
        parts = open_parts(database, shop=f"shop{next(count)}")
        for at, (platform, grains) in enumerate(told[0], 5):
            once = {grain: (grain, rows, key) for grain, rows, key in grains if rows}
            if once:
                kit.keep(parts.kept, *once.values(), at=at, platform=platform)
        files, ids = files_of(parts), ids_of(parts)
        for places in [None, *told[1]]:
            if places is not None:
                pair = [ids[place % len(ids)] for place in places[:2]]
                answer(lambda: files.merge(*pair, by="mei", note="same"))  # noqa: B023 - called at once
            same_as_the_whole(files, ids)

    check()


def same_as_the_whole(files, ids):
    """Ask the same of what is read for her, and of everything."""
    whole = files._about()
    for one, other in zip(ids, [*ids[1:], ids[0]], strict=True):
        wanted = answer(lambda: whole.card(whole.finder.by_id(one), AS_OF))  # noqa: B023 - called at once
        assert answer(lambda: files.get(one, as_of=AS_OF)) == wanted  # noqa: B023
        wanted = answer(lambda: whole.file(whole.finder.by_id(one)))  # noqa: B023
        assert answer(lambda: files.history(one)) == wanted  # noqa: B023
        wanted = answer(lambda: whole.preview(one, other, AS_OF))  # noqa: B023
        assert answer(lambda: files.preview(one, other, as_of=AS_OF)) == wanted  # noqa: B023
        wanted = answer(lambda: whole.reasons(one, other, None, ""))  # noqa: B023
        assert answer(lambda: files._about(one, other).reasons(one, other, None, "")) == wanted  # noqa: B023
    for number in NUMBERS:
        wanted = answer(lambda: whole.card(whole.finder.by_order(number), AS_OF))  # noqa: B023
        assert answer(lambda: files.get(order=number, as_of=AS_OF)) == wanted  # noqa: B023


@pytest.fixture(scope="module")
def demo_shop(demo_files, tmp_path_factory):
    """Give the simulated shop in memory and in a file, with two merges."""
    files, buyers = demo_files
    path = tmp_path_factory.mktemp("about") / "shop.db"
    shops = open_shop(), open_shop(f"sqlite:///{path}")
    for shop in shops:
        shop.imports.files(files)
        shop.imports.buyers(buyers)
    ids = [row["customer_id"] for row in shops[0].insight.score(AS_OF).to_arrow().to_pylist()]
    for shop in shops:
        shop.customers.merge(ids[0], ids[50], by="mei", note="same")
        shop.customers.merge(ids[7], ids[0], by="mei", note="same")
    yield *shops, ids
    for shop in shops:
        shop.close()


def test_customers_of_the_simulators_exports_are_those_of_memory(demo_shop):
    """Orders, recipients, members, reviews and parcels of every 25th customer, and of those merged."""
    memory, stored, ids = demo_shop
    for customer in dict.fromkeys([ids[0], ids[50], ids[7], *ids[::25]]):
        card = stored.customers.get(customer, as_of=AS_OF)
        assert card == memory.customers.get(customer, as_of=AS_OF)
        number = card.orders[0].ref.number
        assert stored.customers.get(order=number, as_of=AS_OF) == card
        assert stored.customers.history(customer) == memory.customers.history(customer)
    assert len(stored.customers.get(ids[50], as_of=AS_OF).ids) == 3
    pair = ids[3], ids[12]
    assert stored.customers.preview(*pair, as_of=AS_OF) == memory.customers.preview(*pair, as_of=AS_OF)
    assert stored.customers.duplicates(limit=3) == memory.customers.duplicates(limit=3)


def test_an_identity_finds_her_too(demo_shop):
    """A nick as the platform knows it; one that nobody has is refused."""
    memory, stored, ids = demo_shop
    card = stored.customers.get(Identity.of("taobao", "main", "nick", ids[9]), as_of=AS_OF)
    assert card == memory.customers.get(ids[9], as_of=AS_OF)
    with pytest.raises(NotFoundError):
        stored.customers.get(Identity.of("taobao", "main", "nick", "nobody"), as_of=AS_OF)


class Counting:
    """A database that counts the rows that are read from it, and the statements."""

    def __init__(self, database):
        self._database = database
        self.rows = self.statements = 0

    def __getattr__(self, name):
        return getattr(self._database, name)

    @property
    def executor(self):
        return _Counted(self._database.executor, self)

    @contextmanager
    def unit(self):
        with self._database.unit() as run:
            yield _Counted(run, self)

    @contextmanager
    def snapshot(self):
        with self._database.snapshot() as run:
            yield _Counted(run, self)


@attrs.frozen
class _Counted:
    inner: object
    counts: Counting

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def one(self, *asked):
        self.counts.statements += 1
        found = self.inner.one(*asked)
        self.counts.rows += found is not None
        return found

    def all(self, *asked):
        self.counts.statements += 1
        found = self.inner.all(*asked)
        self.counts.rows += len(found)
        return found

    def batches(self, *asked, **more):
        self.counts.statements += 1
        for rows in self.inner.batches(*asked, **more):
            self.counts.rows += len(rows)
            yield rows


def counted_card(kit, database, shop, others, verb):
    """Count what is read for one of many customers of a shop that was just opened."""
    policy = Policy(zone="Asia/Shanghai", currency="CNY")
    kept = stored_parts(SqlOrders(database, shop), shop, policy, lambda: kit.day(9)).kept
    everybody = ["ann", "a-ann", *(f"c{n}" for n in range(others))]
    key = BuyerKey(platform="taobao", kind="nick", strength=2)
    for at in (1, 2):
        kit.keep(
            kept,
            (Grain.ORDERS, [{"number": f"n{n}", "buyer": one, "paid": at, "paid_at": kit.day(1)}
                            for n, one in enumerate(everybody)], key),
            (Grain.LINES, [{"number": f"n{n}", "line": f"l{n}", "product": "scarf", "amount": 1}
                           for n in range(len(everybody))], key),
            (Grain.REFUNDS, [{"number": f"l{n}", "amount": 0} for n in range(len(everybody))], key),
            (Grain.PARCELS, [{"number": f"n{n}", "at": kit.day(1)} for n in range(len(everybody))], key),
            (Grain.CUSTOMERS, [{"buyer": one, "name": one} for one in everybody], key),
            (Grain.REVIEWS, [{"buyer": one, "at": kit.day(1), "text": one} for one in everybody], key),
            at=at,
        )  # fmt: skip
    counting = Counting(database)
    parts = stored_parts(SqlOrders(counting, shop), shop, policy, lambda: kit.day(9))
    files = files_of(parts)
    files.decided.merge("ann", "a-ann", evidence=WHY, actor="mei", at=kit.day(9))
    counting.rows = counting.statements = 0
    found = verb(files)
    return found, counting.rows, counting.statements


@pytest.mark.parametrize(
    "verb",
    [
        lambda files: len(files.get("ann", as_of=AS_OF).reviews),
        lambda files: len(files.get(order="n0", as_of=AS_OF).reviews),
        lambda files: len(files.history("ann").history["name"]),
        lambda files: len(files.preview("ann", "c1", as_of=AS_OF).together.orders),
        lambda files: len(files.store.file("ann").history["name"]),
    ],
)
@pytest.mark.parametrize("new_database", ["sqlite", "postgresql"], indirect=True)
def test_not_the_whole_shop_is_read(kit, new_database, verb):
    """For one of 2,000 customers as many rows and statements as for one of 20: hers, and the journal's."""
    database = new_database()
    few, many = (counted_card(kit, database, f"of {n}", n, verb) for n in (20, 2000))
    assert few == many
    assert few[0] >= 2
    assert few[1] < 100
    assert few[2] < 50
