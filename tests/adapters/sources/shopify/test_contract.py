"""The reader of Shopify's exports keeps the promises that plugin authors' readers are held to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from retailcrm.adapters.sources.shopify import Shopify
from retailcrm.ports.batches import KEYS
from retailcrm.testing.damage import damaged
from retailcrm.testing.sources import SourceContract

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.testing.reading import Reading


class TestShopify(SourceContract):
    """An orders and a customers export of a simulated shop, orders of several rows among them."""

    def source(self) -> Shopify:
        """Give the reader under test."""
        return Shopify()

    def test_damage_costs_only_its_own_record(self, tmp_path: Path) -> None:
        """Or its own order, where the row that tells of the order is hurt: its lines go with it."""
        for path in self._texts():
            (plain,) = self._read(path)
            for seed in range(8):
                rng = random.Random(seed)  # noqa: S311 - no secret
                for hurt in damaged(path.read_bytes(), self.encoding, header=self._header(path), rng=rng):
                    copy = tmp_path / path.name
                    copy.write_bytes(hurt.data)
                    (found,) = self._read(copy)
                    key = key_of(plain, hurt.record)
                    assert others(found, key) == others(plain, key), f"record {hurt.record} {hurt.name}"


def key_of(reading: Reading, record: int) -> object:
    """Give the order, or the buyer, that a record is about."""
    (key,) = {
        values[KEYS[grain]] for grain, rows in reading.rows.items() for at, values in rows if at == record
    }
    return key


def others(reading: Reading, key: object) -> object:
    """Give all rows but those about one order or buyer."""
    return {
        grain: [(at, sorted(values.items())) for at, values in rows if values[KEYS[grain]] != key]
        for grain, rows in reading.rows.items()
    }
