"""Sending several statements before the answer to the first has come.

The driver has a mode for it too, but looks for answers at every statement: over a local socket that costs
what it saves. Here all go out together and one wait takes all answers: it costs the client and the server
less, and on a network it saves a round trip for each.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import errors, generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus

from retailcrm.adapters.stores.postgres.failures import is_lost
from retailcrm.adapters.stores.postgres.statements import DRIVER_ERRORS, Statements
from retailcrm.adapters.stores.sql.executor import numbered
from retailcrm.adapters.stores.sql.putting import Sends, Step
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from psycopg import abc
    from psycopg.abc import Buffer, PQGen
    from psycopg.pq.abc import PGconn, PGresult

    from retailcrm.adapters.stores.sql.executor import Row

_FORGOTTEN: Final = ("ROLLBACK", "DROP", "ALTER", "DISCARD", "DEALLOCATE")
"""What makes the driver give up all that was prepared on a connection."""

_LOST: Final = "the connection was lost"


class UnitStatements(Statements, Sends):
    """Runs the statements of our own units on a connection that nobody else uses.

    A unit is opened with its first statement: what is sent together with that saves a wait.

    Args:
        connection: The connection.
        start: Opens a transaction, on another connection if this one was lost, and binds this to it.

    Attributes:
        opening: What opens the unit; empty if it is open, or none is wanted.
    """

    def __init__(self, connection: psycopg.Connection, start: Callable[[str], None]) -> None:
        super().__init__(connection)
        self._number = count()
        self._start = start
        self.opening = ""

    def bind(self, connection: psycopg.Connection) -> None:
        """Run statements on a connection from now on, which knows none of them."""
        super().bind(connection)
        self._names: dict[str, bytes] = {}

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement; give the number of rows that it changed."""
        self._open()
        if sql.startswith(_FORGOTTEN):
            self._names.clear()
        return super().run(sql, values)

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query; ``None`` if there is none."""
        self._open()
        return super().one(sql, values)

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query."""
        self._open()
        return super().all(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values; the driver does not wait for each."""
        self._open()
        super().many(sql, rows)

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time, as the server's cursor gives them."""
        self._open()
        yield from super().batches(sql, values, size=size)

    def _open(self) -> None:
        if self.opening:
            words, self.opening = self.opening, ""
            self._start(words)

    def send(self, steps: Sequence[Step]) -> None:
        """Run statements in their order; what is wrong with the first of those that fail is told.

        Raises:
            ConflictError: A guarded one changed no row.
        """
        self._asked(steps)

    def first_rows(self, questions: Sequence[Step]) -> list[Row | None]:
        """Ask several questions, each after the one before; give the first row of each answer."""
        answers = self._asked(questions)
        # Of the connection that answered: another one may have been lost before.
        reader = Transformer(self.connection)
        return [_row(reader, answer) for answer in answers]

    def _asked(self, steps: Sequence[Step]) -> list[PGresult]:
        if not steps:
            return []
        opening, self.opening = self.opening, ""
        try:
            return self._answers(steps, opening)
        except DRIVER_ERRORS as error:
            if not opening or not is_lost(self.connection):
                self._fail(error)
        # It was lost while nothing was open, so nothing is lost with it.
        self._start(opening)
        return self._asked(steps)

    def _answers(self, steps: Sequence[Step], opening: str) -> list[PGresult]:
        # First of all, as a value that cannot be sent must not leave half of them on their way.
        writer = Transformer(self.connection)
        ready = [(self._name(step.sql), _dumped(writer, step.values)) for step in steps]
        answers = _sent(self.connection, ready, opening)
        if opening and answers:
            _checked(answers.pop(0))
        for step, answer in zip(steps, answers, strict=False):
            if not _checked(answer).command_tuples and step.guard:
                raise ConflictError(step.guard)
        if len(answers) < len(steps):
            raise psycopg.OperationalError(_LOST)
        return answers

    def _name(self, sql: str) -> bytes:
        """Name a statement as the server knows it; prepare it if it does not know it yet."""
        found = self._names.get(sql)
        if found is None:
            found, server = b"retailcrm_%d" % next(self._number), self.connection.pgconn
            server.send_prepare(found, numbered(sql).encode())
            _answer(self.connection)
            self._names[sql] = found
        return found


def plainly(connection: psycopg.Connection, words: str) -> str:
    """Run what has no values, such as COMMIT; give what the server says that it did.

    A cursor takes longer, and gives up all that is prepared on the connection at each ROLLBACK.
    """
    connection.pgconn.send_query(words.encode())
    return (_answer(connection).command_status or b"").decode()


_Ready = tuple[bytes, tuple["Sequence[Buffer | None]", "Sequence[int] | None"]]
"""Name of a prepared statement, and its values in the server's way, with their formats."""


def _sent(connection: psycopg.Connection, ready: Sequence[_Ready], opening: str) -> list[PGresult]:
    """Send statements and take the answer to each; fewer if the connection is lost over it.

    Args:
        connection: Where to.
        ready: The statements.
        opening: What goes before them, with an answer of its own; empty for nothing.
    """
    server = connection.pgconn
    server.enter_pipeline_mode()
    try:
        if opening:
            server.send_query_params(opening.encode(), None)
        for name, (values, formats) in ready:
            server.send_query_prepared(name, values, formats)
        server.pipeline_sync()
        return connection.wait(_taken(server, len(ready) + bool(opening)))
    finally:
        _leave(connection)


def _taken(server: PGconn, many: int) -> PQGen[list[PGresult]]:
    yield from generators.send(server)
    answers: list[PGresult] = []
    for _ in range(many):
        answers += yield from generators.fetch_many(server)
    # What ends the answers is one too.
    yield from generators.fetch_many(server)
    return answers


def _leave(connection: psycopg.Connection) -> None:
    """Let statements be sent one by one again; what has answers left cannot, and is of no more use."""
    try:
        connection.pgconn.exit_pipeline_mode()
    except psycopg.OperationalError:
        connection.close()


def _dumped(
    writer: abc.Transformer, values: Sequence[object]
) -> tuple[Sequence[Buffer | None], Sequence[int] | None]:
    """Write values the way the driver does: it refuses what a text cannot hold."""
    dumped = writer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    return dumped, writer.formats


def _row(reader: abc.Transformer, answer: PGresult) -> Row | None:
    """Read the first row of an answer the way the driver does."""
    reader.set_pgresult(answer)
    return reader.load_row(0, tuple) if answer.ntuples else None


def _answer(connection: psycopg.Connection) -> PGresult:
    """Take the answer to what was sent alone."""
    answers = [_checked(one) for one in connection.wait(generators.execute(connection.pgconn))]
    if not answers:
        raise psycopg.OperationalError(_LOST)
    return answers[-1]


def _checked(answer: PGresult) -> PGresult:
    if answer.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise errors.error_from_result(answer)
    return answer
