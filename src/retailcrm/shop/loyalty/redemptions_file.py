"""A till's own record of points that were spent: each row spends them at its own time, once."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import attrs

from retailcrm.domain.identity import Identity, IdentityKind
from retailcrm.domain.problems import Problem
from retailcrm.errors import ImportRefusedError, InputError, SettingsError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.shop.buyers import ids_of
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.loyalty.known_orders import AccountsThen, KnownOrders, joined, moment
from retailcrm.shop.loyalty.loyalty import Loyalty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty.accounts import Accounts

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "who": ("买家会员名", "会员昵称", "买家昵称", "客户", "customer", "buyer"),
    "points": ("积分", "使用积分", "points"),
    "at": ("时间", "兑换时间", "使用时间", "time", "at"),
    "id": ("流水号", "兑换单号", "id"),
    "order": ("订单编号", "订单号", "order"),
    "what": ("兑换内容", "礼品", "reward", "spent_on"),
}
"""What the columns can be called; the first three must be there."""

REQUIRED: Final = ("who", "points", "at")

MONEY_OFF: Final = frozenset({"", "订单抵扣", "抵扣", "抵现", "order", "money off"})
"""Words for points that were taken off an order's price; anything else names a reward."""

_MOST_DIGITS: Final = 12
_SAME_MOMENT: Final = timedelta(seconds=1)
"""Entries of one moment are written some microseconds after each other."""


@attrs.frozen(kw_only=True)
class Redemption:
    """One row of the file.

    Attributes:
        key: What tells the row from all others: its id, else its contents.
        who: The buyer, as the file calls her.
        points: How many points, at least 1.
        at: When, aware.
        order: Number of the order with which they were spent; empty if not told.
        what: What they were spent on; a word of :data:`MONEY_OFF`, or a reward.
        record: Data records counted from 1.
        lines: First and last physical line.
    """

    key: str
    who: str
    points: int
    at: datetime
    order: str = ""
    what: str = ""
    record: int = 0
    lines: tuple[int, int] = (0, 0)

    @property
    def reference(self) -> str:
        """What the journal says of it."""
        if self.what.casefold() in MONEY_OFF:
            return f"order:{self.order or self.key}"
        return f"reward:{self.what}"


@attrs.frozen(kw_only=True)
class Taken:
    """What became of a file's rows.

    Attributes:
        redemptions: Rows whose points were spent.
        points: How many.
        repeated: Rows that had been taken before.
        problems: Rows that were left out, each with its reason.
    """

    redemptions: int
    points: int
    repeated: int
    problems: tuple[Problem, ...]


def take_redemptions(accounts: Accounts, path: Path, *, wallet: str = "") -> Taken:
    """Spend points as a file says that they were spent, each row at its own time.

    At the time of a row only what had happened to the customer's orders before is known, as it was at the
    till. So rows are taken in their sequence in time, before points are spent in any other way.

    Args:
        accounts: The shop's accounts; orders are imported before.
        path: A CSV file, UTF-8 or GB18030; see :data:`HEADERS` for what its columns are called.
        wallet: Which currency of points; the first if empty.

    Returns:
        What became of the rows. A row is taken once, however often its file is given.

    Raises:
        ImportRefusedError: It is no such file.
        SettingsError: There is no such wallet, or its points are never spent.
    """
    rules = accounts.programme.wallet(wallet)
    if rules.qualifying:
        raise SettingsError(f"points in wallet {rules.name} count for tiers; nobody spends them")
    rows, problems = read_redemptions(path, accounts.policy.zone)
    rows.sort(key=lambda one: (one.at, one.record))
    till = _Till.of(accounts, rows, rules, path.name)
    done: list[Done] = []
    for row in rows:
        outcome = till.take(row)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            done.append(outcome)
    new = [one for one in done if not one.repeated]
    return Taken(
        redemptions=len(new),
        points=sum(one.points for one in new),
        repeated=len(done) - len(new),
        problems=tuple(sorted(problems, key=lambda one: one.record or 0)),
    )


@attrs.frozen(kw_only=True)
class _Till:
    """Spends the points of rows, in their sequence in time."""

    accounts: Accounts
    rules: Wallet
    source: str
    customers: Mapping[str, str]
    orders: KnownOrders

    @classmethod
    def of(cls, accounts: Accounts, rows: Sequence[Redemption], rules: Wallet, source: str) -> _Till:
        """Look up the customers of rows that were not taken before, and their orders."""
        new = [row for row in rows if _known(accounts, row) is None]
        customers = _customers(accounts, dict.fromkeys(row.who for row in new))
        for customer in dict.fromkeys(customers.values()):
            joined(accounts, customer, rules.name)
        until = moment(max((row.at for row in new), default=datetime.min.replace(tzinfo=UTC)))
        orders = KnownOrders.of(accounts, set(customers.values()), rules.name, until)
        return cls(accounts=accounts, rules=rules, source=source, customers=customers, orders=orders)

    def take(self, row: Redemption) -> Done | Problem:
        """Spend the points of a row."""
        known = _known(self.accounts, row)
        if known is not None and known.points != row.points:
            return _problem(row, self.source, "id", "another row with this id was taken before")
        if known is not None:
            return attrs.evolve(known, repeated=True)
        customer = self.customers[row.who]
        written = self.accounts.ledger.account(account_id(self.rules.name, customer)).recorded_at
        if written is not None and written - row.at > _SAME_MOMENT:
            return _problem(row, self.source, "late", "the account was written at a later time already")
        at = row.at if written is None else max(row.at, written)
        outcome = self._spend(Loyalty(AccountsThen.of(self.orders, at)), customer, row)
        if isinstance(outcome, Done):
            return outcome
        if isinstance(outcome, Refused):
            why = f"{row.points} points cannot be spent: {outcome.message}"
            return _problem(row, self.source, outcome.limit, why)
        return _problem(row, self.source, "ledger", "it is not known to be written; give the file again")

    def _spend(self, loyalty: Loyalty, customer: str, row: Redemption) -> Outcome:
        """Buy a reward where the row names one of the catalogue and its price, else only spend the points."""
        first = self.rules.name == self.accounts.programme.wallet().name
        reward = next((one for one in self.accounts.programme.rewards if first and one.id == row.what), None)
        if reward is not None and row.points % reward.points == 0:
            return loyalty.rewards.buy(customer, reward.id, key=row.key, pieces=row.points // reward.points)
        orders = (one.reference for one in self.orders.facts.get(customer, ()))
        order = next((one for one in orders if row.order and one.endswith(f"/{row.order}")), "")
        return loyalty.redeem(
            customer, row.points, key=row.key, order=order, reference=row.reference, wallet=self.rules.name
        )


def _known(accounts: Accounts, row: Redemption) -> Done | None:
    """Give what a row came to before."""
    effects = (accounts.ledger.effect(verb, row.key) for verb in ("redeem", "reward"))
    return next((one.done for one in effects if one is not None), None)


def _customers(accounts: Accounts, names: Iterable[str]) -> dict[str, str]:
    """Give the present id of every buyer: named by her id, a nick, a phone number or an address."""
    present = accounts.merges.present()
    meant = {who: [present.get(one, one) for one in _ids(accounts.shop, who)] for who in names}
    wanted = {one for several in meant.values() for one in several}
    known: set[str] = set()
    for orders in accounts.orders.parts() if accounts.observed() is not None else ():
        known |= wanted.intersection(orders.customers.ids.tolist())
    return {who: next((one for one in ids if one in known), ids[0]) for who, ids in meant.items()}


def _ids(shop: str, who: str) -> Iterator[str]:
    yield who
    for kind in (IdentityKind.NICK, IdentityKind.PHONE, IdentityKind.EMAIL):
        try:
            yield from ids_of(Identity.of("taobao", shop, kind, who))
        except InputError:
            continue


def _problem(row: Redemption, source: str, code: str, message: str) -> Problem:
    first, last = row.lines
    return Problem(
        source=source, code=code, message=message, record=row.record, first_line=first, last_line=last
    )


def read_redemptions(path: Path, zone: str) -> tuple[list[Redemption], list[Problem]]:
    """Read the rows of a file of redemptions.

    Args:
        path: A CSV file, UTF-8 or GB18030.
        zone: IANA zone of times without an offset.

    Returns:
        The rows, and the problems of those that cannot be read.

    Raises:
        ImportRefusedError: It is no text, or lacks a column.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=False)
    places = _places(next(reader, []), path)
    rows: list[Redemption] = []
    problems: list[Problem] = []
    seen: Counter[str] = Counter()
    before, record = reader.line_num, 0
    for cells in reader:
        lines, before = (before + 1, reader.line_num), reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        record += 1
        told = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
        found = _row(told, zone, record, lines, seen)
        if isinstance(found, Redemption):
            rows.append(found)
        else:
            problems.append(attrs.evolve(found, source=path.name))
    return rows, problems


def _text(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefusedError(f"{path}: neither UTF-8 nor GB18030 text; save it as CSV", code="encoding")


def _places(header: Sequence[str], path: Path) -> dict[str, int]:
    """Find the columns."""
    names = [cell.strip().casefold() for cell in header]
    places = {
        field: names.index(known[0])
        for field, words in HEADERS.items()
        if (known := [word for word in words if word in names])
    }
    lacking = [HEADERS[field][0] for field in REQUIRED if field not in places]
    if lacking:
        raise ImportRefusedError(
            f"{path}: no file of redemptions, it has no column {', '.join(lacking)}; "
            f"wanted: {', '.join(words[0] for words in HEADERS.values())}",
            code="unrecognised",
        )
    return places


def _row(
    told: Mapping[str, str], zone: str, record: int, lines: tuple[int, int], seen: Counter[str]
) -> Redemption | Problem:
    """Read a row, or say what is wrong with it; its buyer is never repeated in a message."""

    def wrong(code: str, message: str, value: str | None = None) -> Problem:
        return Problem(
            source="", code=code, message=message, record=record, first_line=lines[0], last_line=lines[1],
            value=value,
        )  # fmt: skip

    if not told["who"]:
        return wrong("buyer", "nobody is named")
    points = told["points"].replace(",", "")
    if not points.isascii() or not points.isdecimal() or len(points) > _MOST_DIGITS or int(points) < 1:
        return wrong("points", "not a whole number of points from 1", told["points"])
    at = _instant(told["at"], zone)
    if at is None:
        return wrong("time", "not a time such as 2024-03-01 09:30:00", told["at"])
    return Redemption(
        key=_key(told, seen),
        who=told["who"],
        points=int(points),
        at=at,
        order=_protected(told.get("order", "")),
        what=told.get("what", ""),
        record=record,
        lines=lines,
    )


def _key(told: Mapping[str, str], seen: Counter[str]) -> str:
    """Name a row by its id, else by what it says and how often the file has said it before."""
    if told.get("id"):
        return f"redemption:{_protected(told['id'])}"
    whole = hashlib.sha256("\x1f".join(told[name] for name in sorted(told)).encode()).hexdigest()[:24]
    seen[whole] += 1
    return f"redemption:{whole}:{seen[whole]}"


def _protected(text: str) -> str:
    """Take a number out of the protection that spreadsheets need."""
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text


def _instant(text: str, zone: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
