"""A database whose transactions somebody else ends."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.database import SessionDatabase
from retailcrm.adapters.stores.sql.session import Session, is_query
from retailcrm.errors import RetailCRMError, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.borrowed.lending import Hand, Lender
    from retailcrm.adapters.stores.sql.executor import Dialect, Executor, Row

# One name for all: databases take the innermost of several of one name, and statements that are always the
# same are prepared once.
_OPEN: Final = "SAVEPOINT retailcrm_unit"
_BACK: Final = "ROLLBACK TO SAVEPOINT retailcrm_unit"
_CLOSE: Final = "RELEASE SAVEPOINT retailcrm_unit"


class BorrowedSession(Session):
    """Somebody else's connection; a unit is a savepoint in her transaction.

    Args:
        lender: What she gave.
        allow_unsafe: Whether to take a database that may lose what it acknowledged.
    """

    def __init__(self, lender: Lender, *, allow_unsafe: bool) -> None:
        super().__init__()
        self.dialect: Dialect = lender.dialect
        self._lender = lender
        self._trusted = allow_unsafe
        self._hand: Hand | None = None
        self._began = self._saved = False

    def begin(self) -> Executor:
        """Open a savepoint; a transaction first, if she has none open."""
        self._lender.check()
        self._hand = hand = self._lender.hand()
        self._began = hand.begin()
        if not self._trusted:
            self._check(hand)
        hand.executor.run(_OPEN)
        self._saved = True
        return hand.executor

    def begin_reading(self) -> Executor:
        """Read in her transaction; if she has none open, in one that ends with the snapshot."""
        self._hand = hand = self._lender.hand()
        self._began = hand.begin_reading()
        return hand.executor

    def commit(self) -> None:
        """Join the savepoint to her transaction, which stays open."""
        if self._hand is not None:
            self._hand.executor.run(_CLOSE)
            self._saved = self._began = False

    def drop(self) -> None:
        """Take the savepoint back, and a transaction that was opened for it."""
        hand, self._hand = self._hand, None
        saved, began = self._saved, self._began
        self._saved = self._began = False
        if hand is None or not hand.is_open():
            return
        if began:
            hand.roll_back()
        elif saved:
            self._take_back(hand)

    def finish(self) -> None:
        """Give nothing back: it is hers."""

    def close(self) -> None:
        """Leave the connection to her."""

    def abandon(self) -> None:
        """Leave the connection to her."""

    def alone(self, sql: str) -> AbstractContextManager[Executor]:
        """Give what runs a single statement."""
        return nullcontext(self._lender.hand().executor) if is_query(sql) else self

    def batches(self, sql: str, values: Sequence[object] = (), *, size: int = 65536) -> Iterator[list[Row]]:
        """Give the rows of a query some at a time; outside a unit they all come first."""
        rows = self.all(sql, values)
        yield from (rows[start : start + size] for start in range(0, len(rows), size))

    def _check(self, hand: Hand) -> None:
        if danger := hand.dangers():
            raise SettingsError(danger)
        self._trusted = True

    def _take_back(self, hand: Hand) -> None:
        try:
            hand.executor.run(_BACK)
            hand.executor.run(_CLOSE)
        except RetailCRMError as error:
            if hand.is_open():
                raise StoreError(
                    f"a part of your transaction failed and cannot be taken back alone; roll it back: {error}"
                ) from None


class BorrowedDatabase(SessionDatabase):
    """A connection that somebody else has, commits and closes.

    Args:
        lender: What she gave.
        allow_unsafe: Whether to take a database that may lose what it acknowledged.
    """

    borrowed: bool = True

    def __init__(self, lender: Lender, *, allow_unsafe: bool) -> None:
        self.dialect: Dialect = lender.dialect
        session = BorrowedSession(lender, allow_unsafe=allow_unsafe)
        super().__init__(lambda: session)

    def unit(self) -> AbstractContextManager[Executor]:
        """Open a savepoint in her transaction; a unit inside another joins it. Nothing is committed.

        Raises:
            RetryTransactionError: Others were first; she rolls her transaction back and runs it again.
            SettingsError: Each statement would be committed by itself, or could be lost.
            StoreError: The database failed otherwise.
        """
        return super().unit()

    def snapshot(self) -> AbstractContextManager[Executor]:
        """Read what her transaction sees; how consistent that is, is for its isolation to say."""
        return super().snapshot()

    def close(self) -> None:
        """Leave the connection to her."""
