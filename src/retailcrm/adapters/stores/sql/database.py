"""What every database does alike with the session of whoever asks: units, snapshots, savepoints."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from retailcrm.adapters.stores.sql.session import Savepoint, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.adapters.stores.sql.session import Session


class SessionDatabase:
    """A database seen through the session in hand; whose that is, its kind says.

    Args:
        session: Gives the session of whoever asks.
    """

    borrowed: bool = False

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    @property
    def executor(self) -> Executor:
        """The executor of whoever asks: of the transaction she is in, else of single statements."""
        return self._session().executor

    @property
    def in_unit(self) -> bool:
        """Whether whoever asks is inside a unit."""
        return self._session().writing

    @property
    def settled(self) -> dict[object, Any] | None:
        """What was read in the unit that nobody else can change before it ends; ``None`` where others can."""
        return self._session().settled

    @property
    def along(self) -> dict[object, Any]:
        """What came along with the answer to another question, for whoever asks it next: once."""
        return self._session().along

    def unit(self) -> AbstractContextManager[Executor]:
        """Open a transaction for writing; a unit inside another joins it.

        If one that joined fails, the whole fails, unless a savepoint between them took it back.
        """
        return self._session()

    def snapshot(self) -> AbstractContextManager[Executor]:
        """Open a transaction for reading; inside a unit it is the unit."""
        return Snapshot(self._session())

    def savepoint(self) -> AbstractContextManager[Executor]:
        """Inside a unit: what is done in the block goes alone if the block raises."""
        return Savepoint(self._session())

    def alone(self) -> AbstractContextManager[object]:
        """Do nothing: this database keeps writers apart by itself, or whoever commits sees to it."""
        return nullcontext()
