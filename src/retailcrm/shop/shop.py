"""A shop that is open: its verbs, over the parts that :mod:`retailcrm.shop.open` put together."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

import attrs

from retailcrm.errors import SettingsError
from retailcrm.shop.insight import moment_of
from retailcrm.shop.loyalty import Loyalty
from retailcrm.shop.loyalty.advancing import advance, events_since
from retailcrm.shop.loyalty.joining import still

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from types import TracebackType

    from retailcrm.domain.events import PointsMoved
    from retailcrm.domain.identity import Identity
    from retailcrm.ports.feed import Feed
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.ports.stores import Store
    from retailcrm.report.data import Lang
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.customers import CustomerFiles
    from retailcrm.shop.imports import Imports
    from retailcrm.shop.insight import AsOf, Insight
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.advancing import Advanced, ToldEvent
    from retailcrm.shop.loyalty.due import Due
    from retailcrm.shop.loyalty.journal_of import Journal
    from retailcrm.shop.loyalty.redemptions_file import Taken
    from retailcrm.shop.loyalty.standing import Standing
    from retailcrm.shop.observations import Observations
    from retailcrm.shop.partitions import PartitionedObservations
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.report_data import Description
    from retailcrm.shop.stored.following import Following


@attrs.define(kw_only=True)
class Shop:
    """A shop: import its files, score its customers, look one up, write its report.

    Attributes:
        name: The shop's key in every order reference.
        policy: The rules in force.
        policy_since: Since when the shop is kept with them, where it was opened without a policy and has one.
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
    _database: Store
    _points: Accounts | None = None
    _follows: Following | None = None
    _sections: tuple[ReportSection, ...] = ()
    policy_since: datetime | None = None

    @property
    def loyalty(self) -> Loyalty:
        """Points: earn, spend, look up.

        Raises:
            SettingsError: The policy has no ``[points]``.
        """
        return Loyalty(self._programme())

    @property
    def events(self) -> Feed:
        """What happened, to be read by cursor; see :class:`retailcrm.ports.feed.Feed`."""
        return self._database.feed(self.name)

    def advance(
        self,
        now: datetime,
        *,
        confirm_clock: bool = False,
        each: Callable[[PointsMoved], None] | None = None,
    ) -> Advanced:
        """Write what fell due in everybody's points up to a moment; see :func:`advance`.

        Points are right without it: it makes what fell due visible, as events. It may be stopped anywhere
        and run again. It says that everything up to then is known: import what there is before.

        Args:
            now: Up to when; aware.
            confirm_clock: The clock is right although it is far ahead of everything that was seen.
            each: Is handed every event, which is then not kept: for shops with very many.

        Returns:
            The events of this run.

        Raises:
            ClockJumpError: The clock is further ahead than the programme's fuse allows.
            SettingsError: The policy has no ``[points]``.
        """
        return advance(self._programme(), now, confirm_clock=confirm_clock, each=each)

    def points_events(self, since: datetime) -> tuple[ToldEvent, ...]:
        """Tell again what happened to everybody's points, by whatever was recorded from a moment on.

        A run of :meth:`advance` that was stopped has written and told nobody; verbs write between runs.
        Ask from the ``since`` of the last run whose events you have, and nothing is missed; account and
        version of an event tell whether you have it. A first export and a file of redemptions are recorded
        as of themselves: after them, ask from there.

        Args:
            since: From when, inclusive; aware.

        Raises:
            SettingsError: The policy has no ``[points]``.
        """
        return events_since(self._programme(), since)

    def history(self) -> AbstractContextManager[object]:
        """Import what happened before, and what was spent meanwhile, before points follow.

        In a store points follow every import at once, up to its export: a redemption of an earlier time would
        come too late. Inside this block they wait: import orders, take redemptions, in this sequence; at its
        end everybody is followed. In memory points follow when they are asked for, and this changes nothing.
        Whoever stops in between has lost nothing: asked for, points are right.
        """
        return nullcontext() if self._follows is None else self._follows.waiting()

    def take_redemptions(self, path: str | Path) -> Taken:
        """Spend points as a till's file says that they were spent, each row at its own time, once.

        Args:
            path: A CSV file with the columns buyer, points and time; see
                :mod:`retailcrm.shop.loyalty.redemptions_file`. Orders are imported before; in a store
                inside one :meth:`history` with them.

        Returns:
            What became of its rows; those left out with their reason.

        Raises:
            ImportRefusedError: It is no such file.
            SettingsError: The policy has no ``[points]``.
        """
        from retailcrm.shop.loyalty.redemptions_file import take_redemptions  # noqa: PLC0415 - needs columns

        return take_redemptions(self._programme(), Path(path))

    def points(self, as_of: AsOf, *, wallet: str = "") -> Standing:
        """Tell how everybody's points stand: a row a customer, what lapses when, what the shop owes.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
            wallet: Name of the wallet; the first if empty.

        Raises:
            SettingsError: The policy has no ``[points]``, or no such wallet.
        """
        from retailcrm.shop.loyalty.standing import standing  # noqa: PLC0415 - only reports need it

        points = still(self._programme(), wallet)
        with self._kept.snapshot():
            return standing(points, moment_of(as_of, self.policy.zone), wallet)

    def points_of(self, who: str | Identity, as_of: AsOf, *, wallet: str = "") -> Journal:
        """Tell one customer's journal and balance; a customer of whom nothing is known has an empty one.

        Args:
            who: A customer id, or an identity.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
            wallet: Name of the wallet; the first if empty.

        Raises:
            SettingsError: The policy has no ``[points]``, or no such wallet.
        """
        from retailcrm.shop.loyalty.journal_of import journal_of  # noqa: PLC0415 - only reports need it

        points = self._programme()
        with self._kept.snapshot():
            return journal_of(points, who, moment_of(as_of, self.policy.zone), wallet)

    def points_due(self, since: AsOf, until: AsOf) -> Due:
        """Tell which points become spendable and which lapse between two moments; nothing is written.

        Args:
            since: First moment; a date D means D 00:00 in the shop's zone.
            until: First moment after it.

        Raises:
            SettingsError: The policy has no ``[points]``.
        """
        from retailcrm.shop.loyalty.due import due  # noqa: PLC0415 - only reports need it

        zone = self.policy.zone
        points = self._programme()
        points = still(points, *(wallet.name for wallet in points.programme.wallets))
        with self._kept.snapshot():
            return due(points, moment_of(since, zone), moment_of(until, zone))

    def _programme(self) -> Accounts:
        if self._points is None:
            raise SettingsError("the policy has no [points]: say there what an order earns")
        return self._points

    def describe(self, as_of: AsOf) -> Description:
        """Compute everything that the report shows.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            The scores and the report's figures, which :func:`retailcrm.report.render_page` draws. A
            shop whose buyers are all unknown has figures of its orders alone.
        """
        from retailcrm.shop.report_data import describe  # noqa: PLC0415 - needs much that scoring does not

        points = None if self._points is None else still(self._points, "")
        with self._kept.snapshot():
            return describe(
                self.insight,
                self._beside(),
                self.imports.accounts(),
                as_of,
                name=self.policy.name or self.name,
                points=points,
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

    def alone(self) -> AbstractContextManager[object]:
        """Keep all other writers of an SQLite file away, around a transaction of yours.

        SQLite before 3.51.3 may lose pages where two connections commit at one moment. Enter it before you
        begin, and leave it after you have committed or rolled back; verbs in it work as ever, by themselves
        or :meth:`~retailcrm.shop.loyalty.Loyalty.using` your connection. With a newer SQLite, PostgreSQL and
        memory it does nothing.

        Raises:
            ConflictError: Others have been writing all the time.
        """
        return self._database.alone()

    def close(self) -> None:
        """Give back what the shop holds on disk; a shop in memory holds nothing."""
        self._kept.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _lang(lang: str) -> Lang:
    if lang not in ("zh", "en"):
        raise SettingsError(f"no language {lang!r}; there are zh and en")
    return lang  # type: ignore[return-value]  # just checked
