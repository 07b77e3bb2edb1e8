"""Open a shop: the one place where its parts are put together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import attrs

from retailcrm import plugins
from retailcrm.errors import SettingsError
from retailcrm.shop.customers import CustomerFiles
from retailcrm.shop.imports import Imports
from retailcrm.shop.insight import AsOf, Insight, scores_of
from retailcrm.shop.observations import Observations
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations
from retailcrm.shop.policy import Policy, load_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from types import TracebackType

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.tiers import Ladder
    from retailcrm.report.data import Lang


@attrs.define(kw_only=True)
class Shop:
    """A shop: import its files, score its customers, look one up, write its report.

    Attributes:
        name: The shop's key in every order reference.
        policy: The rules in force.
        imports: Import verbs.
        insight: Scoring verbs.
        customers: One customer's file.
    """

    name: str
    policy: Policy
    imports: Imports
    insight: Insight
    customers: CustomerFiles
    _kept: Observations | PartitionedObservations

    def report(self, path: str | Path, *, as_of: AsOf, lang: str = "zh") -> Path:
        """Write the shop's report: one HTML page that needs no network.

        Args:
            path: Where to.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
            lang: ``"zh"`` or ``"en"``.

        Returns:
            The path.

        Raises:
            NoIdentityError: The shop has orders, but no buyer can be told from another.
            SettingsError: There is no such language.
        """
        from retailcrm.report.page import render_page  # noqa: PLC0415 - Plotly is slow to import
        from retailcrm.shop.report_data import report_data  # noqa: PLC0415

        language = _lang(lang)
        reduced = self.insight.reduced(as_of)
        scores = scores_of(reduced, self.policy)
        data = report_data(
            self.policy,
            reduced,
            scores,
            self.imports.accounts(),
            str(as_of),
            name=self.policy.name or self.name,
        )
        target = Path(path)
        target.write_text(render_page(data, lang=language), "utf-8")
        return target

    def close(self) -> None:
        """Give back what the shop holds on disk; a shop in memory holds nothing."""
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
        url: ``"memory:"``: the shop lives as long as the program does.
        shop: The shop's key in every order reference.
        policy: The rules: a policy, or its TOML file; ``None`` takes the defaults, which
            :meth:`Policy.lines` says in words.
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
    if url != "memory:":
        raise SettingsError(
            f"no store for {url!r}; this release keeps a shop in memory: open_shop('memory:')"
        )
    if not shop.strip():
        raise SettingsError("a shop needs a name: it stands in every order reference")
    rules = _policy(policy, zone, currency)
    manager = plugins.plugin_manager(allow=allow_plugins, block=block_plugins)
    metrics = plugins.tier_metrics(manager)
    if rules.ladder is not None:
        _check_metrics(rules.ladder, metrics)
    sources = plugins.sources(manager)
    kept = _store(rules, memory_budget)
    now = clock or (lambda: datetime.now(UTC))
    imports = Imports(kept=kept, sources=sources, zone=rules.zone, currency=rules.currency, clock=now)
    parts: Callable[[], Iterable[OrderTable]] = kept.parts
    return Shop(
        name=shop,
        policy=rules,
        imports=imports,
        insight=Insight(parts, rules, metrics),
        customers=CustomerFiles(parts, rules, metrics, shop),
        kept=kept,
    )


def _store(rules: Policy, budget: int | None) -> Observations | PartitionedObservations:
    if budget is None:
        return Observations(rules.currency, rules.zone)
    if budget < LEAST_BUDGET:
        raise SettingsError(f"a memory budget is at least {LEAST_BUDGET} bytes (1 MB), not {budget}")
    return PartitionedObservations(rules.currency, rules.zone, budget)


def _policy(said: Policy | str | Path | None, zone: str | None, currency: str | None) -> Policy:
    rules = said if isinstance(said, Policy) else Policy() if said is None else load_policy(Path(said))
    changes = {name: value for name, value in (("zone", zone), ("currency", currency)) if value is not None}
    if zone is not None and rules.ladder is not None:
        changes["ladder"] = attrs.evolve(rules.ladder, zone=zone)  # type: ignore[assignment]  # evolve takes any field
    return attrs.evolve(rules, **changes) if changes else rules  # type: ignore[arg-type]


def _check_metrics(ladder: Ladder, metrics: Collection[str]) -> None:
    unknown = [metric.name for metric in ladder.metrics if metric.name not in metrics]
    if unknown:
        raise SettingsError(
            f"the ladder asks for {', '.join(unknown)}, which no plugin offers; "
            f"there are: {', '.join(metrics) or 'none'}"
        )


def _lang(lang: str) -> Lang:
    if lang not in ("zh", "en"):
        raise SettingsError(f"no language {lang!r}; there are zh and en")
    return lang  # type: ignore[return-value]  # just checked
