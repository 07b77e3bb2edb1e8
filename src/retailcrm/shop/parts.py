"""Opening the parts that a shop is put together from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.errors import SettingsError
from retailcrm.shop.kept import Parts
from retailcrm.shop.loyalty.accounts import Accounts
from retailcrm.shop.loyalty.orders_of import OrdersOf
from retailcrm.shop.merges import Merges
from retailcrm.shop.merging import MergedStore
from retailcrm.shop.observations import Observations
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations
from retailcrm.shop.policy import Policy, load_policy
from retailcrm.shop.stored.following import Following, Unfollowed, rules_of_points
from retailcrm.shop.stored.opening import StoredParts, stored_parts
from retailcrm.shop.stored.order_events import OrderEvents
from retailcrm.shop.stored.rollups import RolledUp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.customers import Birthday
    from retailcrm.domain.tiers import Ladder
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.stores import Store, StoreKind
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.imports import Imports


def database_of(url: str, kinds: Mapping[str, StoreKind]) -> Store:
    """Open the store of a URL."""
    scheme = url.partition(":")[0]
    if ":" not in url or scheme not in kinds:
        schemes = " or ".join(f"{name}:" for name in sorted(kinds))
        raise SettingsError(
            f"no store for {hidden(url)!r}: a URL begins with {schemes}, as in memory: or sqlite:///shop.db"
        )
    return kinds[scheme].open(url)


def parts_of(
    store: Store, shop: str, rules: Policy, clock: Callable[[], datetime], budget: int | None
) -> Parts:
    """Open what a shop keeps.

    Args:
        store: Where; one that keeps no orders leaves them to memory.
        shop: The shop's key.
        rules: Its policy.
        clock: Tells the time.
        budget: Bytes that a part of the orders may take in memory.
    """
    book = store.orders(shop)
    if book is not None:
        return stored_parts(book, shop, rules, clock, memory_budget=budget)
    kept, merges = kept_in_memory(rules, budget), Merges()
    merged = MergedStore(kept, merges)
    orders = OrdersOf(merged.parts, merged.lines)
    return Parts(kept=kept, merges=merges, merged=merged, orders=orders)


def listened(
    store: Store, shop: str, rules: Policy, parts: Parts, points: Accounts | None
) -> tuple[RolledUp | None, Following | None]:
    """Let points and figures follow every import of a shop in a store, in the import's own transaction.

    Returns:
        What scores ask instead of looking at all orders, and what makes points follow; ``None`` for a shop in
        memory, and without points.
    """
    bulk, figures = store.bulk(shop), store.rollups(shop)
    if bulk is None or figures is None or not isinstance(parts, StoredParts):
        return None, None
    kept = parts.kept
    rolled = RolledUp(kept=kept, rollups=figures, policy=rules, merges=parts.merges)
    follows = None if points is None else Following(accounts=points, kept=kept, bulk=bulk)
    told = OrderEvents(feed=store.feed(shop), shop=shop)
    kept.listeners += (follows or Unfollowed(bulk), rolled, told)
    return rolled, follows


def accounts_of(
    ledger: Ledger,
    rules: Policy,
    parts: Parts,
    imports: Imports,
    metrics: Mapping[str, TierMetric],
    checks: Sequence[ReferralCheck],
    shop: str,
    clock: Callable[[], datetime],
) -> Accounts | None:
    """Give the shop's points accounts, ``None`` without a programme."""
    if rules.points is None:
        return None

    def in_memory() -> datetime | None:
        return max((account.exported_at for account in imports.accounts()), default=None)

    observed = parts.kept.observed_at if isinstance(parts, StoredParts) else in_memory

    def birthday(customer: str) -> Birthday | None:
        file = parts.merged.file(customer)
        return file.profile().birthday if file.history else None

    return Accounts(
        ledger=ledger, policy=rules, programme=rules.points, metrics=metrics, shop=shop,
        orders=parts.orders, merges=parts.merges, observed=observed, clock=clock,
        checks=checks, birthday_of=birthday, rules=rules_of_points(rules),
    )  # fmt: skip


def kept_in_memory(rules: Policy, budget: int | None) -> Observations | PartitionedObservations:
    """Give the place where observations stay in memory, or on disk in parts that fit."""
    if budget is None:
        return Observations(rules.currency, rules.zone)
    if budget < LEAST_BUDGET:
        raise SettingsError(f"a memory budget is at least {LEAST_BUDGET} bytes (1 MB), not {budget}")
    return PartitionedObservations(rules.currency, rules.zone, budget)


def policy_of(said: Policy | str | Path | None, zone: str | None, currency: str | None) -> Policy:
    """Give the rules that were said, with another zone or currency where one was said."""
    rules = said if isinstance(said, Policy) else Policy() if said is None else load_policy(Path(said))
    changes = {name: value for name, value in (("zone", zone), ("currency", currency)) if value is not None}
    if zone is not None and rules.ladder is not None:
        changes["ladder"] = attrs.evolve(rules.ladder, zone=zone)  # type: ignore[assignment]  # evolve takes any field
    return attrs.evolve(rules, **changes) if changes else rules  # type: ignore[arg-type]


def check_metrics(ladder: Ladder, metrics: Collection[str]) -> None:
    """Refuse a ladder that asks for a figure which no plugin offers."""
    unknown = [metric.name for metric in ladder.metrics if metric.name not in metrics]
    if unknown:
        raise SettingsError(
            f"the ladder asks for {', '.join(unknown)}, which no plugin offers; "
            f"there are: {', '.join(metrics) or 'none'}"
        )
