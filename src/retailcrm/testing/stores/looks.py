"""Everything that a ledger can be asked, asked at once: two that answer the same hold the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailcrm.testing.stores.columns import at_once

if TYPE_CHECKING:
    from retailcrm.ports.ledger import Ledger
    from retailcrm.testing.stores.plain import PlainLedger
    from retailcrm.testing.stores.samples import Sampler


def seen(ledger: Ledger | PlainLedger, sampler: Sampler) -> dict[str, Any]:
    """Ask a ledger all its questions, about what is there and about what is not.

    Args:
        ledger: Which.
        sampler: Knows the names that may be there.

    Returns:
        Every answer by the question; what has no order is sorted.
    """
    found: dict[str, Any] = {
        "accounts": list(ledger.accounts()),
        "merged": dict(ledger.merged()),
        "advanced": ledger.advanced(),
        "recorded": list(ledger.recorded_days(None)),
        "referrals": sorted(ledger.referrals(), key=lambda one: one.referred),
    }
    for verb in ("account", "entries", "spendings"):
        found |= {f"{verb} {name}": getattr(ledger, verb)(name) for name in sampler.accounts}
    for verb in ("lots", "awards", "merged"):
        found |= {f"{verb} {name}": dict(getattr(ledger, verb)(name)) for name in sampler.accounts}
    for verb in ("spending", "holder"):
        found |= {f"{verb} {key}": getattr(ledger, verb)(key) for key in (*sampler.keys, "nobody's")}
    for verb in ("awarded", "spent_on", "refunds"):
        asked = [(wallet, order) for wallet in sampler.wallets for order in (*sampler.orders, "")]
        found |= {f"{verb} {one}": getattr(ledger, verb)(*one) for one in asked}
    found |= {f"at once {wallet}": at_once(ledger, wallet) for wallet in sampler.wallets}
    found |= {f"effect {v} {k}": ledger.effect(v, k) for v in ("earn", "redeem") for k in sampler.keys}
    found |= {f"stock {name}": ledger.stock(name) for name in sampler.rewards}
    found |= {f"referral {name}": ledger.referral(name) for name in sampler.accounts}
    found |= {f"referral of {order}": ledger.referral_of(order) for order in (*sampler.orders, "")}
    found |= {f"recorded after {at}": list(ledger.recorded_days(at)) for at in sampler.moments()}
    return found | {f"due {at}": list(ledger.due(at)) for at in sampler.moments()}
