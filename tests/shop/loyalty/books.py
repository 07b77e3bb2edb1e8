"""What must be true of a shop's points, whatever happens to them: plain sums beside the shop."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import attrs
import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from retailcrm import open_shop
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.shop.loyalty.reservations import lasting
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import ModuleType

NAMES: Final = ("ann", "bob", "cat", "home")
"""Three who buy, and the pool of a household."""

STOCK: Final = 4
BUCKETS: Final = ("pending", "available", "held", "spent", "expired", "reversed", "moved")
WORLDS: Final[tuple[dict[str, Any], ...]] = (
    {"waiting": {"days": 2}, "expiry": {"never": True}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 3}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 4}, "refunds": {"late": "reinstate"}},
    {
        "waiting": {"days": 1, "since": "paid"}, "expiry": {"days": 6},
        "refunds": {"shortfall": "within_balance"}, "redemption": {"refund": "cash_first"},
    },
    {
        "waiting": {"days": 3, "since": "paid"},
        "expiry": {"days": 6},
        "refunds": {"shortfall": "only_pending"},
    },
    {
        "waiting": {"until": "paid"}, "expiry": {"never": True}, "inactive": {"days": 4},
        "redemption": {"refund": "points_first"},
    },
)  # fmt: skip
REDEMPTION: Final = {"points_per_unit": "10", "share_of_order": "1/2", "hold_minutes": 900}
BESIDE: Final[dict[str, Any]] = {
    "reward": [{"id": "mug", "points": 3, "stock": STOCK, "each": 2}],
    "activity": [{"kind": "signin", "points": 2, "streak": {"2": 3}}],
}
MAPPING: Final = {
    "name": "ours",
    "columns": {
        "number": "id", "buyer": "who", "paid_at": "at", "shipped_at": "left", "completed_at": "done",
        "paid": "amount", "refunded": "back", "refunded_at": "back_at",
    },
    "money": {"paid_is": "gross"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "paid"},
}  # fmt: skip
COLUMNS: Final = ("id", "who", "at", "left", "done", "amount", "back", "back_at")


class Books(RuleBasedStateMachine):
    """A shop, all that it was told, and what must come of it.

    What is known of an order is counted twice, as the rules say: by files and handed-in orders as all that
    was paid back so far, by verbs as one refund after the other; the larger sum counts.
    """

    lives: ModuleType

    @initialize(
        world=st.sampled_from(WORLDS),
        zone=st.sampled_from(("UTC", "Asia/Shanghai")),
        told=st.sampled_from((False, True, True)),
    )
    def begin(self, *, world: dict[str, Any], zone: str, told: bool) -> None:
        """Open a shop on its fourth day; most have read a file."""
        self.now, self.zone = self.lives.day(4.25), zone
        redemption = REDEMPTION | world.get("redemption", {})
        table = {"shop": {"zone": zone}, "points": world | BESIDE | {"redemption": redemption}}
        self.policy = policy_from_table(table)
        self.shop = self.kept(open_shop(policy=self.policy, clock=lambda: self.now))
        self.points = self.shop.loyalty
        self.shortfall = world.get("refunds", {}).get("shortfall", "debt")
        self.refund_by = redemption.get("refund", "proportional")
        self.idle: int | None = world.get("inactive", {}).get("days")
        self.step = 0
        self.known: dict[str, datetime] = {}
        self.awarded: dict[str, Any] = {}
        self.share: dict[str, Fraction] = {}
        self.told: Counter[str] = Counter()
        self.sent: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Done]] = []
        self.issued = self.taken_by_hand = 0
        self.redeemed: dict[str, int] = {}
        self.paid_for: dict[str, str] = {}
        self.back: Counter[str] = Counter()
        self.cash: Counter[str] = Counter()
        self.worth_told: Counter[str] = Counter()
        self.all_by_points: set[str] = set()
        self.holds: dict[str, int] = {}
        self.aside: dict[str, tuple[str, int, datetime]] = {}
        self.bought: dict[str, tuple[str, int]] = {}
        self.stock = STOCK
        self.merges: dict[str, tuple[str, str]] = {}
        if told:
            self.read_file(self.lives.LIVES, self.now)

    def kept(self, shop: Any) -> Any:
        """Give the shop that everything is done to; others may look over its shoulder."""
        return shop

    # ---- looking -------------------------------------------------------------------------------------

    def key(self) -> str:
        self.step += 1
        return f"k{self.step:02}"

    def group(self, who: str) -> frozenset[str]:
        """Give who is one person with somebody."""
        found, more = {who}, True
        while more:
            near = {n for pair in self.merges.values() if found & set(pair) for n in pair}
            more = not near <= found
            found |= near
        return frozenset(found)

    def groups(self) -> list[frozenset[str]]:
        return sorted({self.group(name) for name in NAMES}, key=min)

    def there(self, who: str) -> dict[str, int]:
        """Give what somebody has now; asked for in both ways."""
        found, again = self.points.balance(who), self.points.balance(who, at=self.now)
        assert found == again, f"{who}: now {found} is not {again}"
        has = {name: getattr(found, name) for name in ("pending", "available", "held", "debt")}
        assert min(has.values()) >= 0
        assert not (has["debt"] and has["available"])
        return has

    def look(self) -> dict[str, Any]:
        """Give what all have now."""
        return {name: self.points.balance(name) for name in NAMES}

    def net(self) -> int:
        """Give what all have together, less what they owe."""
        found = self.look()
        mine = [found[min(group)] for group in self.groups()]
        return sum(one.pending + one.available + one.held - one.debt for one in mine)

    def written(self, group: frozenset[str]) -> bool:
        """Tell whether the ledger has any entry of somebody's points."""
        ledger = self.points._accounts.ledger
        return any(ledger.account(f"points/{name}").version for name in group)

    def by_orders(self, group: frozenset[str]) -> int:
        """Count somebody's points of orders alone: they lapse so many days after the last one, if ever."""
        left, lapse = 0, None
        for life in sorted(self.lives.LIVES, key=lambda one: one.paid):
            if life.who in group and life.number in self.known:
                paid = self.lives.day(life.paid)
                kept = left if lapse is None or paid < lapse else 0
                left = kept + life.points - self.target(life.number)
                midnight = paid.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0)
                lapse = None if self.idle is None else midnight + timedelta(days=self.idle + 1)
        return left if lapse is None or self.now < lapse else 0

    # ---- sending -------------------------------------------------------------------------------------

    def send(self, times: int, verb: Callable[..., Any], *asked: Any, **more: Any) -> Any:
        """Send a command, maybe once more: it has happened once. A refusal is None."""
        more = {"key": self.key()} | more
        before = self.look()
        first = verb(*asked, **more)
        assert isinstance(first, Done | Refused)
        assert first.key == more["key"]
        if isinstance(first, Refused):
            assert self.look() == before
            return None
        assert not first.repeated
        self.sent.append((verb, asked, more, first))
        if times > 1:
            self.again(len(self.sent) - 1)
        return first

    def again(self, number: int) -> None:
        """Send a command of before once more."""
        verb, asked, more, first = self.sent[number]
        before = self.look(), [len(self.points.history(name)) for name in NAMES]
        found = verb(*asked, **more)
        assert lasting(found) == lasting(first)
        assert found.repeated
        assert (self.look(), [len(self.points.history(name)) for name in NAMES]) == before

    def comes(self, who: str, points: int) -> dict[str, int]:
        """Give what points that come in change: a debt is repaid first."""
        owed = min(self.there(who)["debt"], points)
        return {"debt": -owed, "available": points - owed}

    # ---- what is known of orders ---------------------------------------------------------------------

    def read_file(self, lives: Any, at: datetime) -> bool:
        """Import a file of some moment; say whether any of it is new."""
        rows = [life.row(at, self.zone) for life in lives if self.lives.day(life.paid) < at]
        if not rows:
            return False
        now, self.now = self.now, at
        table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS})
        assert not self.shop.imports.table(table, MAPPING).problems
        self.now, new = now, False
        for row in rows:
            name = row["id"]
            if name not in self.known or self.known[name] < at:
                self.known[name], new = at, True
        self.follow()
        return new

    def follow(self) -> None:
        """Bring what is known of refunds up to what files and verbs told."""
        for life in self.lives.LIVES:
            if life.number in self.known:
                self.awarded.setdefault(life.number, life)
                self.tell(life, life.share(self.known[life.number]))

    def tell(self, life: Any, share: Fraction) -> None:
        """Note all that was paid back of an order so far, as a file or a backend shows it.

        Points that paid for it return, by the wallet's rule for partial refunds.
        """
        before = self.share.get(life.number, Fraction(0))
        self.share[life.number] = max(before, share)
        for key, order in self.paid_for.items() if share > before else ():
            if order == life.number:
                spent = self.redeemed[key]
                part = 0 if self.refund_by == "cash_first" else int(spent * share)
                self.back[key] = max(self.back[key], spent if share == 1 else part)

    def tell_verb(self, life: Any, cash: int) -> None:
        """Note one more refund that a verb told of."""
        self.told[life.number] += cash
        share = min(Fraction(self.told[life.number], life.gross), Fraction(1))
        self.share[life.number] = max(self.share.get(life.number, Fraction(0)), share)

    def target(self, name: str) -> int:
        """Give what is to be taken back of an order's points."""
        return int(self.awarded[name].points * self.share[name])

    # ---- the books -----------------------------------------------------------------------------------

    def journals(self) -> dict[str, tuple[Any, ...]]:
        """Give everybody's journal, those of accounts that were merged away included."""
        # Looking at somebody brings accounts together that are one; so the ledger itself is read after that.
        known = [self.points.history(min(group)) for group in self.groups()]
        ledger = self.points._accounts.ledger
        found = {name: tuple(ledger.entries(name)) for name in ledger.accounts()}
        return found | {entries[0].account: entries for entries in known if entries}

    def check(self) -> None:
        """Add up all that was ever written."""
        found = self.look()
        for name in reversed(NAMES):
            assert self.there(name) == attrs.asdict(found[name]), "looking changes something"
        self.follow()
        sums: Counter[str] = Counter()
        taken: Counter[str] = Counter()
        lapsed: Counter[str] = Counter()
        for entries in self.journals().values():
            moved: Counter[tuple[str, str]] = Counter()
            lots: dict[str, Any] = {}
            for entry in entries:
                lots |= {lot.id: lot for lot in entry.lots}
                self.add(entry, moved, sums, taken)
                assert min(moved.values(), default=0) >= 0
            there = {(lot.id, b): n for lot in lots.values() for b in BUCKETS if (n := getattr(lot, b))}
            assert dict(+moved) == there
            for (lot, bucket), points in there.items():
                sums[bucket] += points
                lapsed[lots[lot].root.rpartition("/")[2]] += points * (bucket == "expired")
        outstanding = sums["pending"] + sums["available"] + sums["held"]
        issued = self.issued + sum(life.points for life in self.awarded.values())
        assert outstanding + sums["spent"] + sums["expired"] + sums["reversed"] == issued, "issued"
        assert sums["spent"] == sum(self.redeemed.values()) - sum(self.back.values()), "spent"
        assert sums["reversed"] + sums["debt"] == sums["taken"] + self.taken_by_hand, "taken"
        for name in self.awarded if self.shortfall == "debt" else ():
            assert sums[f"forgiven {name}"] <= lapsed[name], "what was used is owed"
        assert dict(+taken) == {n: t for n in self.awarded if (t := self.target(n))}, "taken of an order"

    def add(
        self, entry: Any, moved: Counter[tuple[str, str]], sums: Counter[str], taken: Counter[str]
    ) -> None:
        """Add an entry's movements, and what it takes back of an order."""
        sums["debt"] += entry.debt
        if entry.verb == "reverse":
            gone = sum(one.points for one in entry.movements) + entry.debt
            name = entry.reference.split("/")[2].partition(":")[0]
            taken[name] += gone + entry.forgiven
            sums["taken"] += gone
            sums[f"forgiven {name}"] += entry.forgiven
        for one in entry.movements:
            moved[one.lot, one.target.value] += one.points
            if one.source is not None:
                moved[one.lot, one.source.value] -= one.points

    def teardown(self) -> None:
        """Everybody's journal is sound, and everybody's row of the table is her own balance."""
        if not hasattr(self, "merges"):
            return
        self.check()
        # The table leaves out what happens at its very moment; nothing does at this one.
        self.now = self.now.replace(minute=self.now.minute + 1)
        for name, entries in self.journals().items():
            assert check_journal([entry_document(entry) for entry in entries]) == (), name
        table = self.shop.points(self.now.isoformat()).customers.to_arrow().to_pylist()
        rows = {row.pop("customer_id"): row for row in table}
        for group in self.groups():
            mine = [rows.pop(name) for name in sorted(group) if name in rows]
            assert len(mine) <= 1
            for bucket, points in self.there(min(group)).items():
                assert points == (mine[0][bucket] if mine else 0), f"{sorted(group)}: {bucket} in the table"
        assert not rows
