"""What the contracts of stores are made of: changes to write, and how answers are compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.points.awarding import earn
from retailcrm.errors import ConflictError
from retailcrm.ports.ledger import Change

if TYPE_CHECKING:
    from retailcrm.domain.points.account import Account

NOW: Final = datetime(2024, 5, 1, 12, tzinfo=UTC)
TICK: Final = timedelta(microseconds=1)


class StoppedError(Exception):
    """What a caller's own code raises in the middle of a unit."""


class Raises:
    """Says whether a block ends in an error that it has to end in."""

    def __init__(self, kind: type[Exception]) -> None:
        self.kind = kind

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        """Take the error, or fail where none came."""
        assert kind is not None, f"no {self.kind.__name__}"
        return issubclass(kind, self.kind)


def conflict() -> Raises:
    """Expect that somebody else was first."""
    return Raises(ConflictError)


def stopped() -> Raises:
    """Expect that the caller's own code failed."""
    return Raises(StoppedError)


def change_of(before: Account, found: Any) -> Change:  # noqa: ANN401 - an outcome
    """Give what an outcome changes."""
    return Change(before=before, after=found.account, entries=found.entries)


def earned(before: Account, points: int, key: str, **more: Any) -> Change:  # noqa: ANN401 - of earn
    """Give a change that awards points; they wait, unless it is said when they can be spent."""
    words: dict[str, Any] = {"activates_at": None, "now": before.not_before(NOW)} | more
    found = earn(before, points, lot=f"lot {key}", source="test", key=key, **words)
    return change_of(before, found)


def same(found: dict[str, Any], wanted: dict[str, Any], where: str) -> None:
    """Say which answer is another."""
    others = [question for question in wanted if found.get(question) != wanted[question]]
    assert not others, (
        f"{where}: {others[0]} gives {found.get(others[0])!r:.2000}, not {wanted[others[0]]!r:.2000}"
    )
    assert found.keys() == wanted.keys(), f"{where}: {found.keys() ^ wanted.keys()}"
