"""Exports of a simulated shop, imported again: every order is as the simulator knows it to be."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.simulate import BUYERS_FILE, ShopSpec, simulate_shop, write_taobao_exports

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.metrics import MonthlyMetrics
    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.imports import ImportResult
    from retailcrm.shop.open import Shop
    from retailcrm.shop.scores import Scores

CUSTOMERS: Final = 800
SEEDS: Final = (7, 20_240_601)
AS_OF: Final = "2024-07-01"
MIB: Final = 1 << 20
FACTS: Final = ("state", "gross", "refunded", "placed_at", "paid_at", "completed_at")


@attrs.frozen
class Exported:
    """A simulated shop, and the files that its seller has."""

    truth: OrderTable
    reports: tuple[Path, ...]
    buyers: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.reports, self.buyers)


@pytest.fixture(scope="module", params=SEEDS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Write the exports of a shop."""
    simulated = simulate_shop(ShopSpec(seed=request.param, customers=CUSTOMERS))
    *reports, buyers = write_taobao_exports(simulated, tmp_path_factory.mktemp("exports"))
    assert buyers.name == BUYERS_FILE
    return Exported(simulated.order_table(), tuple(reports), buyers)


def fill(shop: Shop, exported: Exported) -> list[ImportResult]:
    """Import all reports, then the buyers file."""
    return [shop.imports.files(exported.reports), shop.imports.buyers(exported.buyers)]


@pytest.fixture(scope="module")
def shop(exported: Exported) -> Shop:
    """Import the files in the order they were made."""
    opened = open_shop()
    fill(opened, exported)
    return opened


def rows_of(orders: OrderTable) -> dict[str, dict[str, Any]]:
    """Take an order table apart: what is known of each number."""
    ids = [*orders.customers.ids.tolist(), None]
    columns: dict[str, list[Any]] = {}
    for name in FACTS:
        column = getattr(orders, name)
        never = np.full(len(orders), np.datetime64("NaT", "us"))
        columns[name] = np.asarray(never if column is None else column).tolist()
    columns["buyer"] = [ids[code] for code in orders.customer.tolist()]
    columns["province"] = [None] * len(orders) if orders.province is None else orders.province.tolist()
    columns["city"] = [None] * len(orders) if orders.city is None else orders.city.tolist()
    numbers = orders.numbers.tolist()
    assert len(set(numbers)) == len(numbers)
    return {number: {name: column[i] for name, column in columns.items()} for i, number in enumerate(numbers)}


def present(shop: Shop) -> dict[str, dict[str, Any]]:
    """Give the shop's orders, of all its parts together."""
    return {number: row for part in shop.insight.parts() for number, row in rows_of(part).items()}


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """List what is not the same on both sides, by order number."""
    numbers = sorted(ours.keys() | theirs.keys())
    return [(n, ours.get(n), theirs.get(n)) for n in numbers if ours.get(n) != theirs.get(n)]


def picked(rows: dict[str, dict[str, Any]], *names: str) -> dict[str, tuple[Any, ...]]:
    """Keep some facts of each order."""
    return {number: tuple(row[name] for name in names) for number, row in rows.items()}


def records_of(path: Path) -> list[dict[str, str]]:
    """Read a file with the csv module."""
    encoding = "utf-8-sig" if path.name == BUYERS_FILE else "gb18030"
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def nicks_told(*paths: Path) -> dict[str, str]:
    """Read who some file says, unmasked, to have placed which order."""
    told: dict[str, str] = {}
    for row in (row for path in paths for row in records_of(path)):
        nick = row.get("买家会员名", "*")
        if "*" not in nick:
            told[row["订单编号"].strip('="')] = nick
    return told


def test_every_order_is_as_it_truly_was(shop: Shop, exported: Exported) -> None:
    """State, money and instants of each order are the simulator's, from overlapping snapshots of it."""
    ours, truth = present(shop), rows_of(exported.truth)
    assert len(truth) > 2 * CUSTOMERS
    assert not differing(picked(ours, *FACTS), picked(truth, *FACTS))
    states = {row["state"] for row in truth.values()}
    assert {OrderState.CLOSED, OrderState.COMPLETED, OrderState.REFUNDED} <= states
    assert sum(0 < row["refunded"] < row["gross"] for row in truth.values()) > 5


def test_every_order_went_where_it_truly_went(shop: Shop, exported: Exported) -> None:
    """Province and city come out of addresses, masked or not."""
    ours, truth = present(shop), rows_of(exported.truth)
    assert not differing(picked(ours, "province", "city"), picked(truth, "province", "city"))


def test_every_known_nick_is_found(shop: Shop, exported: Exported) -> None:
    """An order has its true buyer exactly if a plain report or the buyers file names her."""
    ours, truth, told = present(shop), rows_of(exported.truth), nicks_told(*exported.files)
    expected = {number: (row["buyer"] if number in told else None,) for number, row in truth.items()}
    assert not differing(picked(ours, "buyer"), expected)
    assert all(truth[number]["buyer"] == nick for number, nick in told.items())
    unknown = sum(number not in told for number in truth)
    assert 0.03 * len(truth) < unknown < 0.15 * len(truth)


def test_without_the_buyers_file_masked_orders_have_nobody(exported: Exported) -> None:
    """A masked nick alone is no customer: such orders keep their money and have no buyer."""
    shop = open_shop()
    shop.imports.files(exported.reports)
    ours, truth = present(shop), rows_of(exported.truth)
    told = nicks_told(*exported.reports)
    assert told.keys() < nicks_told(*exported.files).keys()
    expected = {number: (row["buyer"] if number in told else None,) for number, row in truth.items()}
    assert not differing(picked(ours, "buyer"), expected)
    assert not differing(picked(ours, *FACTS), picked(truth, *FACTS))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_files_does_not_matter(shop: Shop, exported: Exported, seed: int) -> None:
    """Imported one by one in any order, the buyers file among them, they give the same shop."""
    files = list(exported.files)
    random.Random(seed).shuffle(files)  # noqa: S311 - no secret
    other = open_shop()
    for path in files:
        take = other.imports.buyers if path == exported.buyers else other.imports.files
        assert not take(path).rejected
    assert not differing(present(other), present(shop))
    assert same_scores(other.insight.score(AS_OF), shop.insight.score(AS_OF))


def test_importing_everything_twice_changes_nothing(exported: Exported) -> None:
    """Each file of the second import is reported as repeated, with the same account, and adds no order."""
    shop = open_shop()
    first = [account for result in fill(shop, exported) for account in result.files]
    before, scores = present(shop), shop.insight.score(AS_OF)
    second = [account for result in fill(shop, exported) for account in result.files]
    assert not any(account.repeated for account in first)
    assert all(account.repeated for account in second)
    assert [attrs.evolve(account, repeated=True) for account in first] == second
    assert not differing(present(shop), before)
    assert same_scores(shop.insight.score(AS_OF), scores)


def test_the_accounts_add_up(shop: Shop, exported: Exported) -> None:
    """Each file's records are those the csv module counts, all accepted, none rejected."""
    for path, account in zip(exported.files, shop.imports.accounts(), strict=True):
        records = len(records_of(path))
        assert account.name.endswith(path.name)
        assert (account.records, account.accepted) == (records, records)
        assert (account.rejected, account.blank, account.problems) == (0, 0, ())


def frame_of(scores: Scores) -> list[tuple[Any, ...]]:
    """Give the scores as rows by customer: the order of customers is no promise."""
    table = scores.to_arrow()
    return sorted(zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True))


def same_scores(ours: Scores, theirs: Scores) -> bool:
    """Say whether two scorings agree in every column of every customer, in cuts and in coverage."""
    return (
        frame_of(ours) == frame_of(theirs)
        and ours.rfm.cuts == theirs.rfm.cuts
        and ours.value_cuts == theirs.value_cuts
        and ours.coverage == theirs.coverage
        and ours.notes == theirs.notes
    )


def months_of(shop: Shop) -> dict[str, list[Any]]:
    """Give the calendar months as plain lists."""
    months: MonthlyMetrics = shop.insight.reduced(AS_OF).months
    return {field.name: getattr(months, field.name).tolist() for field in attrs.fields(type(months))}


@pytest.fixture(scope="module")
def laddered(exported: Exported, repo_root: Path) -> Shop:
    """Give the shop with the demo's ladder, all in memory."""
    shop = open_shop(policy=repo_root / "src/retailcrm/cli/demo_shop.toml")
    fill(shop, exported)
    return shop


@pytest.mark.parametrize("exported", SEEDS[:1], indirect=True)
@pytest.mark.parametrize("budget", [8 * MIB, MIB])
def test_a_memory_budget_changes_no_figure(
    laddered: Shop, exported: Exported, repo_root: Path, budget: int
) -> None:
    """Scores, tiers, coverage and months are the same from partitions on disk as in memory."""
    policy = repo_root / "src/retailcrm/cli/demo_shop.toml"
    with open_shop(policy=policy, memory_budget=budget) as shop:
        fill(shop, exported)
        parts = len(list(shop.insight.parts()))
        assert parts > 1 or budget > MIB
        assert not differing(present(shop), present(laddered))
        ours, whole = shop.insight.score(AS_OF), laddered.insight.score(AS_OF)
        assert same_scores(ours, whole)
        assert len(set(whole.tier.tolist())) >= 3
        assert months_of(shop) == months_of(laddered)
        assert shop.insight.reduced(AS_OF).potential == laddered.insight.reduced(AS_OF).potential
        assert shop.imports.files(exported.reports[0]).files[0].repeated
        assert same_scores(shop.insight.score(AS_OF), whole)


def test_in_the_middle_the_past_is_as_it_was(laddered: Shop, exported: Exported) -> None:
    """Scored mid-way, who counts and for how much follows from the truth before that moment alone."""
    moment = np.datetime64("2023-12-31T16:00", "us")
    truth, told = exported.truth, nicks_told(*exported.files)
    money: dict[str, list[int]] = {}
    for number, row in rows_of(truth).items():
        paid = row["paid_at"] is not None and np.datetime64(row["paid_at"]) < moment
        if paid and number in told and row["state"] != OrderState.REFUNDED:
            money.setdefault(row["buyer"], []).append(row["gross"])
    scores = laddered.insight.score("2024-01-01")
    ids = scores.customer_ids.tolist()
    found = dict(zip(ids, zip(scores.summary.orders, scores.summary.gross, strict=True), strict=True))
    expected = {who: (len(amounts), sum(amounts)) for who, amounts in money.items()}
    wrong = differing(found, expected)
    # An order given back after that day still counted on it; the refund report dates early ones only.
    assert {who for who, _, _ in wrong} <= buyers_refunded_after(exported, moment)


def buyers_refunded_after(exported: Exported, moment: np.datetime64) -> set[str]:
    """List the buyers of an order that was paid before a moment and given back after it."""
    truth = exported.truth
    chosen = (truth.paid_at < moment) & (truth.refunded_at >= moment)
    ids = truth.customers.ids.tolist()
    return {ids[code] for code in truth.customer[chosen].tolist()}


@pytest.mark.parametrize("name", FACTS)
def test_a_wrong_fact_is_noticed(exported: Exported, name: str) -> None:
    """The comparison names the one order of which a fact was changed."""
    truth = rows_of(exported.truth)
    number = next(iter(truth))
    changed = truth | {number: truth[number] | {name: -1}}
    assert [n for n, _, _ in differing(picked(changed, *FACTS), picked(truth, *FACTS))] == [number]


def test_another_shop_is_noticed(shop: Shop, exported: Exported) -> None:
    """A shop that lacks one report has other orders, scores and coverage."""
    poorer = open_shop()
    poorer.imports.files(exported.reports[1:])
    poorer.imports.buyers(exported.buyers)
    assert differing(present(poorer), present(shop))
    assert not same_scores(poorer.insight.score(AS_OF), shop.insight.score(AS_OF))
