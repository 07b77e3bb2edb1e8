"""The JSON documents of ``retailcrm points`` and ``retailcrm tick``."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

from retailcrm.analytics.points.flows import INTO, OUT_OF
from retailcrm.cli.accounts import problems_of
from retailcrm.cli.points_journal import worth
from retailcrm.domain.money import decimal_text
from retailcrm.domain.periods import instant_of
from retailcrm.shop.loyalty.balance_table import VERSION

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.report.data import Breakage
    from retailcrm.shop.loyalty.due import Due
    from retailcrm.shop.loyalty.journal_of import Journal, JournalLine
    from retailcrm.shop.loyalty.standing import Standing
    from retailcrm.shop.open import Shop


def points_document(shop: Shop, found: Standing, *, as_of: str, out: str, code: Exit) -> dict[str, Any]:
    """Describe everybody's points as plain values; the version is added where it is printed."""
    currency, seen = found.customers.currency, found.orders
    return {
        **_run("points", shop, as_of, found.wallet.name, code),
        "out": out,
        "columns_version": VERSION,
        "flows": {name: found.flows.get(name, 0) for name in (*INTO, *OUT_OF)},
        "outstanding": found.outstanding,
        **found.totals,
        "lapsed": found.past,
        "customers": len(found.customers),
        "holders": found.holders,
        "expiring": [
            {**attrs.asdict(group), "amount": _money(group.amount, currency)} for group in found.expiring
        ],
        "liability": _liability(found),
        "orders": {
            **attrs.asdict(seen),
            "gross": decimal_text(seen.gross, currency),
            "nobody_gross": decimal_text(seen.nobody_gross, currency),
        },
    }


def journal_document(
    shop: Shop, journal: Journal, wallet: Wallet, *, as_of: str, code: Exit
) -> dict[str, Any]:
    """Describe one customer's points as plain values."""
    policy = shop.policy
    zone = ZoneInfo(policy.zone)
    figures = {name: getattr(journal, name) for name in ("pending", "available", "held", "debt")}
    return {
        **_run("points", shop, as_of, wallet.name, code),
        "customer": journal.customer,
        **figures,
        "next_expiry": None if journal.last_day is None else journal.last_day.isoformat(),
        "next_expiry_points": journal.lapsing,
        "value": _money(worth(journal, wallet, policy.currency), policy.currency),
        "journal": [_line(line, zone) for line in journal.lines],
    }


def due_document(
    shop: Shop, due: Due, *, since: str, as_of: str, out: str | None, code: Exit
) -> dict[str, Any]:
    """Describe what falls due as plain values, each event included."""
    zone = shop.policy.zone
    return {
        **_run("tick", shop, as_of, None, code),
        "since": _instant(since, zone),
        "out": out,
        "days": [{**attrs.asdict(day), "day": day.day.isoformat()} for day in due.by_day()],
        "events": [{**event, "at": event["at"].isoformat()} for event in due.events.to_pylist()],
    }


def _run(command: str, shop: Shop, as_of: str, wallet: str | None, code: Exit) -> dict[str, Any]:
    policy = shop.policy
    return {
        "command": command,
        "exit_code": code,
        "as_of": _instant(as_of, policy.zone),
        "zone": policy.zone,
        "currency": policy.currency,
        **({} if wallet is None else {"wallet": wallet}),
        "policy_digest": policy.digest,
        "problem_count": len(problems_of(shop.imports.accounts())),
    }


def _instant(at: str, zone: str) -> str:
    return instant_of(at, zone).astimezone(ZoneInfo(zone)).isoformat()


def _line(line: JournalLine, zone: ZoneInfo) -> dict[str, Any]:
    return {**attrs.asdict(line), "at": line.at.astimezone(zone).isoformat(), "verb": line.verb.value}


def _liability(found: Standing) -> dict[str, Any] | None:
    if found.owed is None or found.at_most is None:
        return None
    whole = sum(found.at_most.exact, Fraction(0))
    return {
        "amount": decimal_text(found.owed.total, found.owed.currency),
        "at_most": decimal_text(found.at_most.total, found.owed.currency),
        "points_per_unit": str(found.wallet.redemption.points_per_unit),
        "expected_share": round(float(sum(found.owed.exact, Fraction(0)) / whole), 6) if whole else None,
        "assumed": None if found.assumed is None else found.assumed._asdict(),
        "back_test": _back_test(found.breakage),
    }


def _back_test(forecast: Breakage | None) -> dict[str, Any] | None:
    """Say how good the forecast would have been; ``None`` where that cannot be said."""
    if forecast is None or forecast.tested is None:
        return None
    error = forecast.tested.error
    return {**attrs.asdict(forecast.tested), "error": None if error is None else round(error, 6)}


def _money(amount: int | None, currency: str) -> str | None:
    return None if amount is None else decimal_text(amount, currency)
