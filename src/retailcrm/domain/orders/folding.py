"""One order out of many snapshots: nothing is erased, nothing moves backwards, order is no matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from retailcrm.domain.orders.states import OrderState
from retailcrm.domain.orders.values import TIMES, Line, Observation, Order
from retailcrm.domain.periods import in_utc
from retailcrm.errors import CurrencyMismatchError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.money import Money

_T = TypeVar("_T")

# A set prints in another order in another process.
_ALL_BUT_INFERRED: Final = attrs.filters.exclude("inferred")


def fold(observations: Iterable[Observation]) -> Order:
    """Make one order of all that exports showed of it.

    Observations are taken in the order of ``(observed_at, sequence)``, however they were delivered.

    - A value is the newest that is not ``None``. A moment that was exported is not replaced by one
      that was inferred, and a buyer not by one who is weaker: a mask in a later file erases nothing.
    - The state is the highest seen: ``UNKNOWN`` below all, then the stages, then ``CLOSED``, then
      ``REFUNDED``. So an order never moves backwards except to an end, and a refund is never undone
      by a later "closed". ``CLOSED`` told without a moment of payment is ``REFUNDED`` if another
      export has that moment: platforms call both "closed", and only the moment tells them apart. An
      observation with both is believed.
    - Lines are replaced only by as many or more.

    Args:
        observations: Of one order, at least one, in any order, repeats allowed.

    Returns:
        The order.

    Raises:
        InputError: There is no observation, or they are of several orders.
        CurrencyMismatchError: Their amounts are in several currencies.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.identity import OrderRef
        >>> from retailcrm.domain.orders import Observation, OrderState, fold
        >>> ref = OrderRef("taobao", "main", "1930000000000647")
        >>> march, april = (datetime(2024, month, 1, tzinfo=UTC) for month in (3, 4))
        >>> old = Observation(ref=ref, observed_at=march, state=OrderState.PAID, raw_state="等待卖家发货")
        >>> new = Observation(ref=ref, observed_at=april, state=OrderState.COMPLETED)
        >>> order = fold([new, old])
        >>> order.state.name, order.raw_state
        ('COMPLETED', '等待卖家发货')
    """
    seen = sorted(observations, key=_position)
    _check(seen)
    times = {name: _moment(seen, name) for name in TIMES}
    states = frozenset(o.state for o in seen if o.state is not None)
    state = max(states, default=OrderState.UNKNOWN)
    given_back = state is OrderState.CLOSED and _paid_elsewhere(seen)
    return Order(
        ref=seen[0].ref,
        state=OrderState.REFUNDED if given_back else state,
        seen=states,
        first_seen=seen[0].observed_at,
        observed_at=seen[-1].observed_at,
        refund_first_seen=next(
            (o.observed_at for o in seen if shows_refund(o) or (given_back and o.state is state)), None
        ),
        buyer=_buyer(seen),
        lines=_lines(seen),
        inferred=frozenset(name for name, (_, inferred) in times.items() if inferred),
        raw_state=_newest(o.raw_state for o in seen),
        gross=_newest(o.gross for o in seen),
        refunded=_newest(o.refunded for o in seen),
        **{name: moment for name, (moment, _) in times.items()},
    )


def known_at(observations: Iterable[Observation], t: datetime) -> Order | None:
    """Tell what was known of an order at a moment: nothing that was exported later.

    Args:
        observations: Of one order.
        t: The moment, inclusive; aware.

    Returns:
        The fold of what had been observed; ``None`` if that was nothing.
    """
    moment = in_utc(t)
    known = [o for o in observations if o.observed_at <= moment]
    return fold(known) if known else None


def _paid_elsewhere(seen: Sequence[Observation]) -> bool:
    """Tell whether only observations that do not say closed have the moment of payment."""
    telling = [o for o in seen if o.paid_at is not None and "paid_at" not in o.inferred]
    return bool(telling) and all(o.state is not OrderState.CLOSED for o in telling)


def shows_refund(observation: Observation) -> bool:
    """Tell whether an observation shows money paid back."""
    paid_back = [observation.refunded, *(line.refunded for line in observation.lines or ())]
    return observation.state is OrderState.REFUNDED or any(m is not None and m.minor > 0 for m in paid_back)


def _position(observation: Observation) -> tuple[datetime, int, str]:
    # The content breaks ties, so that two exports which claim one place fold the same either way.
    content = str((attrs.astuple(observation, filter=_ALL_BUT_INFERRED), sorted(observation.inferred)))
    return observation.observed_at, observation.sequence, content


def _check(seen: Sequence[Observation]) -> None:
    if not seen:
        raise InputError("an order needs at least one observation")
    if len({o.ref for o in seen}) > 1:
        raise InputError(f"observations of several orders: {seen[0].ref}, {seen[-1].ref}, ...")
    currencies = {m.currency for o in seen for m in _amounts(o)}
    if len(currencies) > 1:
        raise CurrencyMismatchError(f"order {seen[0].ref} has amounts in {', '.join(sorted(currencies))}")


def _amounts(observation: Observation) -> list[Money]:
    of_lines = (money for line in observation.lines or () for money in (line.amount, line.refunded))
    return [money for money in (observation.gross, observation.refunded, *of_lines) if money is not None]


def _newest(values: Iterable[_T | None]) -> _T | None:
    newest: _T | None = None
    for value in values:
        newest = newest if value is None else value
    return newest


def _moment(seen: Sequence[Observation], name: str) -> tuple[Any, bool]:
    """Give the newest exported moment, else the newest inferred one; and whether it was inferred."""
    exported = _newest(getattr(o, name) for o in seen if name not in o.inferred)
    if exported is not None:
        return exported, False
    inferred = _newest(getattr(o, name) for o in seen if name in o.inferred)
    return inferred, inferred is not None


def _buyer(seen: Sequence[Observation]) -> Identity | None:
    buyers = [o.buyer for o in seen if o.buyer is not None]
    strongest = max((buyer.strength for buyer in buyers), default=None)
    return _newest(buyer for buyer in buyers if buyer.strength == strongest)


def _lines(seen: Sequence[Observation]) -> tuple[Line, ...] | None:
    kept: tuple[Line, ...] | None = None
    for observation in seen:
        if observation.lines is not None and len(observation.lines) >= len(kept or ()):
            kept = observation.lines
    return kept
