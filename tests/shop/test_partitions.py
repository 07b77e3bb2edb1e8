"""Imports partitioned on disk: the same figures as in memory, and nothing left behind."""

from pathlib import Path

import attrs
import numpy as np
import pytest

from retailcrm import Policy, load_policy, open_shop
from retailcrm.adapters.sources.mapping.reading import load_mapping
from retailcrm.analytics.columns import Coded, Texts
from retailcrm.domain.orders import OrderState
from retailcrm.errors import CurrencyMismatchError, SettingsError
from retailcrm.ports.batches import Batch, BuyerKey, Grain
from retailcrm.shop.insight import scores_of
from retailcrm.shop.observed import Collector, Observed
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations

S = OrderState
KEY = BuyerKey(platform="taobao", kind="nick")


@pytest.fixture
def disk():
    """Give an empty store of the smallest budget: some 1,500 rows at a time."""
    store = PartitionedObservations("CNY", "Asia/Shanghai", LEAST_BUDGET)
    yield store
    store.close()


def by_id(scores):
    """Give each customer's row by her id, tier included."""
    return {row["customer_id"]: row for row in scores.to_arrow().to_pylist()}


def assert_same(whole, parted, policy):
    """Hold two reductions of one shop equal, whatever the numbering of customers."""
    assert by_id(scores_of(parted, policy)) == by_id(scores_of(whole, policy))
    assert parted.coverage == whole.coverage
    assert (parted.potential, parted.orders) == (whole.potential, whole.orders)
    for field in attrs.fields(type(whole.months)):
        assert getattr(parted.months, field.name).tolist() == getattr(whole.months, field.name).tolist()


@pytest.fixture(scope="module")
def both(demo_files, repo_root):
    """Give the simulated shop with a ladder, in memory and in parts."""
    policy = load_policy(repo_root / "examples/policies/tiers_metals.toml")
    files, buyers = demo_files
    with open_shop(policy=policy) as whole, open_shop(policy=policy, memory_budget=LEAST_BUDGET) as parted:
        for shop in (whole, parted):
            shop.imports.files(files)
            shop.imports.buyers(buyers)
        yield whole, parted


@pytest.mark.parametrize("as_of", ["2024-07-01", "2023-09-15"])
def test_the_simulated_shop_has_the_same_figures(both, as_of):
    """Scores, tiers, coverage and months of masked exports, items, refunds and a buyers file."""
    whole, parted = both
    assert len(list(parted.insight.parts())) > 1
    assert_same(whole.insight.reduced(as_of), parted.insight.reduced(as_of), whole.policy)
    names = {row["tier"] for row in by_id(whole.insight.score(as_of)).values()}
    assert {"member", "silver"} <= names


def test_the_simulated_shop_has_the_same_orders(kit, both):
    """Not only the figures: every order's every field."""
    whole, parted = both
    assert kit.shop_rows(parted) == kit.shop_rows(whole)


@pytest.mark.data
def test_online_retail_has_the_same_figures(data_dir, repo_root):
    """541,909 lines, guests and credit notes included, in parts of at most 16 MB."""
    mapping = load_mapping(repo_root / "examples/mappings/online_retail.toml")
    policy = Policy(zone="Europe/London", currency="GBP")
    found = []
    for budget in (None, 16 << 20):
        with open_shop(policy=policy, memory_budget=budget) as shop:
            shop.imports.files([data_dir / "online_retail.csv.gz"], mapping=mapping)
            found.append(shop.insight.reduced("2011-12-10"))
            if budget:
                assert len(list(shop.insight.parts())) > 1
    assert_same(*found, policy)
    assert len(found[0].summary) == 4339


def test_customers_are_found_in_any_part(both):
    """One customer's file is the same, wherever her orders lie."""
    whole, parted = both
    for customer in list(by_id(whole.insight.score("2024-07-01")))[::60]:
        wanted = whole.customers.get(customer, as_of="2024-07-01")
        assert parted.customers.get(customer, as_of="2024-07-01") == wanted


def test_a_second_import_changes_nothing(kit, both, demo_files):
    """Files imported before are recognised on disk too, and their rows thrown away."""
    _, shop = both
    once = kit.shop_rows(shop)
    files, buyers = demo_files
    folder = shop.imports.kept._root
    held = sorted(path.name for path in folder.iterdir())
    assert all(file.repeated for file in shop.imports.files(files[-3:]).files)
    assert shop.imports.buyers(buyers).files[0].repeated
    assert sorted(path.name for path in folder.iterdir()) == held
    assert kit.shop_rows(shop) == once


def test_closing_deletes_the_folder(tmp_path):
    """Nothing stays on disk, also when the shop is left by an error, or closed twice."""
    path = tmp_path / "orders.csv"
    path.write_text("id,at,amount\n1,2024-01-01,5\n", "utf-8")
    mapping = {
        "columns": {"number": "id", "paid_at": "at", "paid": "amount"},
        "constants": {"state": "completed"},
        "currency": "USD",
    }
    with open_shop(memory_budget=LEAST_BUDGET) as shop:
        folder = shop.imports.kept._root
        assert folder.is_dir()
        with pytest.raises(CurrencyMismatchError):
            shop.imports.files([path], mapping=mapping)
        shop.imports.files([path], mapping={**mapping, "currency": "CNY"})
        assert [len(part) for part in shop.insight.parts()] == [1]
    assert not folder.exists()
    shop.close()


def test_a_budget_must_hold_a_read():
    """A budget below a megabyte is refused before a folder is made."""
    with pytest.raises(SettingsError, match="at least 1048576 bytes"):
        open_shop(memory_budget=100)


def keep(store, batches, name, at):
    """Read batches into a store as one file."""
    collector = Collector(currency="CNY")
    collected = store.collect(collector, batches)
    observed = Observed(
        digest=name,
        exported_at=at,
        name=name,
        platform="taobao",
        tables=collected.tables,
        buyer_keys=collector.buyer_keys,
        seen=collector.seen,
    )
    assert store.add(observed, collected)


def batch(grain, numbers, **columns):
    """Make a batch."""
    return Batch(
        grain=grain,
        records=np.arange(len(numbers)) + 1,
        columns={"number": Texts.of(numbers), **columns},
        currency="CNY",
        buyer_key=KEY if "buyer" in columns else None,
    )


def test_refunds_of_sub_orders_reach_orders_in_other_partitions(kit, disk):
    """4,000 orders lie in several parts; each refund names a sub-order, which hashes elsewhere."""
    n = 4000
    numbers = [f"{i:06d}" for i in range(n)]
    lines = [f"{i:06d}-1" for i in range(n)]
    hundred = np.full(n, 100)
    paid = batch(Grain.ORDERS, numbers, total=hundred, paid=hundred, state=np.full(n, 5, np.int8))
    keep(disk, [paid], "orders", kit.day(1))
    keep(disk, [batch(Grain.LINES, numbers, line=Texts.of(lines), amount=hundred)], "lines", kit.day(1))
    amount = np.arange(n) % 50
    refunds = [f"R{i}" for i in range(n)]
    named = [line if i % 2 else number for i, (line, number) in enumerate(zip(lines, numbers, strict=True))]
    keep(
        disk,
        [batch(Grain.REFUNDS, named, refund=Texts.of(refunds), amount=amount)],
        "refunds",
        kit.day(2),
    )
    found = {}
    for part in disk.parts():
        found |= kit.rows(part)
    assert {number: row["refunded"] for number, row in found.items()} == dict(
        zip(numbers, amount.tolist(), strict=True)
    )
    assert len(list(disk.parts())) > 1
    folders = [path for path in Path(disk._root).iterdir() if path.is_dir()]
    assert len(folders) == 1  # that of the orders; sub-orders are not kept


def test_batches_of_one_file_may_differ_in_columns(kit, disk):
    """Rows with other columns, and coded where they were plain before, are all read back."""
    first = [f"a{i}" for i in range(10_000)]
    second = [f"b{i}" for i in range(10_000)]
    keep(
        disk,
        [
            batch(Grain.ORDERS, first, buyer=Texts.of(["ann"] * 10_000), total=np.full(10_000, 100)),
            batch(
                Grain.ORDERS,
                second,
                buyer=Coded(np.tile(np.array([-1, 0], np.int32), 5000), Texts.of(["bob"])),
                state=np.full(10_000, 2, np.int8),
                paid_at=np.full(10_000, np.datetime64("2024-01-02", "us")),
            ),
        ],
        "mixed",
        kit.day(3),
    )
    found = {}
    for part in disk.parts():
        found |= kit.rows(part)
    assert len(found) == 20_000
    assert (found["a7"]["gross"], found["a7"]["paid_at"], found["a7"]["buyer"]) == (100, None, "ann")
    assert (found["b7"]["gross"], found["b7"]["paid_at"], found["b7"]["buyer"]) == (0, kit.day(2), "bob")
    assert (found["b6"]["buyer"], found["b6"]["state"]) == (None, S.PAID)


def test_one_customer_is_never_split(kit, disk):
    """All orders of a customer lie in one part, guests anywhere, and every order in exactly one."""
    n = 6000
    rng = np.random.default_rng(3)
    buyers = Coded(rng.integers(-1, 40, n).astype(np.int32), Texts.of(f"b{i}" for i in range(40)))
    orders = batch(Grain.ORDERS, [str(i) for i in range(n)], buyer=buyers, total=np.full(n, 5))
    keep(disk, [orders], "orders", kit.day(1))
    seen = [set(part.customers.ids) for part in disk.parts()]
    assert len(seen) > 1
    assert sum(map(len, seen)) == len(set().union(*seen)) == 40
    assert sum(len(part) for part in disk.parts()) == n
