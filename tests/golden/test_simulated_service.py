"""Catalogue, parcels, reviews, refunds of a simulated shop, imported again: as the simulator knows them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.simulate import (
    ShopSpec,
    SimulatedShop,
    parcel_table,
    product_table,
    refund_table,
    review_table,
    simulate_shop,
    write_full_exports,
)

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.tables import ParcelEventTable, ProductTable, ReviewTable
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.open import Shop
    from retailcrm.simulate import FullExports

MIB: Final = 1 << 20


@attrs.frozen(eq=False)
class Exported:
    """A simulated shop and its files."""

    shop: SimulatedShop
    files: FullExports


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Write everything a shop has."""
    simulated = simulate_shop(ShopSpec(seed=20_240_601, customers=800))
    return Exported(simulated, write_full_exports(simulated, tmp_path_factory.mktemp("exports")))


def fill(shop: Shop, exported: Exported, seed: int | None = None) -> Shop:
    """Import every file, shuffled if there is a seed, then who is behind masked nicks."""
    tables: list[tuple[Path, Path | None]] = [(file, None) for file in exported.files.reports]
    tables += exported.files.mapped
    if seed is not None:
        random.Random(seed).shuffle(tables)  # noqa: S311 - no secret
    for file, mapping in tables:
        assert not shop.imports.files(file, mapping=mapping).rejected
    assert exported.files.buyers is not None
    shop.imports.buyers(exported.files.buyers)
    return shop


@pytest.fixture(scope="module")
def shop(exported: Exported) -> Shop:
    """Import the files in the order they were made."""
    return fill(open_shop(), exported)


def beside_of(shop: Shop) -> Beside:
    """Give what a shop knows beside its orders."""
    return shop.imports.kept.beside()


def numbers_of(shop: Shop) -> list[str]:
    """Give the order numbers that positions point to."""
    (part,) = shop.insight.parts()
    return part.numbers.tolist()


def as_rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
    """Give some columns of a table as rows."""
    return list(zip(*(getattr(table, name).tolist() for name in names), strict=True))


def products_by_code(table: ProductTable) -> dict[str, tuple[Any, ...]]:
    """Take a catalogue apart."""
    names = ("title", "category", "cost", "price", "stock", "on_shelf", "on_shelf_since", "seen_at")
    return dict(zip(table.keys.tolist(), as_rows(table, *names), strict=True))


def test_the_catalogue_is_the_shops(shop: Shop, exported: Exported) -> None:
    """Every product with category, cost, price, stock, and the moment it was counted."""
    found = beside_of(shop).products
    assert found is not None
    assert products_by_code(found) == products_by_code(product_table(exported.shop))


def test_what_was_sold_is_in_the_catalogue(shop: Shop) -> None:
    """The item reports' products are titles or codes of the catalogue."""
    beside = beside_of(shop)
    assert beside.lines is not None
    assert beside.products is not None
    sold = {product for product in beside.lines.product.tolist() if product is not None}
    assert len(sold) > 50
    assert sold <= {*beside.products.title.tolist(), *beside.products.keys.tolist()}


def parcel_rows(table: ParcelEventTable, numbers: list[str]) -> list[tuple[Any, ...]]:
    """Give events of parcels with the number of their order, sorted."""
    rows = as_rows(table, "order", "parcel", "carrier", "event", "at")
    return sorted((numbers[order], *rest) for order, *rest in rows if order >= 0)


def test_every_event_of_a_parcel_is_there_once(shop: Shop, exported: Exported) -> None:
    """Order, number, carrier, event and moment are the simulator's."""
    found = beside_of(shop).parcels
    assert found is not None
    assert (found.order >= 0).all()
    truth = parcel_rows(parcel_table(exported.shop), exported.shop.numbers().tolist())
    assert len(truth) > 5000
    assert parcel_rows(found, numbers_of(shop)) == truth


def review_rows(table: ReviewTable, numbers: list[str]) -> list[tuple[Any, ...]]:
    """Give reviews with the number of their order, sorted."""
    rows = as_rows(table, "order", "at", "score", "product", "second_at", "has_text", "has_second")
    return sorted(((numbers[order], *rest) for order, *rest in rows), key=str)


def test_every_review_is_there_once(shop: Shop, exported: Exported) -> None:
    """Order, moment, score, product and second review are the simulator's."""
    found = beside_of(shop).reviews
    assert found is not None
    assert (found.order >= 0).all()
    truth = review_rows(review_table(exported.shop), exported.shop.numbers().tolist())
    assert len(truth) > 700
    assert review_rows(found, numbers_of(shop)) == truth


def test_reviews_under_a_mask_are_their_buyers(shop: Shop, exported: Exported) -> None:
    """A masked nick names nobody: who wrote is known exactly where the order's buyer is, and then truly."""
    found = beside_of(shop).reviews
    assert found is not None
    (part,) = shop.insight.parts()
    ids, truth = part.customers.ids.tolist(), review_table(exported.shop)
    nicks, numbers = exported.shop.nicks().tolist(), exported.shop.numbers().tolist()
    wrote = dict(
        zip([numbers[i] for i in truth.order.tolist()], [nicks[c] for c in truth.customer], strict=True)
    )
    ordered = part.customer[found.order]
    assert np.array_equal(found.customer, ordered)
    known = found.customer >= 0
    assert 0.8 < known.mean() < 1
    for order, customer in zip(found.order[known].tolist(), found.customer[known].tolist(), strict=True):
        assert ids[customer] == wrote[part.numbers[order]]


def test_every_refund_is_there_once_with_its_reason(shop: Shop, exported: Exported) -> None:
    """Two overlapping reports give each refund once: amount, reason, when it was asked for and settled."""
    beside, truth = beside_of(shop), refund_table(exported.shop)
    assert beside.refunds is not None
    assert beside.stray_refunds == 0
    names, numbers = ("amount", "reason", "asked_at", "settled_at"), exported.shop.numbers().tolist()
    expected = dict(zip([numbers[i] for i in truth.order], as_rows(truth, *names), strict=True))
    ours = numbers_of(shop)
    found = zip([ours[i] for i in beside.refunds.order], as_rows(beside.refunds, *names), strict=True)
    assert len(beside.refunds) == len(expected) > 100
    assert dict(found) == expected


def test_orders_know_their_channel_and_their_way(shop: Shop, exported: Exported) -> None:
    """Phone or computer of every order, and when it left and was signed for, by report and parcel file."""
    (part,) = shop.insight.parts()
    truth = exported.shop.order_table()
    expected = dict(
        zip(truth.numbers.tolist(), as_rows(truth, "channel", "shipped_at", "received_at"), strict=True)
    )
    assert (
        dict(zip(part.numbers.tolist(), as_rows(part, "channel", "shipped_at", "received_at"), strict=True))
        == expected
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_files_does_not_matter(shop: Shop, exported: Exported, seed: int) -> None:
    """Imported in any order, they give the same catalogue, parcels and reviews."""
    other, ours = beside_of(mixed := fill(open_shop(), exported, seed)), beside_of(shop)
    assert other.products is not None
    assert other.parcels is not None
    assert other.reviews is not None
    assert ours.products is not None
    assert ours.parcels is not None
    assert ours.reviews is not None
    assert products_by_code(other.products) == products_by_code(ours.products)
    assert parcel_rows(other.parcels, numbers_of(mixed)) == parcel_rows(ours.parcels, numbers_of(shop))
    assert review_rows(other.reviews, numbers_of(mixed)) == review_rows(ours.reviews, numbers_of(shop))


def test_importing_everything_twice_changes_nothing(exported: Exported) -> None:
    """Every file of the second import is a repeat; the tables stay as long as they were."""
    shop = fill(open_shop(), exported)
    before = beside_of(shop)
    fill(shop, exported)
    half = len(shop.imports.accounts()) // 2
    assert all(account.repeated for account in shop.imports.accounts()[half:])
    after = beside_of(shop)
    for name in ("products", "lines", "reviews", "parcels", "refunds"):
        assert len(getattr(before, name)) == len(getattr(after, name)), name
    assert before.kinds == after.kinds


def test_in_partitions_the_same_is_known(shop: Shop, exported: Exported) -> None:
    """Larger than memory: the catalogue and the reviews are the same, reviews without their orders."""
    with open_shop(memory_budget=MIB) as small:
        fill(small, exported)
        found, whole = beside_of(small), beside_of(shop)
        assert found.products is not None
        assert found.reviews is not None
        assert whole.products is not None
        assert whole.reviews is not None
        assert products_by_code(found.products) == products_by_code(whole.products)
        assert found.lines is None
        assert found.parcels is None
        names = ("at", "score", "product", "second_at", "has_text", "has_second")
        assert sorted(as_rows(found.reviews, *names), key=str) == sorted(
            as_rows(whole.reviews, *names), key=str
        )
        assert found.kinds == whole.kinds
