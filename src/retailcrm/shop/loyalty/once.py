"""A command happens once: its key, its fingerprint, and what it came to."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.identity import Identity
from retailcrm.domain.points.documents import writer
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    IdempotencyConflictError,
    InputError,
    RetailCRMError,
    RetryTransactionError,
    StoreError,
    UnknownOutcomeError,
)
from retailcrm.ports.ledger import Change, Effect, Ledger, RefundsTold, Spending, Unit
from retailcrm.ports.outcomes import Detail, Done, Outcome, Refused, Staged, Unknown
from retailcrm.shop.loyalty.attempts import Attempts
from retailcrm.shop.loyalty.grouping import GroupLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.domain.points.stocks import Stock

LONGEST: Final = 255
"""Characters that a key, an id or a reference has at most: every database can look for so many."""

_PEOPLE: Final = ("who", "giver", "taker")
"""What names a customer."""

_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
"""Halves of pairs, which no text has."""

_SHARED: Final = {"reserve": "reserve_reward", "reserve_reward": "reserve"}
"""Verbs whose keys name reservations, of which each has a name of its own."""

_write: Final = writer(default=str)


@attrs.frozen(kw_only=True)
class Plan:
    """What a command will write, and what it will have come to.

    Attributes:
        changes: Accounts and their new entries; the first is the one that the caller hears of.
        points: Points that the command moves.
        detail: What else the caller needs.
        awards: Awards that change, with the account that they are in.
        spendings: Redemptions that change.
        refunds: Refunds of orders that were told.
        stocks: Stocks before and after.
        referrals: Referrals that change.
        refusal: What the caller hears all the same: nothing of his command happened but what is to be
            remembered of it, and its key stays free.
        names: Whether the command's key will name a redemption: one is named by it alone.
    """

    changes: tuple[Change, ...]
    points: int
    detail: Detail = attrs.field(factory=dict)
    awards: tuple[tuple[str, Awarded], ...] = ()
    spendings: tuple[Spending, ...] = ()
    refunds: tuple[RefundsTold, ...] = ()
    stocks: tuple[tuple[Stock, Stock], ...] = ()
    referrals: tuple[Brought, ...] = ()
    refusal: Refusal | None = None
    names: bool = False


def once(
    ledger: Ledger, verb: str, key: str, asked: Mapping[str, Any], decide: Callable[[], Plan | Refusal]
) -> Outcome:
    """Do a command, or give what it came to when it was done before.

    Args:
        ledger: Where to.
        verb: The verb; keys of two verbs do not meet.
        key: The idempotency key; kept as long as the ledger.
        asked: What is asked for, without "now".
        decide: Reads the accounts and decides; asked again if somebody else writes first.

    Raises:
        InputError: The key is empty, or a text is too long or cannot be kept.
        IdempotencyConflictError: The key stands for something else.
        ConflictError: Others wrote first, again and again.
        RetryTransactionError: Others wrote first, in a transaction that only the caller can repeat.
    """
    if not key.strip():
        raise InputError(f"{verb} needs a key: by it the command happens once, however often it is sent")
    check_texts({"key": key, **asked})
    fingerprint, attempts = _fingerprint(asked), Attempts()
    # Within a unit that somebody else opened only he can begin anew.
    joins = ledger.in_unit
    new = ledger.trusting if isinstance(ledger, GroupLedger) else not (joins or ledger.borrowed)
    while True:
        try:
            # Deciding writes too where a merge is to be followed; whoever is beaten to it decides again.
            with ledger.unit():
                outcome = _decided(ledger, verb, key, fingerprint, decide, new=new)
        except UnknownOutcomeError as error:
            return Unknown(key=key, reason=str(error))
        except (IdempotencyConflictError, RetryTransactionError):
            raise
        except ConflictError as error:
            if joins:
                raise
            # A key that was not new is no reason to wait for others.
            at_once, new = new and isinstance(error, DuplicateRowError), False
            if not (at_once or attempts.again()):
                raise
        else:
            return outcome


def _decided(
    ledger: Ledger,
    verb: str,
    key: str,
    fingerprint: str,
    decide: Callable[[], Plan | Refusal],
    *,
    new: bool,
) -> Outcome:
    """Do a command inside a unit, or give what it came to before.

    Most commands are sent once, so the key is taken for new if it may be. Where it is not, writing it fails,
    or it is found here: then the command is begun anew and looked up, so that nothing is written for it.
    """
    known = _known(ledger, verb, key, new=new)
    if known is not None:
        return _again(ledger, known, fingerprint)
    try:
        _check_reservation(ledger, verb, key)
        plan = decide()
        if not isinstance(plan, Refusal) and plan.names:
            _check_redemption(ledger, key, new=new)
    except RetailCRMError as error:
        if not _is_of_command(error) or (known := _done_before(ledger, verb, key, new=new)) is None:
            raise
        return _again(ledger, known, fingerprint)
    refusal = plan if isinstance(plan, Refusal) else plan.refusal
    # The same command may have been done while this one waited for the account: hence the refusal.
    if refusal is not None and (known := _done_before(ledger, verb, key, new=new)) is not None:
        return _again(ledger, known, fingerprint)
    if isinstance(plan, Refusal):
        return _refused(key, plan)
    if plan.refusal is not None:
        ledger.write(_unit(plan, None))
        return _refused(key, plan.refusal)
    done = _done(key, plan)
    ledger.write(_unit(plan, Effect(verb=verb, key=key, fingerprint=fingerprint, done=done)))
    return Staged(done=done) if ledger.borrowed else done


def _known(ledger: Ledger, verb: str, key: str, *, new: bool) -> Effect | None:
    if isinstance(ledger, GroupLedger):
        return ledger.taken(verb, key)
    return None if new else ledger.effect(verb, key)


def _done_before(ledger: Ledger, verb: str, key: str, *, new: bool) -> Effect | None:
    """Give what a command came to that cannot be done now, if it was done before.

    Raises:
        DuplicateRowError: It was, and was taken for new.
    """
    known = ledger.effect(verb, key)
    if known is not None and new:
        raise DuplicateRowError(f"key {key!r} of {verb} was used before")
    return known


def _check_reservation(ledger: Ledger, verb: str, key: str) -> None:
    """Refuse a key that names a reservation of the other kind: what becomes of one is asked for by it."""
    other = _SHARED.get(verb)
    if other is not None and ledger.effect(other, key) is not None:
        raise IdempotencyConflictError(f"key {key!r} names another reservation already; take a new key")


def _check_redemption(ledger: Ledger, key: str, *, new: bool) -> None:
    """Refuse a key that names another redemption: what is given back is named by it."""
    if ledger.named(key) if isinstance(ledger, GroupLedger) else not new and ledger.spending(key) is not None:
        raise IdempotencyConflictError(f"key {key!r} names another redemption already; take a new key")


def _is_of_command(error: RetailCRMError) -> bool:
    """Tell whether an error is about what was asked, not about the store or others who write."""
    return isinstance(error, IdempotencyConflictError) or not isinstance(
        error, (ConflictError, StoreError, UnknownOutcomeError)
    )


def _again(ledger: Ledger, known: Effect, fingerprint: str) -> Done | Staged:
    if known.fingerprint != fingerprint:
        raise IdempotencyConflictError(
            f"key {known.key!r} of {known.verb} stands for another command already; take a new key"
        )
    done = attrs.evolve(known.done, repeated=True)
    # In the caller's own transaction the first time may be a part of it, and go with it.
    return Staged(done=done) if ledger.borrowed else done


def _refused(key: str, refusal: Refusal) -> Refused:
    return Refused(
        key=key, limit=refusal.limit, asked=refusal.asked, allowed=refusal.allowed, message=refusal.message
    )


def _done(key: str, plan: Plan) -> Done:
    account = plan.changes[0].after if plan.changes else None
    return Done(
        key=key,
        account="" if account is None else account.id,
        points=plan.points,
        version=0 if account is None else account.version,
        detail=plan.detail,
    )


def _unit(plan: Plan, effect: Effect | None) -> Unit:
    return Unit(
        changes=plan.changes,
        effect=effect,
        awards=plan.awards,
        spendings=plan.spendings,
        refunds=plan.refunds,
        stocks=plan.stocks,
        referrals=plan.referrals,
    )


def check_texts(asked: Mapping[str, Any]) -> None:
    """Refuse what some store could not keep, whatever store this is.

    Args:
        asked: What is asked for; only its texts are looked at, and sentences may be longer.

    Raises:
        InputError: A text is longer than any id, or has a character that no database keeps.
    """
    for name, value in asked.items():
        if name in _PEOPLE and not (
            (isinstance(value, str) and value.strip()) or isinstance(value, Identity)
        ):
            raise InputError(f"{name} names a customer by her id or an identity, not {value!r}")
        text = value
        if not isinstance(value, str):
            text = value.value if isinstance(value, Identity) else getattr(value, "reference", None)
        if not isinstance(text, str) or not text:
            continue
        if len(text) > LONGEST and name not in ("reason", "actor"):
            raise InputError(f"{name} has {len(text)} characters; at most {LONGEST} are kept")
        if "\0" in text or not (text.isascii() or _NO_TEXT.search(text) is None):
            raise InputError(f"{name} has a character that is none: U+0000, or half of a pair")


def _fingerprint(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(_write(dict(asked)).encode()).hexdigest()
