"""Open a shop: the one place where its parts are put together."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import attrs

from retailcrm import plugins
from retailcrm.errors import SettingsError
from retailcrm.shop.customers import CustomerFiles
from retailcrm.shop.imports import Imports
from retailcrm.shop.insight import Insight
from retailcrm.shop.loyalty.joining import followed
from retailcrm.shop.parts import accounts_of, check_metrics, database_of, listened, parts_of, policy_of
from retailcrm.shop.shop import Shop
from retailcrm.shop.stored.policy import keep_rules, kept_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.ports.sources import Source
    from retailcrm.ports.stores import Store, StoreKind
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.kept import Parts
    from retailcrm.shop.policy import Policy

__all__ = ["Shop", "open_shop"]


def open_shop(
    url: str = "memory:",
    *,
    shop: str = "main",
    policy: Policy | str | Path | None = None,
    zone: str | None = None,
    currency: str | None = None,
    memory_budget: int | None = None,
    clock: Callable[[], datetime] | None = None,
    allow_plugins: Collection[str] | None = None,
    block_plugins: Collection[str] = (),
) -> Shop:
    """Open a shop.

    Args:
        url: Where it is kept: ``"memory:"`` as long as the program runs, ``"sqlite:///shop.db"`` in a file,
            ``"postgresql://..."`` on a server. Tables that are missing are made.
        shop: The shop's key in every order reference.
        policy: The rules: a policy, or its TOML file, which is kept with a shop in a store; ``None`` takes
            the ones kept last, else the defaults, which :meth:`Policy.lines` says in words.
        zone: IANA zone, instead of the policy's.
        currency: ISO 4217 code, instead of the policy's.
        memory_budget: Bytes that a part of the orders may take, at least a megabyte; larger imports
            are partitioned on disk by customer. ``None`` keeps all in memory.
        clock: Tells the time of observation of tables that have no file; for tests.
        allow_plugins: Installed plugins to load; ``None`` loads all.
        block_plugins: Plugins never to load.

    Returns:
        The shop; close it, or use it in a ``with`` statement, to give back what it holds on disk.

    Raises:
        SettingsError: The URL, the name, the budget, the policy or a plugin is wrong.

    Example:
        >>> shop = open_shop("memory:", currency="USD", zone="UTC")
        >>> shop.policy.currency
        'USD'
    """
    if not shop.strip():
        raise SettingsError("a shop needs a name: it stands in every order reference")
    said = policy_of(policy, zone, currency)
    offered = _Offered.by(allow_plugins, block_plugins)
    _check(said, offered)
    now = clock or (lambda: datetime.now(UTC))
    with ExitStack() as undo:
        database = database_of(url, offered.stores)
        undo.callback(database.close)
        policies = database.policies(shop)
        kept = kept_rules(policies) if policy is None else None
        rules = said if kept is None else policy_of(kept.policy, zone, currency)
        _check(rules, offered)
        parts = parts_of(database, shop, rules, now, memory_budget)
        keep_rules(policies, policy, rules, now())
        opened = _put_together(shop, rules, database, parts, offered, now)
        opened.policy_since = None if kept is None else kept.since
        undo.pop_all()
    return opened


@attrs.frozen
class _Offered:
    """What plug-ins offer: gathered before anything is opened, so that what is wrong with one shows first."""

    sources: Mapping[str, Source]
    metrics: Mapping[str, TierMetric]
    checks: Mapping[str, ReferralCheck]
    sections: Mapping[str, ReportSection]
    stores: Mapping[str, StoreKind]

    @classmethod
    def by(cls, allow: Collection[str] | None, block: Collection[str]) -> Self:
        """Load the plug-ins, and ask them."""
        manager = plugins.plugin_manager(allow=allow, block=block)
        return cls(
            sources=plugins.sources(manager),
            metrics=plugins.tier_metrics(manager),
            checks=plugins.referral_checks(manager),
            sections=plugins.report_sections(manager),
            stores=plugins.stores(manager),
        )


def _check(rules: Policy, offered: _Offered) -> None:
    """Refuse rules that ask for what no plug-in offers."""
    if rules.ladder is not None:
        check_metrics(rules.ladder, offered.metrics)


def _put_together(
    name: str, rules: Policy, database: Store, parts: Parts, offered: _Offered, now: Callable[[], datetime]
) -> Shop:
    """Give the verbs of a shop whose parts are open."""
    store, metrics = parts.merged, offered.metrics
    imports = Imports(
        kept=parts.kept, sources=offered.sources, zone=rules.zone, currency=rules.currency, clock=now,
        region=rules.phone_region, told=parts.told(),
    )  # fmt: skip
    checks = tuple(offered.checks.values())
    points = accounts_of(database.ledger(name), rules, parts, imports, metrics, checks, name, now)
    rolled, follows = listened(database, name, rules, parts, points)
    buyers = None if rolled is None else rolled.buyers
    return Shop(
        name=name,
        policy=rules,
        imports=imports,
        insight=Insight(store.parts, rules, metrics, buyers, store.snapshot),
        customers=CustomerFiles(
            store.parts, rules, metrics, name, store, parts.merges, clock=now, joined=followed(points)
        ),
        kept=parts.kept,
        beside=store.beside,
        points=points,
        database=database,
        follows=follows,
        sections=tuple(offered.sections.values()),
    )
