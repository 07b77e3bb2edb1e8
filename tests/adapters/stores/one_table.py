"""A table in a database, and what tests do with it again and again."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Database, Executor

PHONE: Final = "13800138000"
"""What no message may show."""

_TABLE: Final = "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0), name TEXT)"
_STRICT: Final = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0), name TEXT) STRICT"
)


def add_table(database: Database) -> None:
    """Create the table."""
    database.executor.run(_STRICT if database.dialect == "sqlite" else _TABLE)


def ids(database: Database) -> list[int]:
    """Give the ids that stand."""
    return [row[0] for row in database.executor.all("SELECT id FROM t ORDER BY id")]


def seen_by_another(database: Any) -> list[int]:
    """Give the ids that a connection sees which is not this package's."""
    is_file = database.dialect == "sqlite"
    with closing(sqlite3.connect(database.path) if is_file else psycopg.connect(database.url)) as own:
        return [row[0] for row in own.execute("SELECT id FROM t ORDER BY id")]


def add(database: Database, *numbers: int) -> None:
    """Write rows in one unit."""
    with database.unit() as executor:
        for number in numbers:
            executor.run("INSERT INTO t VALUES (?, 1, '')", (number,))


def fall_over(
    context: AbstractContextManager[Executor], number: int, error: type[BaseException] = ZeroDivisionError
) -> None:
    """Write a row in a unit or savepoint, and raise."""
    with context as executor:
        executor.run("INSERT INTO t VALUES (?, 1, '')", (number,))
        raise error


def in_thread(work: Callable[[], object]) -> None:
    """Do something in another thread; raise what it raised."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed on
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def refused_without_a_word(
    database: Database, cases: Iterable[tuple[type[Exception], str, tuple[object, ...]]]
) -> None:
    """Write what cannot be written: the error is of its class exactly, and shows no value anywhere."""
    for kind, sql, values in cases:
        with pytest.raises(kind) as caught:
            database.executor.run(sql, values)
        assert type(caught.value) is kind
        assert PHONE not in str(caught.value)
        assert caught.value.__suppress_context__
