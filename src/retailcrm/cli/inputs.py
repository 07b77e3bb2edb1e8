"""Open a shop on what the user gave, read it, and score it."""

from __future__ import annotations

import functools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from retailcrm.adapters.sources.buyers_file import BuyersFile
from retailcrm.adapters.sources.discover import ReadSettings, discover
from retailcrm.adapters.sources.mapping.reading import TableMapping, load_mapping
from retailcrm.analytics.local_time import local_day
from retailcrm.cli.guard import NobodyError, say
from retailcrm.cli.printing import counted
from retailcrm.cli.shops import check_shop
from retailcrm.errors import ImportRefusedError, InputError, SettingsError
from retailcrm.shop.insight import moment_of
from retailcrm.shop.observed import FileAccount
from retailcrm.shop.open import Shop, open_shop
from retailcrm.shop.policy import Policy, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.analytics.rfm import Cuts
    from retailcrm.cli.options import Inputs
    from retailcrm.cli.watch import Watch
    from retailcrm.shop.scores import Scores


def open_for(inputs: Inputs, as_of: str | None) -> tuple[Shop, TableMapping | None]:
    """Open an empty shop under the user's rules; every setting is looked at before a file is read.

    The currency is the one she gave, else that of the policy or the mapping, else the one that the files
    name.

    Args:
        inputs: What the user gave.
        as_of: The moment, if she gave one.

    Raises:
        SettingsError: A setting is wrong.
    """
    if inputs.db is not None:
        shop, mapping = open_kept(inputs)
        try:
            _check_moment(as_of, shop.policy.zone)
        except SettingsError:
            shop.close()
            raise
        return shop, mapping
    mapping = _mappings(inputs)
    rules = _rules(inputs, mapping)
    _check_moment(as_of, inputs.zone or rules.zone)
    opened = functools.partial(open_shop, policy=rules, zone=inputs.zone, memory_budget=inputs.memory)
    shop = opened(currency=inputs.currency)
    if (told := _told_currency(shop, inputs, mapping)) is not None:
        shop.close()
        shop = opened(currency=told)
    return shop, mapping


def open_kept(inputs: Inputs, *, new: bool = False) -> tuple[Shop, TableMapping | None]:
    """Open a shop in the database that the user gave.

    The currency of a new one is found as for files alone.

    Args:
        inputs: What the user gave.
        new: Whether to make a database or shop that is missing, instead of taking its name for a mistake.

    Raises:
        SettingsError: A setting is wrong, or the database cannot be used.
    """
    _check_place(inputs, new=new)
    mapping = _mappings(inputs)
    currency = inputs.currency
    if inputs.files and currency is None:
        with open_shop(policy=_rules(inputs, mapping), zone=inputs.zone) as empty:
            currency = _told_currency(empty, inputs, mapping)
    zone = inputs.zone
    if inputs.policy is None and mapping is not None:
        zone, currency = zone or mapping.zone, currency or mapping.currency
    shop = open_shop(str(inputs.db), shop=inputs.shop, policy=inputs.policy, zone=zone, currency=currency)
    return shop, mapping


def _check_place(inputs: Inputs, *, new: bool) -> None:
    """Refuse a place that keeps nothing, and a database or shop that is missing where none is to be made."""
    url = str(inputs.db)
    if url.startswith("memory:"):
        raise SettingsError(f"--db {url}: what is in memory is gone when the command ends; name a database")
    if not new:
        # Its currency and days are those of a policy, else of the files that are imported.
        check_shop(url, inputs.shop, first=inputs.policy is not None)


def _mappings(inputs: Inputs) -> TableMapping | None:
    """Read the mapping of the files, and see that the others can be read."""
    mapping = None if inputs.mapping is None else load_mapping(Path(inputs.mapping))
    for _, name in inputs.also:
        load_mapping(Path(name))
    return mapping


def _check_moment(as_of: str | None, zone: str) -> None:
    try:
        if as_of is not None:
            moment_of(as_of, zone)
    except InputError as error:
        raise SettingsError(f"--as-of: {error}") from error
    except OverflowError as error:
        raise SettingsError(f"--as-of: {as_of} is outside the calendar") from error


def _told_currency(shop: Shop, inputs: Inputs, mapping: TableMapping | None) -> str | None:
    """Give the currency that the files name, where nobody else says one and it is not the shop's."""
    if (inputs.policy, inputs.currency, mapping) != (None, None, None):
        return None
    told = shop.imports.currency_of(inputs.files, format=inputs.format, password=inputs.password)
    return None if told == shop.policy.currency else told


def _rules(inputs: Inputs, mapping: TableMapping | None) -> Policy:
    """Take the policy; without one, zone and currency of the mapping."""
    if inputs.policy is not None:
        return load_policy(Path(inputs.policy))
    told = {} if mapping is None else {"zone": mapping.zone, "currency": mapping.currency}
    return Policy(**{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]


def read_into(
    shop: Shop, inputs: Inputs, mapping: TableMapping | None, watch: Watch, *, personal: bool = False
) -> tuple[FileAccount, ...]:
    """Read every file that was given, and merge whom the user's file of merges names.

    Args:
        shop: Where to.
        inputs: What the user gave; without files the shop is kept in a database, and nothing is read.
        mapping: Of the files that stand alone.
        watch: Shows where we are.
        personal: Also read the recipients of orders.

    Returns:
        The account of each table that was read.

    Raises:
        ImportRefusedError: A file cannot be read at all.
    """
    return tuple(read_each(shop, inputs, mapping, watch, personal=personal))


def read_each(
    shop: Shop, inputs: Inputs, mapping: TableMapping | None, watch: Watch, *, personal: bool = False
) -> Iterator[FileAccount]:
    """Read as :func:`read_into` does, and give the account of each table as soon as it is read."""
    if not inputs.files:
        return
    for name in watch.reading(inputs.files):
        try:
            yield from shop.imports.files(
                name, mapping=mapping, format=inputs.format, password=inputs.password, personal=personal,
                progress=watch.advance,
            ).files  # fmt: skip
        except ImportRefusedError as error:
            if error.code == "unrecognised" and _may_name_buyers(name, shop):
                hint = "If it joins order numbers to buyers, give it with --buyers instead."
                raise ImportRefusedError(f"{error} {hint}", code=error.code) from error
            raise
    if inputs.buyers is not None:
        watch.doing("reading buyers")
        yield from shop.imports.buyers(inputs.buyers).files
    for name, its_mapping in inputs.also:
        yield from shop.imports.files(
            watch.reading([name]), mapping=its_mapping, password=inputs.password, personal=personal,
            progress=watch.advance,
        ).files  # fmt: skip
    if inputs.merges is not None:
        watch.doing("merging customers")
        shop.customers.load_merges(inputs.merges)
    if inputs.redemptions is not None:
        watch.doing("spending points")
        yield take_redemptions(shop, inputs.redemptions)


def take_redemptions(shop: Shop, name: str) -> FileAccount:
    """Spend points as a file says, and say how many of its rows were left out and why.

    Returns:
        The account of its rows.

    Raises:
        SettingsError: The policy has no ``[points]``.
    """
    taken = shop.take_redemptions(name)
    if taken.problems:
        say(f"warning: {counted(len(taken.problems), 'redemption')} left out; {taken.problems[0]}")
    accepted, rejected = taken.redemptions + taken.repeated, len(taken.problems)
    return FileAccount(
        name=name, source="redemptions", reason="--redemptions",
        exported_at=datetime.fromtimestamp(Path(name).stat().st_mtime, UTC),
        records=accepted + rejected, accepted=accepted, rejected=rejected, blank=0,
        problems=taken.problems, problem_counts=Counter(problem.code for problem in taken.problems),
        repeated=bool(accepted) and accepted == taken.repeated,
    )  # fmt: skip


def newest_of(shop: Shop) -> datetime | None:
    """Give the moment of the newest file; ``None`` where none was read."""
    return max((file.exported_at for file in shop.imports.accounts()), default=None)


def moment_or_newest(shop: Shop, as_of: str | None) -> str:
    """Give the moment that the user gave, or that of the newest export."""
    if as_of is not None:
        return as_of
    newest = newest_of(shop)
    if newest is None:
        raise NobodyError("nothing was imported yet, so there is nobody to look up")
    whole = newest.replace(microsecond=0) + timedelta(seconds=bool(newest.microsecond))
    return whole.astimezone(ZoneInfo(shop.policy.zone)).isoformat()


def _may_name_buyers(name: str, shop: Shop) -> bool:
    """Look whether a file has what a buyers file needs."""
    reader = BuyersFile()
    settings = ReadSettings(zone=shop.policy.zone, currency=shop.policy.currency)
    try:
        return next(discover(Path(name), {reader.name: reader}, settings), None) is not None
    except ImportRefusedError:
        return False


def score_all(shop: Shop, as_of: str, cuts: Cuts | None = None) -> Scores:
    """Score the shop's customers.

    Raises:
        NobodyError: No order counts at the moment, or no buyer can be told from others.
    """
    scores = shop.insight.score(as_of, cuts=cuts)
    if not len(scores):
        raise NobodyError(f"nobody to score: {_why_nobody(shop, as_of)}")
    return scores


def _why_nobody(shop: Shop, as_of: str) -> str:
    """Say why no order counts, or that there is none."""
    if why := no_orders(shop, as_of):
        return why
    files = shop.imports.accounts()
    if not files:
        return "nothing was imported yet; 'retailcrm import' takes export files"
    records = sum(file.accepted for file in files)
    if records:
        return f"{counted(records, 'record')} read, but no order; add the order report"
    return "the files hold no order; choose a longer time when you export"


def no_orders(shop: Shop, as_of: str) -> str | None:
    """Say what the orders are like of which none counts; ``None`` if there is no order at all."""
    moment = moment_of(as_of, shop.policy.zone)
    orders = 0
    firsts: list[np.datetime64] = []
    for part in shop.insight.parts():
        orders += len(part)
        known = np.concatenate([part.placed_at, part.paid_at])
        known = known[~np.isnat(known)]
        firsts.extend([known.min()] if len(known) else [])
    if not orders:
        return None
    if firsts and min(firsts) >= moment:
        day = np.datetime64(local_day(min(firsts), shop.policy.zone), "D")
        return (
            f"{counted(orders, 'order')}, the first of {day}, none before --as-of {as_of}; give a later day"
        )
    return (
        f"of {counted(orders, 'order')} none was paid and kept before {as_of}; "
        "unpaid, closed and fully refunded orders do not count"
    )
