"""Verify reads rows by hand, and comes to the documents that the domain writes of what the ledger reads."""

from __future__ import annotations

from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm.adapters.stores.sql.codecs import rule_document
from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.domain.points.checker.journals import BUCKETS
from retailcrm.domain.points.documents import account_document, entry_document, lot_document
from retailcrm.domain.points.lots import Bucket
from retailcrm.shop.stored.verifying.documents import (
    award_of,
    entry_of,
    lot_of,
    moment_text,
    moved_in,
    open_of,
    read,
)
from retailcrm.shop.stored.verifying.rows import BROKEN, columns_of
from retailcrm.torture.commands import Draws, grant, run
from retailcrm.torture.opening import SHOP, open_it

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("ann", "bob", "小明")
LOT: Final = '[0,0,5,5,9,5,null,[50,0,0,0,0,0,0],[12,null,"year",null,"UTC"],null,[]]'
ENTRY: Final = f'[[[0,{LOT}]],[[0,null,0,50]],0,0,null,"",0,"",""]'


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give a store in which every verb was drawn several times."""
    path: Path = tmp_path_factory.mktemp("drawn") / "shop.db"
    with open_it(f"sqlite:///{path}") as shop:
        for name in NAMES:
            run(shop.loyalty, grant(name, 100, f"first:{name}"))
        draws = Draws(chance=Random(5), prefix="d", names=NAMES)  # noqa: S311 - drawn, no secrets
        for _ in range(120):
            command = draws.draw()
            draws.learn(command, run(shop.loyalty, command))
    with closing(SqliteDatabase(path, create=False)) as opened:
        yield opened


def rows_of(database: Any, table: str, account: str, order: str) -> list[dict[str, Any]]:
    """Read the rows of an account as they stand there."""
    asked = f"SELECT * FROM retailcrm_{table} WHERE shop = ? AND account = ? ORDER BY {order}"  # noqa: S608 - ours
    return [
        dict(zip(columns_of(table), row, strict=True))
        for row in database.executor.all(asked, (SHOP, account))
    ]


def test_rows_are_read_as_the_documents_of_the_domain(database: Any) -> None:
    """Entries, lots, accounts and awards of many commands: both ways of reading them agree."""
    ledger, verbs = SqlLedger(database, SHOP), set()
    for name in ledger.accounts():
        entries = ledger.entries(name)
        verbs |= {entry.verb.value for entry in entries}
        rows = rows_of(database, "entries", name, "version")
        assert [entry_of(row) for row in rows] == [entry_document(entry) for entry in entries]
        assert [moved_in(row["document"], row["key"]) for row in rows] == [
            (sum(one.points for one in entry.movements), entry.reference) for entry in entries
        ]
        lots = {
            row["lot"]: lot_of(row["lot"], read(row["document"]))
            for row in rows_of(database, "lots", name, "lot")
        }
        assert lots == {lot.id: lot_document(lot) for lot in ledger.lots(name).values()}
        (account,) = rows_of(database, "accounts", name, "version")
        whole = account_document(ledger.account(name))
        opened = open_of(account["document"])
        assert opened == {key: whole[key] for key in opened}
        awards = ledger.awards(name)
        assert {
            row["reference"]: award_of(row) for row in rows_of(database, "awards", name, "reference")
        } == {
            key: {
                "lot": it.lot,
                "points": it.award.points,
                "rule": rule_document(it.rule)[0],
                "taken": it.taken,
                "forgiven": it.forgiven,
            }
            for key, it in awards.items()
        }
    assert {"redeem", "reserve", "capture", "void", "give_back", "transfer", "adjust"} <= verbs


def test_buckets_stand_in_one_order() -> None:
    """Numbers of buckets in stores are places in the checker's list, which is the domain's."""
    assert tuple(bucket.value for bucket in Bucket) == BUCKETS


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("[0,null,0,50]", "[1,null,0,50]"),
        ("[0,null,0,50]", "[-1,null,0,50]"),
        ("[0,null,0,50]", "[true,null,0,50]"),
        ("[0,null,0,50]", "[0,7,0,50]"),
        ("[0,null,0,50]", "[0,null,-1,50]"),
        ("[0,null,0,50]", "[0,null,false,50]"),
        ("[0,null,0,50]", "[0,null,null,50]"),
        ("[0,null,0,50]", "[0,null,0]"),
        ("[0,0,5,", "[0,0,5.0,"),
        ("[0,0,5,", "[0,0,true,"),
        ("[0,0,5,", "[0,0,null,"),
        ("[0,0,5,", "[1,0,5,"),
        ("[0,0,5,", "[0,null,5,"),
        ("[0,0,5,", "[0,5,"),
        ("null,[]]", "null,[3]]"),
        ("null,[]]", "null,null]"),
        ('"",0,"",""]', '"",0,0,""]'),
        ('"",0,"",""]', '"",0.0,"",""]'),
        ('"",0,"",""]', '"",0,"",""'),
        ('"",0,"",""]', '"",0,"",""] '),
    ],
)
def test_what_only_looks_like_an_entry_is_refused(right: str, wrong: str) -> None:
    """Numbers that are none, places that there are not, lists of another length: nothing is guessed."""
    row = dict.fromkeys(columns_of("entries"), "") | {"key": "k", "version": 1, "verb": "earn"}
    row |= {"account": "points/ann", "effective_at": 5, "recorded_at": 5, "document": ENTRY}
    assert entry_of(row)["movements"] == [{"lot": "k", "source": None, "target": "pending", "points": 50}]
    assert ENTRY.count(right) == 1
    with pytest.raises(BROKEN):
        entry_of(row | {"document": ENTRY.replace(right, wrong)})


def test_moments_are_whole_numbers() -> None:
    """True and 1.0 are no moments, though they equal one whose text is known."""
    assert moment_text(1) == "1970-01-01T00:00:00.000001+00:00"
    for count in (True, 1.0, "1", None):
        with pytest.raises(TypeError):
            moment_text(count)
