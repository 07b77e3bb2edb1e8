"""A store is worked through again: nothing is found in a right one, whatever is changed in it is."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest
from hypothesis import settings

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.bulk import SqlBulk
from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sql.schema import TABLES
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, Order, OrderState, fold
from retailcrm.errors import RetailCRMError
from retailcrm.ports.policies import KeptPolicy
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.verifying import MOST, Verified, beside, events, promised, rows, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm import Shop

MAPPING: Final = {
    "name": "ours",
    "columns": {
        "number": "id", "buyer": "who", "paid_at": "at", "completed_at": "done", "paid": "amount",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}  # fmt: skip
POLICY: Final = {
    "shop": {"zone": "UTC"},
    "points": {"waiting": {"until": "paid"}, "reward": [{"id": "mug", "points": 3, "stock": 4}]},
}
FLIPS: Final = 2 * settings().max_examples
"""120 in a usual run, 10,000 in a nightly one."""


class Clock:
    """Tells the moment that the test says it is."""

    def __init__(self) -> None:
        self.now = datetime(2024, 4, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def live(url: str) -> None:
    """Let a shop live for some days: orders, every verb that writes to a table of its own, a merge."""
    clock = Clock()
    with open_shop(url, policy=policy_from_table(POLICY), clock=clock) as shop:
        bring(shop, ("1", "ann", "50.00"), ("2", "bob", "30.00"), ("3", "cat", "20.00"))
        clock.now += timedelta(days=1)
        bring(shop, ("2", "bob", "30.00"), ("4", "ann", "10.00"))
        points = shop.loyalty
        points.redeem("ann", 12, key="r1", order="ours/main/4")
        points.reserve("ann", 7, key="h1")
        points.reserve("bob", 5, key="h2")
        points.capture("h2", key="c2", points=3)
        points.give_back("r1", key="g1", points=2)
        points.reverse("ours/main/2", Money(500, "CNY"), key="v1")
        points.transfer("ann", "bob", 4, key="t1")
        points.adjust("bob", 6, key="a1", reason="sorry", actor="kim")
        points.rewards.buy("bob", "mug", key="b1")
        points.redeem("cat", 1, key="r0")
        shop.customers.merge("ann", "cat", by="kim", note="her sister says so")
        points.redeem("ann", 1, key="r2")
        shop.advance(clock.now)
    with closing(database_at(url)) as database:
        # What is there for a moment only, or is asked for by name.
        SqlBulk(database, "main").mark_stale(["bob"])
        SqlPolicies(database, "main").keep(KeptPolicy(digest="d", valid_from=clock.now, document="[points]"))


def bring(shop: Shop, *orders: tuple[str, str, str]) -> None:
    """Import orders of number, buyer and amount."""
    names = ("id", "who", "amount")
    columns = {name: pa.array([row[i] for row in orders]) for i, name in enumerate(names)}
    days = {name: pa.array(["2024-03-01"] * len(orders)) for name in ("at", "done")}
    assert not shop.imports.table(pa.table({**columns, **days}), MAPPING).problems


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a shop that has lived; nothing of it is left in its log."""
    path = tmp_path_factory.mktemp("lived") / "shop.db"
    live(f"sqlite:///{path}")
    return path


@pytest.fixture
def file(lived: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    return Path(shutil.copy(lived, tmp_path / "shop.db"))


def verified(path: Path, shop: str | None = None) -> Verified:
    """Work a file through."""
    with closing(SqliteDatabase(path, create=False)) as database:
        return verify(database, shop)


def written(old: str, new: str) -> str:
    """Write a change of documents."""
    return f"UPDATE TABLE SET document = replace(document, '{old}', '{new}')"  # noqa: S608 - fixed words


def changed(path: Path, *statements: str, table: str = "") -> None:
    """Change rows behind the store's back; with a table, its digests are made anew."""
    with closing(sqlite3.connect(path)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            sql = re.sub("^(UPDATE|DELETE FROM) ", r"\1 retailcrm_", statement)
            assert connection.execute(sql).rowcount > 0, sql
        if table:
            columns = [one[1] for one in connection.execute(f"PRAGMA table_info(retailcrm_{table})")]
            same = " AND ".join(f"{name} IS ?" for name in columns[:-1])
            for *row, _ in connection.execute(f"SELECT * FROM retailcrm_{table}").fetchall():  # noqa: S608
                connection.execute(
                    f"UPDATE retailcrm_{table} SET proof = ? WHERE {same}",  # noqa: S608 - fixed words
                    (proof(*row), *row),
                )
        for _, sql in guards:
            connection.execute(sql)
        connection.commit()


def test_a_right_store_has_no_findings(lived: Path) -> None:
    """After every verb all tables are worked through, and every point issued is somewhere."""
    found = verified(lived)
    assert found.findings == ()
    assert found.clean
    read = {"accounts", "entries", "lots", "holds", "awards", "spendings", "effects", "events", "stocks"}
    assert read | {"merged", "merges", "files", "orders", "observed_orders", "shops"} <= found.counts.keys()
    sums = found.points["main/points"]
    buckets = ("pending", "available", "held", "spent", "expired", "reversed")
    assert sums["issued"] == sum(sums[name] for name in buckets) == 50 + 30 + 20 + 10 + 6
    assert sums["moved"] == sums["arrived"] > 4


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (
            "UPDATE accounts SET available = available + 1 WHERE account = 'points/bob'",
            {"digest", "column"},
        ),
        ("UPDATE accounts SET document = replace(document, '[0,19,', '[0,18,')", {"digest", "state"}),
        ("DELETE FROM accounts WHERE account = 'points/bob'", {"missing", "effect"}),
        ("UPDATE entries SET key = 'x' WHERE key = 'r1'", {"digest"}),
        ("DELETE FROM entries WHERE version = 1 AND account = 'points/bob'", {"journal"}),
        (
            "UPDATE lots SET spent = spent - 1, available = available + 1 WHERE spent > 0",
            {"digest", "column"},
        ),
        ("DELETE FROM lots WHERE spent > 0", {"missing", "conservation"}),
        ("DELETE FROM holds", {"missing"}),
        ("UPDATE holds SET ends_at = ends_at + 1", {"column"}),
        ("DELETE FROM spendings WHERE key = 'r1'", {"spending"}),
        ("UPDATE awards SET account = 'points/bob' WHERE reference = 'ours/main/1'", {"digest"}),
        ("UPDATE awards SET known = replace(known, '5000', '5001')", {"digest"}),
        ("UPDATE effects SET fingerprint = 'x' WHERE key = 'r1'", {"digest"}),
        ("UPDATE refunds SET document = replace(document, '500', '501')", {"digest"}),
        ("UPDATE stocks SET version = 7", {"digest", "column"}),
        ("UPDATE merged SET keep = 'points/bob'", {"merge"}),
        ("UPDATE rules SET document = document || ' '", {"digest"}),
        ("UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 5", {"event"}),
        ("UPDATE events SET kind = 'points.mooed' WHERE position = 5", {"event"}),
        ("UPDATE orders SET gross = gross + 1 WHERE number = '1'", {"fold"}),
        ("DELETE FROM orders WHERE number = '4'", {"fold"}),
        ("UPDATE observed_orders SET paid = paid + 1 WHERE number = '3'", {"digest", "fold"}),
        ("UPDATE files SET name = 'x' WHERE file = 1", {"digest"}),
        ("UPDATE observed_orders SET file = 9 WHERE file = 2", {"stray", "digest"}),
        ("UPDATE merges SET document = replace(document, 'kim', 'tim')", {"digest"}),
        ("UPDATE holds SET shop = 'other'", {"stray", "missing"}),
        ("UPDATE shops SET zone = 'Asia/Nowhere'", {"shop", "digest"}),
        ("UPDATE shops SET zone = 'Asia/Tokyo'", {"digest"}),
        ("UPDATE shops SET decisions = 2", {"digest"}),
        ("UPDATE clocks SET advanced_at = advanced_at + 1", {"digest"}),
        ("UPDATE policies SET valid_from = valid_from - 1", {"digest"}),
        ("UPDATE stale SET customer = 'bod'", {"digest"}),
        ("UPDATE merged SET gone = 'points/cab'", {"digest"}),
        ("UPDATE events SET document = replace(document, '1000', '1001') WHERE position = 4", {"digest"}),
        ("UPDATE events SET proof = NULL WHERE position = 4", {"event"}),
        ("UPDATE events SET shop = 'other' WHERE position = 4", {"stray"}),
    ],
)  # fmt: skip
def test_a_changed_row_is_found(file: Path, statement: str, codes: set[str]) -> None:
    """Whatever is written past the store is told, with the row and without values."""
    changed(file, statement)
    found = verified(file)
    assert codes <= found.found.keys(), found.findings
    assert not found.clean


GONE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "accounts": (("account = 'points/bob'", "accounts missing"),),
    "entries": (("key = 'r1'", "entries journal"),),
    "lots": (("lot = 't1/0'", "lots missing"), ("lot = 'order:ours/main/3'", "lots missing")),
    "holds": (("hold = 'h1'", "holds missing"),),
    "spendings": (("key = 'c2'", "spendings spending"),),
    "effects": tuple(
        (f"verb = '{verb}' AND key = '{key}'", "effects missing")
        for verb, key in (
            ("redeem", "r1"), ("reserve", "h1"), ("capture", "c2"), ("give_back", "g1"), ("reverse", "v1"),
            ("transfer", "t1"), ("adjust", "a1"), ("reward", "b1"),
        )
    ),
    "awards": tuple((f"reference = 'ours/main/{n}'", "awards missing") for n in (1, 2, 3, 4)),
    "rules": (("1 = 1", "rules missing"),),
    "refunds": (("1 = 1", "refunds missing"),),
    "stocks": (("1 = 1", "stocks missing"),),
    "merged": (("1 = 1", "merged missing"),),
    "merges": (("position = 1", "merges missing"),),
    "events": (
        ("document LIKE '%adjust%'", "events missing"),
        ("position IN (SELECT max(position) FROM retailcrm_events)", "events missing"),
    ),
    "shops": (("1 = 1", "shops missing"),),
    "files": (("file = 1", "files gap"), ("file = 2", "observed_orders stray")),
    "orders": (("number = '3'", "orders fold"),),
    "observed_orders": (("number = '3'", "observed_orders digest"),),
    "rolled": (("1 = 1", "rolled missing"),),
    "summaries": (("1 = 1", "summaries count"),),
}  # fmt: skip
"""Rows of each table, and the finding once they are deleted."""

ELSEWHERE: Final = {
    "referrals": "in the test of referrals",
    "observed_lines": "like those of orders: the journal of files has a digest of each file's rows",
    "observed_parcels": "likewise",
    "observed_refunds": "likewise",
    "observed_customers": "likewise",
    "observed_products": "likewise",
    "observed_reviews": "likewise",
}
"""Tables of which this shop has no rows."""

NOT_ASKED_FOR: Final = {
    "policies": "a shop that a program opens with its rules keeps none, so none may be missing",
    "clocks": "a run of the clock that was stopped has written entries, but not yet up to when",
    "stale": "nothing says whose orders lie ahead but these rows: the next import of hers counts them all",
}
"""Tables whose rows nothing else in a store tells of, and why."""


def test_every_table_is_asked_for_its_rows_or_says_why_not() -> None:
    """No table is forgotten."""
    named = {name.removeprefix("retailcrm_") for name in TABLES.tables}
    assert named == {*GONE, *ELSEWHERE, *NOT_ASKED_FOR}


@pytest.mark.parametrize(
    ("table", "where", "finding"),
    [(table, where, finding) for table, rows in GONE.items() for where, finding in rows],
)
def test_a_row_that_is_deleted_is_missed(file: Path, table: str, where: str, finding: str) -> None:
    """Of rows that anything else tells of not one can be deleted unseen."""
    changed(file, f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - fixed words
    found = verified(file)
    assert finding in {f"{one.table} {one.code}" for one in found.findings}, found.findings


@pytest.mark.parametrize(
    ("table", "where", "finding"),
    [
        ("referrals", "referred = 'bob'", "referrals missing"),
        ("effects", "verb = 'referral_order'", "effects missing"),
        ("effects", "verb = 'activity'", "effects missing"),
        ("effects", "verb = 'void'", "effects missing"),
        ("effects", "verb = 'referral_refund'", "effects missing"),
    ],
)
def test_a_row_of_a_referral_or_an_activity_is_missed(
    tmp_path: Path, table: str, where: str, finding: str
) -> None:
    """Ann brought Bob by an order that went back, and signed in; without one of the rows this is told."""
    path = tmp_path / "shop.db"
    points = {"referral": {"least": "20.00"}, "activity": [{"kind": "signin", "points": 5}]}
    policy = policy_from_table({"shop": {"zone": "UTC"}, "points": points})
    with open_shop(f"sqlite:///{path}", policy=policy, clock=Clock()) as shop:
        shop.loyalty.referrals.link("ann", "bob", key="l1", at=datetime(2024, 3, 10, tzinfo=UTC))
        shop.loyalty.earn(completed(), key="e1")
        shop.loyalty.referrals.order(completed(), key="o1")
        shop.loyalty.activity("ann", "signin", key="s1")
        shop.loyalty.reserve("ann", 2, key="h1")
        shop.loyalty.void("h1", key="w1")
        shop.loyalty.reverse("ours/main/9", Money(4000, "CNY"), key="v1")
    assert verified(path).clean
    changed(path, f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - fixed words
    found = verified(path)
    assert {f"{one.table} {one.code}" for one in found.findings} == {finding}


def completed() -> Order:
    """Give an order of Bob's over 50.00 that he received on the 20th of March."""
    day = datetime(2024, 3, 20, tzinfo=UTC)
    told = Observation(
        ref=OrderRef("ours", "main", "9"), observed_at=day, placed_at=day, paid_at=day, completed_at=day,
        gross=Money(5000, "CNY"), state=OrderState.COMPLETED, buyer=Identity.of("ours", "main", "id", "bob"),
    )  # fmt: skip
    return fold([told])


def test_an_event_of_what_files_tell_is_not_asked_for(file: Path) -> None:
    """A first import tells nothing of the past, so that of files' orders no event is asked for."""
    changed(file, 'DELETE FROM events WHERE document LIKE \'%"what":"earn"%\'')
    assert verified(file).clean


@pytest.mark.parametrize("table", NOT_ASKED_FOR)
def test_a_row_that_nothing_else_tells_of_may_be_missing(file: Path, table: str) -> None:
    """As in a store that never had it: nothing is told."""
    changed(file, f"DELETE FROM {table}")  # noqa: S608 - fixed words
    assert verified(file).clean


def test_a_changed_row_of_a_shop_is_told_for_ever(file: Path) -> None:
    """Later imports write a shop's row and its digest anew, not that of a row that was another before."""
    changed(file, "UPDATE shops SET zone = 'Asia/Tokyo'")
    with closing(SqliteDatabase(file)) as database:
        SqlBulk(database, "main").mark_followed("later")
    assert verified(file).found["digest"] == 1
    changed(file, "UPDATE shops SET zone = 'UTC', followed = 'eca0c7946f27'")
    assert verified(file).clean


@pytest.mark.parametrize(
    ("table", "statement", "code"),
    [
        ("accounts", "UPDATE accounts SET available = available + 1", "column"),
        ("accounts", written("[0,19,", "[0,18,"), "state"),
        ("accounts", written("[],null]", "[],1]"), "state"),
        ("accounts", "UPDATE accounts SET debt = debt + 1", "column"),
        ("lots", "UPDATE lots SET spent = spent - 1, available = available + 1 WHERE spent > 0", "column"),
        ("lots", written("[0,19,0,6", "[0,19,0,7"), "state"),
        ("entries", written("[0,1,3,12]", "[0,1,3,11]"), "journal"),
        ("entries", written("[0,1,3,12]", "[0,-6,3,12]"), "broken"),
        ("entries", written("[0,1,3,12]", "[false,1,3,12]"), "broken"),
        ("entries", written(",1712016000000000,null,[0,38,", ",1712016000000000.0,null,[0,38,"), "broken"),
        ("entries", written('"order:ours/main/4","",""', '7,"",""'), "broken"),
        ("entries", "UPDATE entries SET effective_at = effective_at + 1 WHERE key = 'r1'", "journal"),
        ("effects", written(",{", "9,{"), "effect"),
        ("spendings", written(",10]],", ",9]],"), "spending"),
        ("awards", written("null,0,0,", "null,999,0,"), "award"),
        ("awards", written("0,1709251200000000,50,", "0,1709251200000000,49,"), "award"),
        ("stocks", written('"taken":1', '"taken":5'), "stock"),
        ("stocks", written('"taken":1', '"taken":0'), "stock"),
    ],
)
def test_a_forged_digest_does_not_help(file: Path, table: str, statement: str, code: str) -> None:
    """Whoever makes the digests anew is found by the journals, the lots and the sums."""
    changed(file, statement.replace("TABLE", table), table=table)
    found = verified(file)
    assert code in found.found, found.findings
    assert "digest" not in found.found


def test_whoever_earned_nothing_needs_no_account(tmp_path: Path) -> None:
    """An order over 0.50 earns no point: its award is kept, a journal or an account there is none."""
    path = tmp_path / "shop.db"
    with open_shop(f"sqlite:///{path}", policy=policy_from_table(POLICY), clock=Clock()) as shop:
        bring(shop, ("1", "ann", "0.50"))
    found = verified(path)
    assert found.findings == ()
    assert (found.counts.get("awards"), found.counts.get("accounts")) == (1, None)


def test_a_journal_without_its_guard_is_told(file: Path) -> None:
    """Without its triggers the journal could be rewritten; a table without its CHECK too is not as made."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER retailcrm_entries_keep")
        connection.execute("DROP INDEX retailcrm_awards_account")
    found = verified(file)
    assert found.found == {"guard": 1, "schema": 2}
    assert {one.key for one in found.findings} == {"", "retailcrm_entries_keep", "retailcrm_awards_account"}


def test_one_shop_of_several_is_worked_through(tmp_path: Path) -> None:
    """A finding names its shop; asked for the other one, there is none."""
    path = tmp_path / "shop.db"
    for name in ("one", "two"):
        with open_shop(f"sqlite:///{path}", shop=name, policy=policy_from_table(POLICY)) as shop:
            shop.loyalty.adjust("ann", 5, key="a", reason="r", actor="k")
    changed(path, "UPDATE effects SET fingerprint = 'x' WHERE shop = 'two'")
    assert [(one.shop, one.table, one.key) for one in verified(path).findings] == [
        ("two", "effects", "adjust/a")
    ]
    assert verified(path, "one").clean
    assert not verified(path, "two").clean


def test_findings_are_kept_up_to_a_number_and_all_counted(tmp_path: Path) -> None:
    """A store that is broken all through fills no memory: the first thousand are kept."""
    path = tmp_path / "shop.db"
    with open_shop(f"sqlite:///{path}", policy=policy_from_table(POLICY)) as shop:
        shop.loyalty.adjust("ann", 5, key="a", reason="r", actor="k")
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT * FROM retailcrm_effects").fetchone()
        rows = [(*row[:2], f"k{n}", *row[3:]) for n in range(MOST + 50)]
        connection.executemany("INSERT INTO retailcrm_effects VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
    found = verified(path)
    assert len(found.findings) == MOST
    assert found.found == {"digest": MOST + 50}


def test_messages_tell_no_values(file: Path) -> None:
    """Reasons, names and other texts of documents stand in no finding."""
    changed(file, "UPDATE entries SET document = replace(document, 'sorry', 'secret 13800134821')")
    changed(file, "UPDATE entries SET document = '{' || document WHERE version = 2")
    found = verified(file)
    assert not found.clean
    assert all("13800134821" not in one.message and "secret" not in one.message for one in found.findings)


def test_no_flipped_bit_that_changes_a_value_passes(lived: Path, tmp_path: Path) -> None:
    """Single bits are flipped in copies of the file: found, refused as broken, or no value is another."""
    whole, before = lived.read_bytes(), values(lived)
    places = [at for at, byte in enumerate(whole) if byte]
    chance = random.Random(20261122)  # noqa: S311 - places, not secrets
    told = 0
    for _ in range(FLIPS):
        at = chance.choice(places) * 8 + chance.randrange(8)
        broken = bytearray(whole)
        broken[at // 8] ^= 1 << (at % 8)
        path = tmp_path / "flipped.db"
        for name in ("flipped.db", "flipped.db-wal", "flipped.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        path.write_bytes(broken)
        try:
            clean = verified(path).clean
        except RetailCRMError:
            clean = False
        told += not clean
        assert not clean or values(path) == before, f"bit {at}"
    assert told > FLIPS // 2


@pytest.mark.parametrize("table", ["shops", "clocks", "stale", "merged", "policies", "events"])
def test_no_flipped_bit_of_a_small_row_passes(lived: Path, tmp_path: Path, table: str) -> None:
    """Rows that no journal repeats: bits of a row and of what stands before it in the file are flipped."""
    whole, before = lived.read_bytes(), values(lived)
    with closing(sqlite3.connect(lived)) as connection:
        asked = f"SELECT proof FROM retailcrm_{table} WHERE proof IS NOT NULL LIMIT 1"  # noqa: S608 - our own names
        (digest,) = connection.execute(asked).fetchone()
    end = whole.index(digest.encode()) + len(digest)
    chance = random.Random(table)  # noqa: S311 - places, not secrets
    path = tmp_path / "flipped.db"
    told = 0
    for bit in chance.sample(range((end - 100) * 8, end * 8), FLIPS // 4):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << (bit % 8)
        for name in ("flipped.db", "flipped.db-wal", "flipped.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        path.write_bytes(broken)
        try:
            clean = verified(path).clean
        except RetailCRMError:
            clean = False
        told += not clean
        assert not clean or values(path) == before, f"bit {bit}"
    assert told > 0


def values(path: Path) -> dict[str, Any]:
    """Read every value of all tables."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        names = sorted(name.decode() for (name,) in tables if name.startswith(b"retailcrm_"))
        return {
            name: connection.execute(f"SELECT * FROM {name} NOT INDEXED").fetchall()  # noqa: S608 - of the schema
            for name in names
        }


def test_memory_does_not_grow_with_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times the accounts take the same memory: some rows and one account are held at a time."""
    for module in (rows, beside, events, promised):
        monkeypatch.setattr(module, "AT_ONCE", 32)
    peaks = []
    for accounts in (80, 400):
        path = tmp_path / f"{accounts}.db"
        with open_shop(f"sqlite:///{path}", policy=policy_from_table(POLICY)) as shop:
            commands = [_adjusted(n) for n in range(accounts)]
            assert sum(len(group) for group in shop.loyalty.batch(commands)) == accounts
        with closing(SqliteDatabase(path, create=False)) as database:
            verify(database)
            tracemalloc.start()
            assert verify(database).counts["entries"] >= accounts
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def _adjusted(number: int) -> Callable[[Any], Any]:
    return lambda points: points.adjust(f"c{number}", 5, key=f"a{number}", reason="r", actor="k")


def test_a_right_store_on_postgresql_has_no_findings(postgres_url: str) -> None:
    """The same shop on PostgreSQL: nothing is found, a change is, and so is a guard that is off."""
    live(postgres_url)
    with closing(database_at(postgres_url)) as database:
        found = verify(database)
        assert found.findings == ()
        assert found.points["main/points"]["issued"] == 50 + 30 + 20 + 10 + 6
        with database.unit() as run:
            run.run("UPDATE retailcrm_accounts SET available = available + 1 WHERE account = 'points/bob'")
            run.run("ALTER TABLE retailcrm_entries DISABLE TRIGGER USER")
        assert {"digest", "column", "guard"} <= verify(database).found.keys()
