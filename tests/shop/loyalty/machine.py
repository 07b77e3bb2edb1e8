"""A whole shop and plain sums beside it: whatever is done through ``shop.loyalty``, the books stay right."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from retailcrm import open_shop
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import IdempotencyConflictError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

NAMES: Final = ("ann", "bob", "cat")
LEAST_STOCK: Final = 4
BUCKETS: Final = ("pending", "available", "held", "spent", "expired", "reversed", "moved")
WORLDS: Final[tuple[dict[str, Any], ...]] = (
    {"waiting": {"days": 2}, "expiry": {"never": True}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 3}},
    {"waiting": {"until": "paid"}, "expiry": {"days": 4}, "refunds": {"late": "reinstate"}},
    {
        "waiting": {"days": 1, "since": "paid"},
        "expiry": {"days": 6},
        "refunds": {"shortfall": "within_balance"},
    },
    {
        "waiting": {"days": 3, "since": "paid"},
        "refunds": {"shortfall": "only_pending"},
        "expiry": {"days": 6},
    },
    {"waiting": {"until": "paid"}, "expiry": {"never": True}, "inactive": {"days": 4}},
)
BESIDE: Final[dict[str, Any]] = {
    "redemption": {"points_per_unit": "10", "share_of_order": "1/2", "hold_minutes": 900},
    "reward": [{"id": "mug", "points": 3, "stock": LEAST_STOCK, "each": 2}],
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
WHO, FEW, PICK = st.sampled_from(NAMES), st.integers(1, 9), st.integers(0, 30)
SENT = st.sampled_from((1, 1, 2))
CAUSE = st.sampled_from(("customer", "shop"))


class Machine(RuleBasedStateMachine):
    """Three customers of one shop, every verb of its points, and what must come of it."""

    lives: ModuleType

    @initialize(
        world=st.sampled_from(WORLDS), zone=st.sampled_from(("UTC", "Asia/Shanghai")),
        told=st.sampled_from((False, True, True)),
    )  # fmt: skip
    def begin(self, world: dict[str, Any], zone: str, told: bool) -> None:
        """Open a shop on its fourth day."""
        self.now, self.zone = self.lives.day(4.25), zone
        table = {"shop": {"zone": zone}, "points": world | BESIDE}
        self.shop = open_shop(policy=policy_from_table(table), clock=lambda: self.now)
        self.points = self.shop.loyalty
        self.shortfall = world.get("refunds", {}).get("shortfall", "debt")
        self.step = 0
        self.known: dict[str, Any] = {}
        self.share: dict[str, Fraction] = {}
        self.told: Counter[str] = Counter()
        self.awarded: dict[str, Any] = {}
        self.sent: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Done]] = []
        self.issued = self.spent = self.taken_by_hand = 0
        self.redeemed: dict[str, int] = {}
        self.back: Counter[str] = Counter()
        self.holds: dict[str, int] = {}
        self.bought: dict[str, tuple[str, int]] = {}
        self.stock = LEAST_STOCK
        self.merges: dict[str, tuple[str, str]] = {}
        if told:
            self.imports(set(range(len(self.lives.LIVES))), 0)

    # ---- what every step shares ----------------------------------------------------------------------

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

    def groups(self) -> set[frozenset[str]]:
        return {self.group(name) for name in NAMES}

    def there(self, who: str) -> dict[str, int]:
        """Give what somebody has now; asked for in both ways."""
        found, again = self.points.balance(who), self.points.balance(who, at=self.now)
        assert found == again, f"{who}: now {found} is not {again}"
        has = {name: getattr(found, name) for name in ("pending", "available", "held", "debt")}
        assert min(has.values()) >= 0
        assert not (has["debt"] and has["available"])
        return has

    def all_there(self) -> dict[str, dict[str, int]]:
        return {name: self.there(name) for name in NAMES}

    def net(self) -> int:
        """Give what all have together, less what they owe."""
        found = [self.there(min(group)) for group in self.groups()]
        return sum(one["pending"] + one["available"] + one["held"] - one["debt"] for one in found)

    def send(self, times: int, verb: Callable[..., Any], *asked: Any, **more: Any) -> Any:
        """Send a command, maybe once more: it has happened once."""
        more = {"key": self.key()} | more
        first = verb(*asked, **more)
        assert isinstance(first, Done | Refused)
        assert first.key == more["key"]
        if isinstance(first, Refused):
            return None
        assert not first.repeated
        self.sent.append((verb, asked, more, first))
        if times > 1:
            self.again(len(self.sent) - 1)
        return first

    def again(self, number: int) -> None:
        """Send a command of before once more."""
        verb, asked, more, first = self.sent[number]
        before = self.all_there(), [len(self.points.history(name)) for name in NAMES]
        found = verb(*asked, **more)
        assert found == first
        assert found.repeated
        assert (self.all_there(), [len(self.points.history(name)) for name in NAMES]) == before

    @contextmanager
    def moves(self, who: str, **expected: int) -> Iterator[None]:
        """See to it that a step changes what it should, and nobody else's points."""
        before = self.all_there()
        yield
        after = self.all_there()
        mine = self.group(who)
        for name in NAMES:
            change = {bucket: after[name][bucket] - n for bucket, n in before[name].items()}
            wanted = expected if name in mine else {}
            assert change == dict.fromkeys(change, 0) | wanted, f"{name}: {change}, not {wanted}"

    def comes(self, who: str, points: int) -> dict[str, int]:
        """Give what points that come in change: a debt is repaid first."""
        owed = min(self.there(who)["debt"], points)
        return {"debt": -owed, "available": points - owed}

    # ---- orders --------------------------------------------------------------------------------------

    @rule(which=st.sets(st.integers(0, 8), min_size=1, max_size=6), ago=st.sampled_from((0, 0, 0, 1, 2, 3.5)))
    def imports(self, which: set[int], ago: float) -> None:
        """Read a file of some moment: newer, older or the same as before."""
        now, at = self.now, self.now - timedelta(days=ago)
        lives = [self.lives.LIVES[n] for n in sorted(which)]
        rows = [life.row(at, self.zone) for life in lives if self.lives.day(life.paid) < at]
        if not rows:
            return
        self.now = at
        table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS})
        assert not self.shop.imports.table(table, MAPPING).problems
        self.now = now
        before = self.all_there() if self.learn({row["id"] for row in rows}, at) else None
        if before is not None:
            return
        self.check()

    def learn(self, numbers: set[str | None], at: Any) -> bool:
        """Note what a file tells; say whether any of it is new."""
        new = False
        for life in self.lives.LIVES:
            if life.number in numbers and (life.number not in self.known or self.known[life.number] < at):
                self.known[life.number] = at
                new = True
        self.follow()
        return new

    def follow(self) -> None:
        """Bring the shares that were refunded up to what the files tell."""
        for life in self.lives.LIVES:
            if life.number in self.known:
                self.awarded.setdefault(life.number, life)
                self.tell(life, life.share(self.known[life.number]))
        for name, cash in self.told.items():
            self.tell(self.awarded[name], min(Fraction(cash, self.awarded[name].gross), Fraction(1)))

    def tell(self, life: Any, share: Fraction) -> None:
        """Note that a share of an order was refunded; several may tell of the same refund."""
        self.share[life.number] = max(self.share.get(life.number, Fraction(0)), share)

    @rule(number=PICK)
    def reads_a_file_again(self, number: int) -> None:
        """A file of what is known already changes nothing."""
        if not self.known:
            return
        before, net = self.all_there(), self.net()
        name = sorted(self.known)[number % len(self.known)]
        life = next(one for one in self.lives.LIVES if one.number == name)
        now, self.now = self.now, self.known[name]
        row = life.row(self.now, self.zone)
        table = pa.table({column: pa.array([row[column]], pa.string()) for column in COLUMNS})
        assert not self.shop.imports.table(table, MAPPING).problems
        self.now = now
        assert (self.all_there(), self.net()) == (before, net)

    @rule(number=PICK, times=SENT, ago=st.sampled_from((0, 0, 1, 3)))
    def hands_in(self, number: int, times: int, ago: float) -> None:
        """A backend tells an order itself, maybe as it was some days ago."""
        at = self.now - timedelta(days=ago)
        paid = [life for life in self.lives.LIVES if self.lives.day(life.paid) < at]
        if not paid:
            return
        life = paid[number % len(paid)]
        done = self.send(times, self.points.earn, life.order(at))
        self.awarded[life.number] = life
        self.tell(life, life.share(at))
        assert done.points == life.points
        self.check()

    @precondition(lambda self: self.awarded)
    @rule(number=PICK, part=st.sampled_from((100, 350, 500, 5000)), times=SENT)
    def reverses(self, number: int, part: int, times: int) -> None:
        """Refund a part of an order."""
        self.follow()
        name = sorted(self.awarded)[number % len(self.awarded)]
        life = self.awarded[name]
        amount = self.lives.Money(part, "CNY")
        before = int(life.points * self.share[name])
        done = self.send(times, self.points.reverse, life.reference, amount)
        assert done is not None
        self.told[name] += part
        self.follow()
        wanted = int(life.points * self.share[name]) - before
        assert done.points == wanted if self.shortfall == "debt" else done.points <= wanted
        self.check()

    # ---- spending ------------------------------------------------------------------------------------

    @rule(who=WHO, points=FEW, times=SENT, cart=st.sampled_from((None, None, 40, 100, 1000)))
    def redeems(self, who: str, points: int, times: int, cart: int | None) -> None:
        """Spend at once: so many points, or what a cart takes of them."""
        before = self.there(who)
        paid = None if cart is None else Cart(goods=cart)
        done = self.send(times, self.points.redeem, who, points, cart=paid)
        after = self.there(who)
        if done is None:
            assert after == before
            assert before["available"] < points or cart is not None
            return
        assert done.detail["value"] == done.points * 10
        assert done.points == points if cart is None else done.points <= min(points, cart // 20)
        assert after == before | {"available": before["available"] - done.points}
        self.spent += done.points
        self.redeemed[done.key] = done.points

    @rule(who=WHO, points=FEW, times=SENT)
    def reserves(self, who: str, points: int, times: int) -> None:
        """Set points aside."""
        before = self.there(who)
        done = self.send(times, self.points.reserve, who, points)
        change = points if done else 0
        assert bool(done) == (points <= before["available"])
        assert self.there(who) == before | {
            "available": before["available"] - change, "held": before["held"] + change,
        }  # fmt: skip
        if done:
            self.holds[done.key] = points

    @precondition(lambda self: self.holds)
    @rule(number=PICK, points=st.one_of(st.none(), FEW), times=SENT)
    def captures(self, number: int, points: int | None, times: int) -> None:
        """Spend what was set aside, or a part of it."""
        name = sorted(self.holds)[number % len(self.holds)]
        held = self.net()
        done = self.send(times, self.points.capture, name, points=points)
        if done is None:
            return
        assert done.points == (self.holds.pop(name) if points is None else points)
        self.holds.pop(name, None)
        self.spent += done.points
        self.redeemed[done.key] = done.points
        assert self.net() <= held - done.points
        self.check()

    @precondition(lambda self: self.holds)
    @rule(number=PICK, times=SENT)
    def voids(self, number: int, times: int) -> None:
        """Let a reservation go."""
        name = sorted(self.holds)[number % len(self.holds)]
        done = self.send(times, self.points.void, name)
        if done is not None:
            assert done.points == self.holds[name]
        del self.holds[name]
        self.check()

    @precondition(lambda self: self.redeemed)
    @rule(number=PICK, points=st.one_of(st.none(), FEW), cause=CAUSE, times=SENT)
    def gives_back(self, number: int, points: int | None, cause: str, times: int) -> None:
        """Return what was spent, never more than that."""
        name = sorted(self.redeemed)[number % len(self.redeemed)]
        done = self.send(times, self.points.give_back, name, points=points, cause=cause)
        left = self.redeemed[name] - self.back[name]
        if done is None:
            assert left == 0 if points is None else points > left
            return
        assert done.points == (left if points is None else points)
        self.back[name] += done.points
        assert self.back[name] <= self.redeemed[name]
        self.spent -= done.points
        self.check()

    # ---- beside orders -------------------------------------------------------------------------------

    @rule(who=WHO, points=st.sampled_from((1, 3, 8, -2, -5)), times=SENT)
    def adjusts(self, who: str, points: int, times: int) -> None:
        """Correct an account by hand."""
        before = self.there(who)
        change = self.comes(who, points) if points > 0 else {"available": points}
        done = self.send(times, self.points.adjust, who, points, reason="counted", actor="li")
        if done is None:
            assert before["available"] < -points
            return
        assert self.there(who) == before | {name: before[name] + n for name, n in change.items()}
        self.issued += max(points, 0)
        self.taken_by_hand += max(-points, 0)

    @rule(giver=WHO, taker=WHO, points=FEW, times=SENT)
    def gives(self, giver: str, taker: str, points: int, times: int) -> None:
        """Give points to somebody else."""
        if taker in self.group(giver):
            return
        before, net, coming = self.there(giver), self.net(), self.comes(taker, points)
        other = self.there(taker)
        done = self.send(times, self.points.transfer, giver, taker, points)
        assert bool(done) == (points <= before["available"])
        assert self.net() == net
        if done:
            assert self.there(giver) == before | {"available": before["available"] - points}
            assert self.there(taker) == other | {name: other[name] + n for name, n in coming.items()}

    @rule(who=WHO, times=SENT)
    def signs_in(self, who: str, times: int) -> None:
        """Come by: once a day it earns 2 points, and 3 more on the second day in a row."""
        before = self.there(who)
        done = self.send(times, self.points.activity, who, "signin")
        if done is None:
            assert self.there(who) == before
            return
        assert done.points in (2, 5)
        self.issued += done.points
        self.check()

    @rule(who=WHO, pieces=st.integers(1, 2), times=SENT)
    def buys(self, who: str, pieces: int, times: int) -> None:
        """Take mugs for points: two each at most, and no more than there are."""
        before, has = self.there(who), sum(n for owner, n in self.bought.values() if owner in self.group(who))
        done = self.send(times, self.points.rewards.buy, who, "mug", pieces=pieces)
        fits = has + pieces <= 2 and pieces <= self.stock and 3 * pieces <= before["available"]
        assert bool(done) == fits
        if done:
            assert done.points == 3 * pieces
            assert self.there(who) == before | {"available": before["available"] - done.points}
            self.stock -= pieces
            self.spent += done.points
            self.bought[done.key] = who, pieces
        assert self.points.rewards.left("mug") == self.stock

    @precondition(lambda self: self.bought)
    @rule(number=PICK, cause=CAUSE, times=SENT, restock=st.booleans())
    def brings_back(self, number: int, cause: str, times: int, restock: bool) -> None:
        """Bring a mug back; a broken one is no stock."""
        name = sorted(self.bought)[number % len(self.bought)]
        who, pieces = self.bought[name]
        if not pieces:
            return  # KNOWN
        done = self.send(times, self.points.rewards.bring_back, name, cause=cause, restock=restock)
        assert done is not None
        if done:
            assert done.points == 3
            self.bought[name] = who, pieces - 1
            self.spent -= 3
            self.stock += restock
        assert self.points.rewards.left("mug") == self.stock
        self.check()

    # ---- who is who ----------------------------------------------------------------------------------

    @rule(keep=WHO, gone=WHO)
    def are_one(self, keep: str, gone: str) -> None:
        """Two customers turn out to be one."""
        seen = {life.who for life in self.lives.LIVES if life.number in self.known}
        if gone in self.group(keep) or not {keep, gone} <= seen:
            return
        net = self.net()
        number = self.shop.customers.merge(keep, gone, by="li", note="she said so")
        self.merges[str(number)] = keep, gone
        assert self.there(keep) == self.there(gone)
        assert self.net() == net
        self.check()

    @precondition(lambda self: self.merges)
    @rule(number=PICK)
    def are_not(self, number: int) -> None:
        """They were not."""
        name = sorted(self.merges)[number % len(self.merges)]
        net = self.net()
        self.shop.customers.undo(name, by="li")
        del self.merges[name]
        assert self.net() == net
        self.check()

    # ---- keys and time -------------------------------------------------------------------------------

    @precondition(lambda self: self.sent)
    @rule(number=PICK)
    def sends_again(self, number: int) -> None:
        """A command of long ago comes in once more."""
        self.again(number % len(self.sent))

    @precondition(lambda self: self.sent)
    @rule(number=PICK)
    def uses_a_used_key(self, number: int) -> None:
        """Another command with the key of one that was done is an error, and changes nothing."""
        verb, asked, more, _ = self.sent[number % len(self.sent)]
        before = self.all_there()
        others = {name: f"{more[name]}?" for name in ("reason",) if name in more}
        if isinstance(asked[-1], int):
            asked = (*asked[:-1], asked[-1] + 1)
        elif "points" in more:
            others["points"] = (more["points"] or 0) + 1
        elif verb != self.points.activity and not others:
            return
        if others or isinstance(asked[-1], int):
            with pytest.raises(IdempotencyConflictError):
                verb(*asked, **more | others)
        assert self.all_there() == before

    @rule(hours=st.sampled_from((1, 6, 24, 24, 40, 80)))
    def waits(self, hours: int) -> None:
        """Time goes by; what will be then, is known before."""
        later = self.now + timedelta(hours=hours)
        ahead = {name: self.points.balance(name, at=later) for name in NAMES}
        self.now = later
        assert {name: self.points.balance(name) for name in NAMES} == ahead
        self.check()

    @rule()
    def advances(self) -> None:
        """What fell due is written: nothing is another than before, and a second time nothing is written."""
        before = self.all_there()
        self.shop.advance(self.now, confirm_clock=True)
        assert self.all_there() == before
        assert not self.shop.advance(self.now, confirm_clock=True).events
        self.check()

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
        self.follow()
        sums: Counter[str] = Counter()
        taken: Counter[str] = Counter()
        outstanding = 0
        for entries in self.journals().values():
            moved: Counter[tuple[str, str]] = Counter()
            lots: dict[str, Any] = {}
            for entry in entries:
                lots |= {lot.id: lot for lot in entry.lots}
                sums["debt"] += entry.debt
                gone = sum(one.points for one in entry.movements) + entry.debt + entry.forgiven
                if entry.verb == "reverse":
                    taken[entry.reference.split("/")[2].partition(":")[0]] += gone
                    sums["taken"] += gone - entry.forgiven
                for one in entry.movements:
                    moved[one.lot, one.target.value] += one.points
                    if one.source is not None:
                        moved[one.lot, one.source.value] -= one.points
            assert min(moved.values(), default=0) >= 0
            there = {(lot.id, b): n for lot in lots.values() for b in BUCKETS if (n := getattr(lot, b))}
            assert dict(+moved) == there
            for (_, bucket), points in there.items():
                sums[bucket] += points
        outstanding = sums["pending"] + sums["available"] + sums["held"]
        issued = self.issued + sum(life.points for life in self.awarded.values())
        assert outstanding + sums["spent"] + sums["expired"] + sums["reversed"] == issued, "issued"
        assert sums["spent"] == self.spent, "spent"
        assert sums["reversed"] + sums["debt"] == sums["taken"] + self.taken_by_hand, "taken"
        for name, life in self.awarded.items():
            assert taken[name] == int(life.points * self.share[name]), f"taken of order {name}"

    def teardown(self) -> None:
        """Everybody's journal is sound, and everybody's row of the table is her own balance."""
        if not hasattr(self, "merges"):
            return
        self.check()
        self.now += timedelta(minutes=61)  # the table leaves out what happens at its very moment
        for name, entries in self.journals().items():
            assert check_journal([entry_document(entry) for entry in entries]) == (), name
        rows = {row.pop("customer_id"): row for row in self.table()}
        for group in self.groups():
            mine = [rows.pop(name) for name in sorted(group) if name in rows]
            assert len(mine) <= 1
            for bucket, points in self.there(min(group)).items():
                assert points == (mine[0][bucket] if mine else 0), f"{sorted(group)}: {bucket} in the table"
        assert not rows

    def table(self) -> list[dict[str, Any]]:
        """Give everybody's row."""
        found: list[dict[str, Any]] = self.shop.points(self.now.isoformat()).customers.to_arrow().to_pylist()
        return found
