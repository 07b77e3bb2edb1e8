"""Single bits that flip in a database file: seen, or of no account; never a wrong value that looks right."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.stores.sql.bulk import SqlBulk
from retailcrm.adapters.stores.sql.policies import SqlPolicies
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.errors import RetailCRMError
from retailcrm.ports.policies import KeptPolicy
from retailcrm.shop.stored.verifying import verify
from retailcrm.torture.commands import Draws, grant, run
from retailcrm.torture.opening import SHOP, open_it

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.adapters.stores.sql.executor import Database
    from retailcrm.shop.open import Shop

_NAMES = ("ann", "bob", "cat")
_COMMANDS = 30
_BEGIN = datetime(2024, 7, 1, tzinfo=UTC)
_MAPPING = {
    "name": "flips",
    "columns": {
        "number": "number",
        "buyer": "who",
        "paid_at": "paid",
        "completed_at": "paid",
        "paid": "amount",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}


@attrs.frozen(kw_only=True)
class Flips:
    """What came of a run.

    Attributes:
        seed: It repeats everything.
        flips: How many copies with one flipped bit were looked at.
        detected: Of these, found out: the file cannot be opened or read, or ``verify`` names what is wrong.
        harmless: Of these, where every value is as it was.
        silent: Of these, where a value is another and nobody says so.
        problems: Which those are, and errors that were not of ours.
        seconds: How long it took.
    """

    seed: int
    flips: int
    detected: int
    harmless: int
    silent: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every flip was found out or harmless."""
        return not self.problems


def _clean(database: Database) -> bool:
    return verify(database).clean


def flip_bits(
    *,
    seed: int,
    flips: int,
    clean: Callable[[Database], bool] = _clean,
    folder: Path | None = None,
    say: Callable[[str], None] = print,
) -> Flips:
    """Flip one bit each in copies of a shop's file, and verify them.

    Half of the bits are taken from bytes that are not zero: much of a file is empty.

    Args:
        seed: Draws the shop's commands and the bits.
        flips: How many.
        clean: Tells whether a database is as it was written.
        folder: On which disk; in the system's folder for such things if left out.
        say: Is told the seed, and what came of it.
    """
    chance, began = Random(seed), time.monotonic()  # noqa: S311 - a seed repeats it
    counts: Counter[str] = Counter()
    problems: list[str] = []
    with TemporaryDirectory(dir=folder) as name:
        original, copy = Path(name) / "shop.db", Path(name) / "copy.db"
        _make(original, chance)
        content, truth = original.read_bytes(), _values(original)
        used = [place for place, byte in enumerate(content) if byte]
        for n in range(flips):
            place = chance.choice(used) if n % 2 else chance.randrange(len(content))
            bit = chance.randrange(8)
            found = _looked_at(copy, _flipped(content, place, bit), truth, clean)
            counts[found.partition(":")[0]] += 1
            if found not in ("detected", "harmless"):
                problems.append(f"bit {bit} of byte {place}: {found}")
    result = Flips(
        seed=seed, flips=flips, detected=counts["detected"], harmless=counts["harmless"],
        silent=counts["silent"], problems=tuple(problems), seconds=time.monotonic() - began,
    )  # fmt: skip
    say(f"flip_bits seed={seed} flips={flips} {dict(counts)}")
    return result


def _make(path: Path, chance: Random) -> None:
    """Let a shop work for a while on a new file, all of which is in the one file afterwards.

    Some row stands in nearly every table: of a file that was imported, of people who are one, of rules.
    """
    # A clock of its own: the same seed makes the same file.
    seconds = count()
    with open_it(f"sqlite:///{path}", lambda: _BEGIN + timedelta(seconds=next(seconds))) as shop:
        for name in _NAMES:
            run(shop.loyalty, grant(name, 100, f"first:{name}"))
        draws = Draws(chance=chance, prefix="flips", names=_NAMES)
        for _ in range(_COMMANDS):
            command = draws.draw()
            draws.learn(command, run(shop.loyalty, command))
        _import(shop, path.parent)
        shop.customers.merge("eve", "dan", by="kim", note="sisters")
        shop.advance(_BEGIN)
    with closing(SqliteDatabase(path, create=False)) as database:
        SqlBulk(database, SHOP).mark_stale(["dan"])
        SqlPolicies(database, SHOP).keep(KeptPolicy(digest="abc", valid_from=_BEGIN, document="[points]"))


def _import(shop: Shop, folder: Path) -> None:
    """Import a file of four orders."""
    rows = [f"f{n},{who},2024-06-01,{n + 1}0.00" for n, who in enumerate(("dan", "eve", "dan", "fay"))]
    file = folder / "orders_2024-06-30.csv"
    file.write_text("\n".join(("number,who,paid,amount", *rows, "")), "utf-8")
    shop.imports.files([file], mapping=_MAPPING)


def _flipped(content: bytes, place: int, bit: int) -> bytes:
    return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]


def _looked_at(path: Path, content: bytes, truth: dict[str, str], clean: Callable[[Database], bool]) -> str:
    """Say what became of a copy: detected, harmless, or what is wrong."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    path.write_bytes(content)
    path.chmod(0o600)
    try:
        with closing(SqliteDatabase(path, create=False)) as database:
            if not clean(database):
                return "detected"
    except RetailCRMError:
        return "detected"
    except sqlite3.Error as error:
        return f"unclean: {error!r}"
    try:
        values = _values(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return f"silent: {error!r}, and nobody said so"
    if others := [table for table in truth.keys() | values.keys() if truth.get(table) != values.get(table)]:
        return f"silent: another value in {', '.join(sorted(others))}, and nobody says so"
    return "harmless"


def _values(path: Path) -> dict[str, str]:
    """Give a digest of every row of each table."""
    found = {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        # A text that is none must not stop the comparison.
        connection.text_factory = bytes
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'retailcrm%'"
        )
        for (name,) in tables.fetchall():
            table = name.decode()
            rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of its own schema
            found[table] = hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()
    return found
