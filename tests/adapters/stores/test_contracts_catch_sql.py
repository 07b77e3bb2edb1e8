"""The contracts of what only databases keep find what is wrong: keepers in SQLite with one bug each."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from tests.adapters.stores.test_contracts_catch import fails

from retailcrm.adapters.stores.sql.migrations import prepare
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sql.rollups import SqlRollUps
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import ConflictError
from retailcrm.testing.stores import OrderBookContract, PoliciesContract, RollUpsContract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from retailcrm.ports.orders import FileKept
    from retailcrm.ports.policies import KeptPolicy
    from retailcrm.ports.rollups import Block, Head

# ---- order books -------------------------------------------------------------------------------------


class BeginsAgain(SqlOrders):
    """A shop is in whatever currency was asked for last."""

    def begin(self, currency: str, zone: str, now: datetime) -> tuple[str, str]:
        super().begin(currency, zone, now)
        return currency, zone


class NewestFirst(SqlOrders):
    """The journal comes the wrong way round."""

    def files(self, after: int = 0) -> list[FileKept]:
        return super().files(after)[::-1]


class TakenTwice(SqlOrders):
    """Whoever adds a file that is there already is not told."""

    def add(self, file: FileKept, tables: Any) -> None:
        with suppress(ConflictError):
            super().add(file, tables)


class EachByItself(SqlOrders):
    """A file stays although what follows from it failed."""

    def unit(self, rows: int = 0) -> AbstractContextManager[object]:  # type: ignore[override]  # the bug
        return nullcontext(rows)


class SeesWhatCame(SqlOrders):
    """Whoever looks twice sees two moments."""

    def snapshot(self) -> AbstractContextManager[object]:
        return nullcontext()


class DecidesLate(SqlOrders):
    """Whoever knows less decides all the same."""

    def decide(self, documents: Sequence[str], after: int) -> None:
        super().decide(documents, max(after, self.last_decision()[0]))


class NothingDecided(SqlOrders):
    """Whoever asks for the newest decision is told that there is none."""

    def last_decision(self) -> tuple[int, str]:
        return 0, ""


# ---- rules -------------------------------------------------------------------------------------------


class FirstMoment(SqlPolicies):
    """Rules that come again stay as old as they were."""

    def keep(self, policy: KeptPolicy) -> None:
        known = "SELECT 1 FROM retailcrm_policies WHERE shop = ? AND digest = ?"
        if self.database.executor.one(known, (self.shop, policy.digest)) is None:
            super().keep(policy)


class Seconds(SqlPolicies):
    """Moments are cut to seconds."""

    def newest(self) -> KeptPolicy | None:
        found = super().newest()
        return found and attrs.evolve(found, valid_from=found.valid_from.replace(microsecond=0))


# ---- roll-ups ----------------------------------------------------------------------------------------


class KeepsGone(SqlRollUps):
    """Blocks that are gone stay."""

    def write(self, rules: str, head: Head, blocks: Iterable[Block], gone: Iterable[str] = ()) -> None:
        super().write(rules, head, blocks, [*gone][:0])


class AsAsked(SqlRollUps):
    """Blocks come in no sequence."""

    def blocks(self, rules: str, firsts: Sequence[str]) -> Iterator[Block]:
        return reversed([*super().blocks(rules, firsts)])


class OneRule(SqlRollUps):
    """Whatever rules it was counted by."""

    def every(self, rules: str) -> Block:
        return super().every(rules.casefold())


class ClearsNothing(SqlRollUps):
    """What is out of date stays."""

    def clear(self) -> None:
        """Do nothing."""


KEEPERS: Final[dict[type, tuple[type, ...]]] = {
    OrderBookContract: (
        BeginsAgain, NewestFirst, TakenTwice, EachByItself, SeesWhatCame, DecidesLate, NothingDecided,
    ),
    PoliciesContract: (FirstMoment, Seconds),
    RollUpsContract: (KeepsGone, AsAsked, OneRule, ClearsNothing),
}  # fmt: skip
RIGHT: Final[dict[type, type]] = {
    OrderBookContract: SqlOrders, PoliciesContract: SqlPolicies, RollUpsContract: SqlRollUps,
}  # fmt: skip
BROKEN: Final = [(contract, kind) for contract, kinds in KEEPERS.items() for kind in kinds]


def found_by(contract: type, kind: type, folder: Path, *, shop: str | None = None) -> list[str]:
    """Run a contract on a keeper in a new file for each test; ``shop`` stands for every shop."""
    numbers, opened = count(), []

    def new() -> Any:
        database = SqliteDatabase(folder / f"{next(numbers)}.db")
        opened.append(closing(database))
        prepare(database)
        return lambda name: kind(database, shop or name)

    try:
        return fails(contract, new)
    finally:
        for one in opened:
            one.__exit__(None, None, None)


@pytest.mark.parametrize(("contract", "kind"), BROKEN, ids=[kind.__name__ for _, kind in BROKEN])
def test_a_broken_keeper_is_found(contract: type, kind: type, tmp_path: Path) -> None:
    """At least one promise of the contract fails on it."""
    assert found_by(contract, kind, tmp_path)


@pytest.mark.parametrize("contract", RIGHT, ids=lambda contract: contract.__name__)
def test_shops_that_are_one_are_found(contract: type, tmp_path: Path) -> None:
    """Whoever mixes two shops fails, and the same way of running finds nothing in what is right."""
    assert found_by(contract, RIGHT[contract], tmp_path, shop="main")
    fresh = tmp_path / "right"
    fresh.mkdir()
    assert found_by(contract, RIGHT[contract], fresh) == []
