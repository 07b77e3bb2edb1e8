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
from retailcrm.shop.insight import AsOf, Insight
from retailcrm.shop.merges import Merges
from retailcrm.shop.merging import MergedStore
from retailcrm.shop.observations import Observations
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations
from retailcrm.shop.policy import Policy, load_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from retailcrm.domain.tiers import Ladder
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.report.data import Lang
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.report_data import Description


@attrs.define(kw_only=True)
class Shop:
    """A shop: import its files, score its customers, look one up, write its report.

    Attributes:
        name: The shop's key in every order reference.
        policy: The rules in force.
        imports: Import verbs.
        insight: Scoring verbs.
        customers: One customer's file, duplicates and merges.
    """

    name: str
    policy: Policy
    imports: Imports
    insight: Insight
    customers: CustomerFiles
    _kept: Observations | PartitionedObservations
    _beside: Callable[[], Beside]
    _sections: tuple[ReportSection, ...] = ()

    def describe(self, as_of: AsOf) -> Description:
        """Compute everything that the report shows.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            The scores and the report's figures, which :func:`retailcrm.report.render_page` draws. A
            shop whose buyers are all unknown has figures of its orders alone.
        """
        from retailcrm.shop.report_data import describe  # noqa: PLC0415 - needs much that scoring does not

        return describe(
            self.insight,
            self._beside(),
            self.imports.accounts(),
            as_of,
            name=self.policy.name or self.name,
        )

    def report(
        self, path: str | Path, *, as_of: AsOf, lang: str = "zh", xlsx: str | Path | None = None
    ) -> Path:
        """Write the shop's report: one HTML page that needs no network.

        Args:
            path: Where to.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
            lang: ``"zh"`` or ``"en"``.
            xlsx: Where to write the page's tables as a workbook too, if anywhere.

        Returns:
            The path of the page.

        Raises:
            SettingsError: There is no such language.
        """
        language = _lang(lang)
        return self.write(self.describe(as_of), path, lang=language, xlsx=xlsx)

    def write(
        self, found: Description, path: str | Path, *, lang: str = "zh", xlsx: str | Path | None = None
    ) -> Path:
        """Write a report that was described before, such as in the other language.

        Args:
            found: What :meth:`describe` gave.
            path: Where to.
            lang: ``"zh"`` or ``"en"``.
            xlsx: Where to write the page's tables as a workbook too, if anywhere.

        Returns:
            The path of the page.

        Raises:
            SettingsError: There is no such language.
        """
        from retailcrm.report import render_page, sections_with, write_workbook  # noqa: PLC0415 - slow to import

        language, target = _lang(lang), Path(path)
        sections = sections_with(self._sections)
        target.write_text(render_page(found.data, lang=language, sections=sections), "utf-8")
        if xlsx is not None:
            write_workbook(found.data, xlsx, lang=language, sections=sections)
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
    merges = Merges()
    kept = _store(rules, memory_budget)
    store = MergedStore(kept, merges)
    now = clock or (lambda: datetime.now(UTC))
    imports = Imports(
        kept=kept, sources=sources, zone=rules.zone, currency=rules.currency, clock=now,
        region=rules.phone_region,
    )  # fmt: skip
    return Shop(
        name=shop,
        policy=rules,
        imports=imports,
        insight=Insight(store.parts, rules, metrics),
        customers=CustomerFiles(store.parts, rules, metrics, shop, store, merges, clock=now),
        kept=kept,
        beside=store.beside,
        sections=tuple(plugins.report_sections(manager).values()),
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
