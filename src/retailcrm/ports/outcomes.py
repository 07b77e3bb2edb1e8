"""What a verb comes to: done, refused, not known, or staged in somebody else's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

Detail = Mapping[str, str | int]


@attrs.frozen(kw_only=True)
class Done:
    """It has happened, once, whoever asks how often.

    Attributes:
        key: The command's idempotency key.
        account: Whose account; empty where two took part.
        points: Points that the command moved.
        version: The account's version afterwards.
        detail: What else the caller needs: a reservation's id, the money that points were worth.
        repeated: The same command was done before; this is what it came to then.
    """

    key: str
    account: str
    points: int
    version: int
    detail: Detail = MappingProxyType({})
    repeated: bool = attrs.field(default=False, eq=False)


@attrs.frozen(kw_only=True)
class Refused:
    """It has not happened, and its key is free.

    Attributes:
        key: The command's idempotency key.
        limit: A stable word for what stood in the way: ``balance``, ``debt``, ``minimum`` ...
        asked: How much was asked for.
        allowed: How much would have been allowed.
        message: One sentence for a person.
    """

    key: str
    limit: str
    asked: int
    allowed: int
    message: str


@attrs.frozen(kw_only=True)
class Unknown:
    """Nobody can say whether it has happened: ask again with the same key.

    Attributes:
        key: The command's idempotency key.
        reason: What went wrong.
    """

    key: str
    reason: str


@attrs.frozen(kw_only=True)
class Staged:
    """It has happened if the caller's own transaction is committed.

    Attributes:
        done: What it will have come to.
    """

    done: Done


Outcome = Done | Refused | Unknown | Staged
