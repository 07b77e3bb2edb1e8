"""Accounts and naive ones side by side: whatever happens to them, both come to the same.

Which implementation is held against the naive accounts, the attribute ``core`` says; so the same machine runs
on the package and on copies of it with a fault planted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

if TYPE_CHECKING:
    from types import SimpleNamespace

BEGIN = datetime(2024, 1, 30, 17, tzinfo=UTC)
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
BUCKETS = ("pending", "available", "held", "spent", "expired", "reversed", "moved")
NAMES = ("ann", "bob", "cat")

RULES: tuple[dict[str, Any], ...] = (
    {},
    {"days": 1},
    {"days": 1},
    {"days": 1},
    {"days": 3, "zone": "Asia/Shanghai"},
    {"months": 1},
    {"months": 1, "snap": "quarter"},
    {"on": date(2024, 2, 3)},
)
"""How points lapse, as the naive account writes it; the ledger's own words for it are the same."""

IDLE: tuple[dict[str, Any] | None, ...] = (None, {"days": 2})
WHO, PICK, FEW = st.sampled_from((0, 0, 0, 0, 1, 1, 2)), st.integers(0, 30), st.integers(1, 5)
AWARD, ALL = st.integers(1, 8), st.integers(0, 5)
GRACE = {"days": 2}


class Machine(RuleBasedStateMachine):
    """Three customers of whom two are busy: their accounts, twice, and the journals of those under test."""

    core: SimpleNamespace
    naive_account: Any

    @initialize(
        crooked=st.booleans(),
        alone=st.booleans(),
        rests=st.booleans(),
        shortfall=st.sampled_from(("debt", "debt", "within_balance", "only_pending")),
    )
    def begin(self, crooked: bool, alone: bool, rests: bool, shortfall: str) -> None:
        """Choose a world: in a crooked one the clock may go back and news come late."""
        self.alone, self.rests = alone, rests
        self.accounts = {name: self.core.Account(id=name) for name in NAMES}
        self.naive = {name: self.naive_account(name) for name in NAMES}
        self.journals: dict[str, list[Any]] = {name: [] for name in NAMES}
        self.lots: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
        self.now, self.step, self.crooked, self.shortfall = BEGIN, 0, crooked, shortfall
        self.awards: dict[str, dict[str, Any]] = {}
        self.spends: dict[str, dict[str, Any]] = {}
        self.seen: list[tuple[datetime, str, Counter[str]]] = []
        self.issued = 0

    # ---- what every step shares ----------------------------------------------------------------------

    def key(self) -> str:
        self.step += 1
        return f"k{self.step:02}"

    def seldom(self) -> bool:
        """Keep some rules rare, so that most steps award, spend and take back."""
        return self.step % 4 == 3

    def together(self) -> bool:
        """Let others take part, rarely, unless one customer has the world for herself."""
        return not self.alone and self.seldom()

    def name(self, who: int) -> str:
        """Give a customer's name."""
        return NAMES[0 if self.alone else who]

    def wake(self, *whose: str) -> None:
        """Every command begins with what fell due."""
        for who in whose:
            self.naive[who].advance(self.now)

    def live(self, *whose: str) -> datetime:
        """Who does something now does it after all that happened, whatever the clock says; give when."""
        moment: datetime = max(self.naive[who].live(self.now) for who in whose)
        for who in whose:
            self.naive[who].advance(moment)
        return moment

    def write(self, who: str, outcome: Any) -> bool:
        """Write what a decision came to, entry by entry; say whether it was allowed."""
        for entry in outcome.entries:
            before = self.accounts[who]
            after = self.core.apply(before, entry)
            assert entry.version == before.version + 1
            assert before.recorded_at is None or before.recorded_at < entry.recorded_at
            for movement in entry.movements:
                assert movement.points > 0
            for lot in entry.lots:
                old = self.lots[who].get(lot.id)
                assert lot.touched_at == entry.effective_at
                assert old is None or (old.touched_at <= entry.effective_at and old.points == lot.points)
                self.lots[who][lot.id] = lot
            self.accounts[who] = after
        self.journals[who] += outcome.entries
        assert self.accounts[who] == outcome.account
        return isinstance(outcome, self.core.Accepted)

    def fresh(self, outcome: Any) -> list[str]:
        """Give the names of the lots that a decision made, in their order."""
        return [m.lot for e in outcome.entries for m in e.movements if m.source is None and e.verb != "earn"]

    def same(self, *whose: str) -> None:
        """Both accounts hold the same, bucket by bucket of every lot, and nothing that is promised fails."""
        for who in whose:
            account, naive = self.accounts[who], self.naive[who]
            there: Counter[tuple[str, str]] = Counter((p["lot"], p["state"]) for p in naive.points)
            here = {
                (lot.id, b): getattr(lot, b)
                for lot in self.lots[who].values()
                for b in BUCKETS
                if getattr(lot, b)
            }
            assert here == dict(there), f"{who}: {here} is not {dict(there)}"
            assert (account.debt, account.debt_at) == (naive.debt, naive.debt_at)
            assert account.settled_at == naive.settled
            assert not (account.debt and account.available)
            for bucket in ("pending", "available", "held"):
                assert getattr(account, bucket) == naive.count(bucket)
            for lot in account.lots:
                facts = naive.lots[lot.id]
                assert (lot.activates_at, lot.expires_at) == (facts["activates"], facts["expires"])
                assert (lot.root, lot.owners) == (facts["root"], facts["owners"])
                assert lot.touched_at == facts["touched"]
            holds = {h.id: (h.points, h.ends_at) for h in account.holds}
            assert holds == {name: (len(h["points"]), h["ends"]) for name, h in naive.holds.items()}
        owned = sum(lot.points - lot.moved for lots in self.lots.values() for lot in lots.values())
        assert owned == self.issued, "points came from nowhere, or went there"

    def pick(self, things: Any, number: int) -> Any:
        """Choose one of some things that are there."""
        names = sorted(things)
        return names[number % len(names)]

    # ---- awards --------------------------------------------------------------------------------------

    @rule(
        who=WHO, points=AWARD, days=st.sampled_from((0, 0, 0, None, 2, -1)), expiry=st.sampled_from(RULES),
        limit=st.sampled_from((None, None, None, 1, 4)), idle=st.sampled_from(IDLE),
    )  # fmt: skip
    def earns(self, who: int, points: int, days: Any, expiry: Any, limit: Any, idle: Any) -> None:
        key, name = self.key(), self.name(who)
        self.wake(name)
        late = DAY if days == -1 and self.crooked else timedelta()
        at = None if days is None else self.now + max(days, 0) * DAY - late
        idle = idle if self.rests else None
        end = None if limit is None else self.now + limit * DAY
        outcome = self.core.earn(
            self.accounts[name], points, lot=key, source="order", key=key, now=self.now, activates_at=at,
            effective_at=self.now - late, expiry=self.core.Expiry(**expiry), limit_at=end,
            idle=None if idle is None else self.core.Expiry(**idle),
        )  # fmt: skip
        assert self.write(name, outcome)
        self.issued += points
        self.naive[name].earn(key, points, self.now - late, at, rule=expiry, limit=end, idle=idle)
        self.naive[name].advance(self.now)
        self.awards[key] = {"who": name, "points": points, "taken": 0, "forgiven": 0, "root": key, "share": 0}
        self.same(name)

    def expected(self) -> list[str]:
        """Give the awards that seem to wait, and the latest, which may not."""
        waiting = [lot for lot, award in self.awards.items() if self.naive[award["who"]].waits(lot)]
        return waiting or list(self.awards)[-1:]

    @precondition(lambda self: self.awards)
    @rule(pick=PICK, hours=st.sampled_from((0, 0, 30)))
    def arrives(self, pick: int, hours: int) -> None:
        lot = self.pick(self.expected(), pick)
        who, at = self.awards[lot]["who"], self.now - hours * HOUR * self.crooked
        self.wake(who)
        waits = self.naive[who].waits(lot)
        outcome = self.core.set_free(self.accounts[who], lot, key=self.key(), now=self.now, effective_at=at)
        assert self.write(who, outcome) == waits
        if waits:
            self.naive[who].come_in(lot, at)
            self.naive[who].advance(self.now)
        self.same(who)

    @precondition(lambda self: self.awards and self.seldom())
    @rule(pick=PICK, days=st.sampled_from((-1, 0, 1, 3)))
    def is_put_off(self, pick: int, days: int) -> None:
        lot = self.pick(self.expected(), pick)
        who, at = self.awards[lot]["who"], self.now + (days if self.crooked else max(days, 0)) * DAY
        self.wake(who)
        waits = self.naive[who].waits(lot)
        assert (
            self.write(who, self.core.reschedule(self.accounts[who], lot, at, key=self.key(), now=self.now))
            == waits
        )
        if waits:
            self.naive[who].reschedule(lot, at, self.now)
            self.naive[who].advance(self.now)
        self.same(who)

    def resting(self) -> list[str]:
        """Give who has points that lapse if she rests too long."""
        return [
            name for name, naive in self.naive.items()
            if any(p["state"] in ("available", "held") and naive.lots[p["lot"]]["idle"] for p in naive.points)
        ]  # fmt: skip

    @precondition(lambda self: self.step % 3 == 2 and self.resting())
    @rule(pick=PICK, hours=st.sampled_from((0, 0, 5, 30)))
    def is_active(self, pick: int, hours: int) -> None:
        name, at = self.pick(self.resting(), pick), self.now - hours * HOUR * self.crooked
        self.wake(name)
        self.write(name, self.core.extend(self.accounts[name], key=self.key(), now=self.now, active_at=at))
        self.naive[name].extend(at)
        self.same(name)

    # ---- spending ------------------------------------------------------------------------------------

    def wanted(self, name: str, points: int) -> int:
        """Give how many points to ask for; 0 asks for all there are."""
        self.live(name)
        return points or self.naive[name].count("available") or 1

    @rule(who=WHO, points=ALL)
    def redeems(self, who: int, points: int) -> None:
        key, name = self.key(), self.name(who)
        points = self.wanted(name, points)
        outcome = self.core.redeem(self.accounts[name], points, key=key, now=self.now)
        allowed = self.write(name, outcome)
        chosen = self.naive[name].choose(points, "spent", self.live(name))
        assert allowed == (chosen is not None)
        if not allowed:
            limit = ("debt", 0) if self.naive[name].debt else ("balance", self.naive[name].count("available"))
            assert (outcome.limit, outcome.allowed) == limit
        if chosen is not None:
            self.spends[key] = {"who": name, "points": chosen}
        self.same(name)

    @rule(who=WHO, points=ALL, hours=st.sampled_from((1, 24, 30, 100)))
    def reserves(self, who: int, points: int, hours: int) -> None:
        key, name, ends = self.key(), self.name(who), self.now + hours * HOUR
        points = self.wanted(name, points)
        outcome = self.core.reserve(
            self.accounts[name], points, hold=key, ends_at=ends, key=key, now=self.now
        )
        moment = self.live(name)
        ends += moment - self.now
        assert self.write(name, outcome) == self.naive[name].reserve(key, points, ends, moment)
        self.same(name)

    def holding(self) -> list[str]:
        """Give the names of open reservations, and of whom."""
        return [f"{hold} {name}" for name, naive in self.naive.items() for hold in naive.holds]

    @precondition(lambda self: self.holding())
    @rule(pick=PICK, points=st.sampled_from((None, 1, 2, 5)))
    def captures(self, pick: int, points: int | None) -> None:
        hold, name = self.pick(self.holding(), pick).split()
        moment = self.live(name)
        outcome = self.core.capture(self.accounts[name], hold, points, key=self.key(), now=self.now)
        allowed = self.write(name, outcome)
        spent = self.naive[name].capture(hold, points, moment)
        assert allowed == (spent is not None)
        if spent is not None:
            assert outcome.points == len(spent)
            self.spends[hold] = {"who": name, "points": spent}
        self.same(name)

    @precondition(lambda self: self.holding())
    @rule(pick=PICK)
    def voids(self, pick: int) -> None:
        hold, name = self.pick(self.holding(), pick).split()
        moment = self.live(name)
        outcome = self.core.void(self.accounts[name], hold, key=self.key(), now=self.now)
        assert self.write(name, outcome) == self.naive[name].void(hold, moment)
        self.same(name)

    # ---- going back ----------------------------------------------------------------------------------

    def refundable(self) -> list[str]:
        """Give the awards whose orders were not wholly refunded, or the latest."""
        return [root for root, award in self.awards.items() if award["share"] < 1] or list(self.awards)[-1:]

    @precondition(lambda self: self.awards)
    @rule(pick=PICK, part=st.sampled_from((Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(0))))
    def is_refunded(self, pick: int, part: Fraction) -> None:
        root = self.pick(self.refundable(), pick)
        award = self.awards[root]
        who, share = award["who"], award["share"] + (1 - award["share"]) * part
        self.wake(who)
        told = self.core.Reversed(
            awarded=award["points"], points=award["taken"], forgiven=award["forgiven"],
            lots=tuple(lot for lot in self.lots[who].values() if lot.root == root),
        )  # fmt: skip
        outcome = self.core.reverse(
            self.accounts[who], told, share, key=self.key(), now=self.now, shortfall=self.shortfall
        )
        assert self.write(who, outcome)
        taken, forgiven = self.naive[who].reverse(award, share, self.shortfall, self.now)
        assert (outcome.points, sum(e.forgiven for e in outcome.entries)) == (taken, forgiven)
        award |= {"share": share, "taken": award["taken"] + taken, "forgiven": award["forgiven"] + forgiven}
        self.same(who)

    @precondition(lambda self: self.spends)
    @rule(pick=PICK, points=FEW, late=st.sampled_from(("expire", "expire", "grace", "reinstate")))
    def is_undone(self, pick: int, points: int, late: str) -> None:
        name = self.pick(self.spends, pick)
        spend = self.spends[name]
        who, left = spend["who"], spend["points"]
        counts = Counter(p["lot"] for p in left)
        moment = self.live(who)
        outcome = self.core.give_back(
            self.accounts[who], [self.core.Allocation(lot, n) for lot, n in counts.items()], points,
            self.lots[who], key=self.key(), now=self.now,
            policy=self.core.LatePolicy(late=late, grace=self.core.Expiry(**GRACE)),
        )  # fmt: skip
        assert self.write(who, outcome) == (points <= len(left))
        if points <= len(left):
            self.naive[who].give_back(left[:points], moment, late, GRACE, self.fresh(outcome))
            spend["points"] = left[points:]
            if not spend["points"]:
                del self.spends[name]
        self.same(who)

    @precondition(lambda self: self.seldom())
    @rule(who=WHO, points=st.integers(-6, 6).filter(bool))
    def is_corrected(self, who: int, points: int) -> None:
        key, name = self.key(), self.name(who)
        moment = self.live(name)
        outcome = self.core.adjust(
            self.accounts[name], points, key=key, now=self.now, reason="miscounted", actor="eve"
        )
        allowed = self.write(name, outcome)
        if points < 0:
            assert allowed == self.naive[name].take_away(-points, moment)
        else:
            self.issued += points
            self.naive[name].earn(self.fresh(outcome)[0], points, moment, moment, rule=None)
            self.naive[name].advance(moment)
        self.same(name)

    # ---- other accounts ------------------------------------------------------------------------------

    def moved(self, giver: str, taker: str, outcome: Any) -> list[str] | None:
        """Write both sides of a movement; give the names of the lots that arrived, or that it was refused."""
        if not isinstance(outcome, self.core.Moved):
            assert not self.write(giver, outcome)
            return None
        assert self.write(giver, outcome.giver)
        assert self.write(taker, outcome.taker)
        return list(dict.fromkeys(self.fresh(outcome.taker)))

    @precondition(lambda self: self.together())
    @rule(who=WHO, points=FEW)
    def gives(self, who: int, points: int) -> None:
        giver, taker = NAMES[who], NAMES[who - 1]
        moment = max(self.naive[one].live(self.now) for one in (giver, taker))
        self.naive[giver].advance(moment)
        key = self.key()
        outcome = self.core.transfer(
            self.accounts[giver], self.accounts[taker], points, key=key, now=self.now
        )
        names = self.moved(giver, taker, outcome)
        if names is None:
            assert not self.naive[giver].transfer(self.naive[taker], points, [], moment)
            self.same(giver)
            return
        self.naive[taker].advance(moment)
        assert self.naive[giver].transfer(self.naive[taker], points, names, moment)
        self.same(giver, taker)

    @precondition(lambda self: self.together())
    @rule(who=WHO)
    def becomes_one_with(self, who: int) -> None:
        gone, keep = NAMES[who], NAMES[who - 1]
        moment = self.live(gone, keep)
        outcome = self.core.merge(self.accounts[gone], self.accounts[keep], key=self.key(), now=self.now)
        self.naive[gone].merge(self.naive[keep], self.moved(gone, keep, outcome) or [], moment)
        for award in self.awards.values():
            award["who"] = keep if award["who"] == gone else award["who"]
        self.same(gone, keep)

    @precondition(lambda self: self.together())
    @rule(who=WHO)
    def parts_from(self, who: int) -> None:
        back, keep = NAMES[who], NAMES[who - 1]
        moment = self.live(back, keep)
        outcome = self.core.split(self.accounts[keep], self.accounts[back], key=self.key(), now=self.now)
        self.naive[keep].split(self.naive[back], self.moved(keep, back, outcome) or [], moment)
        self.same(back, keep)

    @precondition(lambda self: self.awards and self.together())
    @rule(pick=PICK)
    def was_anothers(self, pick: int) -> None:
        root = self.pick(self.awards, pick)
        giver = self.awards[root]["who"]
        taker = NAMES[NAMES.index(giver) - 1]
        moment = self.live(giver, taker)
        outcome = self.core.hand_over(
            self.accounts[giver], self.accounts[taker], [root], key=self.key(), now=self.now
        )
        names = self.moved(giver, taker, outcome) or []
        self.naive[giver].hand_over(self.naive[taker], root, names, moment)
        self.awards[root]["who"] = taker
        self.same(giver, taker)

    # ---- what often goes together --------------------------------------------------------------------

    def place(self, things: Any, name: str) -> int:
        """Give the number that picks one of some things."""
        return sorted(things).index(name)

    @precondition(lambda self: self.seldom() and self.shortfall == "debt")
    @rule(
        who=WHO, coming=st.sampled_from((0, 1, 2)), limit=st.sampled_from((None, 1)),
        helped=st.sampled_from(("", "", "gift", "merge")),
    )  # fmt: skip
    def runs_into_debt(self, who: int, coming: int, limit: Any, helped: str) -> None:
        """She spends an award, its order goes back, others are on their way, or somebody helps out."""
        self.earns(who, 4, 0, {}, None, None)
        award = f"k{self.step:02}"
        self.redeems(who, 0)
        for days in (1, 2)[:coming]:
            self.earns(who, 3, days, {"days": 1}, limit, None)
        if award in self.refundable():
            self.is_refunded(self.place(self.refundable(), award), Fraction(1))
        if helped == "merge" and not self.alone:
            self.becomes_one_with(who)
        elif helped and not self.alone:
            friend = (who + 1) % len(NAMES)
            self.earns(friend, 3, 0, {}, None, None)
            self.gives(friend, 2)

    @precondition(lambda self: self.seldom() and self.rests)
    @rule(who=WHO, points=FEW)
    def is_heard_of_late(self, who: int, points: int) -> None:
        """She was active today, and yesterday too, as is told after that."""
        self.earns(who, points, 0, {}, None, {"days": 2})
        self.waits(36)
        for hours in (0, 30):
            if self.name(who) in self.resting():
                self.is_active(self.place(self.resting(), self.name(who)), hours)

    @precondition(lambda self: self.seldom())
    @rule(
        who=WHO, hours=st.sampled_from((30, 100)), later=st.sampled_from((24, 36, 84)), active=st.booleans()
    )
    def forgets_a_checkout(self, who: int, hours: int, later: int, active: bool) -> None:
        """She sets aside what she has, and comes back after it lapsed."""
        self.earns(who, 2, 0, {} if self.rests else {"days": 1}, None, {"days": 2})
        self.reserves(who, 0, hours)
        self.waits(later)
        if active and self.name(who) in self.resting():
            self.is_active(self.place(self.resting(), self.name(who)), 0)

    @precondition(lambda self: self.seldom() and self.crooked and self.shortfall == "debt")
    @rule(who=WHO, points=FEW, expiry=st.sampled_from(({}, {"days": 1})))
    def hears_late_of_a_parcel(self, who: int, points: int, expiry: Any) -> None:
        """It came before she owed any, and perhaps its points lapsed; that is told when she does."""
        self.earns(who, points, None, expiry, None, None)
        waiting = f"k{self.step:02}"
        self.waits(36)
        self.waits(36)
        self.runs_into_debt(who, 0, None, helped="")
        if waiting in self.expected():
            self.arrives(self.place(self.expected(), waiting), 71)

    @precondition(lambda self: self.seldom())
    @rule(who=WHO, points=FEW, late=st.sampled_from(("expire", "grace", "reinstate")), same=st.booleans())
    def changes_her_mind(self, who: int, points: int, late: str, same: bool) -> None:
        """She spends points that have a fixed end, perhaps one for all, and cancels after it."""
        self.earns(who, points, 0, {"on": self.now.date()} if same else {}, None if same else 1, None)
        self.redeems(who, 0)
        spent = f"k{self.step:02}"
        self.waits(36)
        if spent in self.spends:
            self.is_undone(self.place(self.spends, spent), 5, late)

    @precondition(lambda self: self.seldom() and self.crooked)
    @rule(who=WHO, points=FEW, hours=st.sampled_from((1, 30)))
    def checks_out_twice_in_an_hour(self, who: int, points: int, hours: int) -> None:
        """The clock is put back between what she earns and what she sets aside."""
        self.earns(who, points, 0, {}, None, None)
        self.waits(-1)
        self.reserves(who, 0, hours)

    # ---- time ----------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from((1, 12, 24, 36, 36, 36, 24 * 20, -1)))
    def waits(self, hours: int) -> None:
        """What an account is going to be is known beforehand, and known when its first change comes."""
        for name in NAMES:
            self.foresee(name, self.now + abs(hours) * HOUR)
        self.now += (hours if self.crooked else abs(hours)) * HOUR

    def foresee(self, name: str, later: datetime) -> None:
        """Compare what the account says of a later moment with a naive one that lives until then."""
        account, naive = self.accounts[name], self.naive[name].copy()
        change = account.next_change_at
        assert change == min((at for at, _ in naive.moments()), default=None)
        naive.advance(self.now)
        self.seen.append((self.now, name, Counter(p["state"] for p in naive.points)))
        naive.advance(naive.live(self.now))
        assert account.usable(self.now) == naive.count("available")
        for days in (0, 1, 3):
            naive.advance(naive.live(later + days * DAY))
            assert account.usable(later + days * DAY) == naive.count("available")
        # An account whose last entry took effect at the very moment of its next change is not before it.
        if change is not None and account.not_before(change - MICROSECOND) < change:
            assert account.usable(change - MICROSECOND) == account.available

    def teardown(self) -> None:
        """The journals give the accounts once more, and what each account was at every moment that passed."""
        if not hasattr(self, "accounts"):
            return
        for name in NAMES:
            self.write(name, self.core.redeem(self.accounts[name], 10**6, key="end", now=self.now))
            self.live(name)
        self.same(*NAMES)
        for name in NAMES:
            assert self.core.replay(name, self.journals[name]) == self.accounts[name]
        for at, name, there in () if self.crooked else self.seen:
            here: Counter[str] = Counter()
            for entry in self.journals[name]:
                for movement in entry.movements if entry.effective_at <= at else ():
                    here[movement.target.value] += movement.points
                    if movement.source is not None:
                        here[movement.source.value] -= movement.points
            assert +here == there, f"{name} at {at}"
