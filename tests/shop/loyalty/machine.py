"""Every verb of a shop's points, in whatever order, and what each must do at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from retailcrm.domain.money import Money
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import IdempotencyConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

WHO = st.sampled_from(("ann", "ann", "bob", "bob", "cat", "home"))
FEW, PICK, PIECES = st.integers(1, 9), st.integers(0, 30), st.integers(1, 2)
PART = st.one_of(st.none(), st.none(), FEW)
SENT = st.sampled_from((1, 1, 2))
CAUSE = st.sampled_from(("customer", "shop"))
AGO = st.sampled_from((0, 0, 0, 1, 2, 3.5))


def machine_of(books: type) -> type:
    """Give the machine on the class that keeps its books."""

    class Machine(books):  # type: ignore[misc]  # loaded by the test from the file beside
        """Three customers of one shop, and the pool of a household."""

        now: datetime

        def pick(self, things: Any, number: int) -> Any:
            names = sorted(things)
            return names[number % len(names)]

        # ---- orders ----------------------------------------------------------------------------------

        @rule(which=st.sets(st.integers(0, 8), min_size=1, max_size=6), ago=AGO)
        def imports(self, which: set[int], ago: float) -> None:
            """Read a file of some moment: newer, older or the same as before; old news change nothing."""
            before, net = self.look(), self.net()
            lives = [self.lives.LIVES[n] for n in sorted(which)]
            if not self.read_file(lives, self.now - timedelta(days=ago)):
                assert (self.look(), self.net()) == (before, net)
            self.check()

        @rule(number=PICK, times=SENT, ago=AGO)
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
            """A part of an order's award is taken back, whoever may have told of that refund before."""
            name = self.pick(self.awarded, number)
            life, before = self.awarded[name], self.target(name)
            done = self.send(times, self.points.reverse, life.reference, Money(part, "CNY"))
            self.tell_verb(life, part)
            wanted = self.target(name) - before
            # What is missing was spent or lapsed where she was before; the sums tell which.
            assert 0 <= done.points <= wanted
            self.check()

        @rule(number=st.integers(0, 8), part=st.sampled_from((100, 350, 500, 5000)), times=SENT, cause=CAUSE)
        def refunds(self, number: int, part: int, times: int, cause: str) -> None:
            """A part of an order goes back that points may have paid: cash, points and award by parts."""
            life = self.lives.LIVES[number]
            name, keys = life.number, [k for k, order in self.paid_for.items() if order == life.number]
            left = self.left_of(life, keys)
            done = self.send(times, self.points.refund, life.reference, Money(part, "CNY"), cause=cause)
            assert bool(done) == (left is not None and part <= left)
            if done is None:
                return
            cash, back = done.detail["cash"], done.detail["given_back"]
            assert 0 <= cash <= part
            assert 0 <= done.detail["told_already"] <= part - cash
            self.worth_told[name] += part - cash - done.detail["told_already"]
            assert 0 <= back <= sum(self.redeemed[k] - self.back[k] for k in keys)
            self.cash[name] += cash
            for key in keys:
                first = min(back, self.redeemed[key] - self.back[key])
                self.back[key] += first
                back -= first
            assert self.cash[name] <= (life.gross if name in self.awarded else 0)
            if name in self.awarded:
                self.tell_verb(life, cash)
            self.check()

        def left_of(self, life: Any, keys: list[str]) -> int | None:
            """Tell what verbs may still say is refunded of an order; None if nobody knows what was paid."""
            worth = sum(10 * self.redeemed[k] for k in keys)
            known = life.number in self.awarded
            if not known and not self.all_by_points & set(keys):
                return None
            cash = max(life.gross - self.told[life.number], 0) if known else 0
            return cash + worth - self.worth_told[life.number]

        # ---- spending --------------------------------------------------------------------------------

        def order_of(self, who: str, number: int | None) -> dict[str, str]:
            """Say that points pay for one of her orders, whoever tells of its refunds."""
            hers = [life for life in self.lives.LIVES if life.who == who]
            return {} if number is None or not hers else {"order": hers[number % len(hers)].reference}

        def spends(self, done: Any, order: dict[str, str]) -> None:
            self.redeemed[done.key] = done.points
            if order:
                self.paid_for[done.key] = order["order"].rpartition("/")[2]

        @rule(who=WHO, points=FEW, times=SENT, cart=st.sampled_from((None, None, 40, 100, 1000)), number=PART)
        def redeems(self, who: str, points: int, times: int, cart: int | None, number: int | None) -> None:
            """Spend at once: so many points, or what a cart takes of them."""
            before, order = self.there(who), self.order_of(who, number)
            paid = None if cart is None else Cart(goods=cart)
            done = self.send(times, self.points.redeem, who, points, cart=paid, **order)
            if done is None:
                assert before["available"] < points or cart is not None
                return
            assert done.detail["value"] == done.points * 10
            assert done.points == points if cart is None else done.points <= min(points, cart // 20)
            assert self.there(who) == before | {"available": before["available"] - done.points}
            self.spends(done, order)
            if cart == done.detail["value"]:
                self.all_by_points.add(done.key)
            self.check()

        @rule(who=WHO, points=FEW, times=SENT, number=PART)
        def reserves(self, who: str, points: int, times: int, number: int | None) -> None:
            """Set points aside."""
            before, order = self.there(who), self.order_of(who, number)
            done = self.send(times, self.points.reserve, who, points, **order)
            assert bool(done) == (points <= before["available"])
            if done:
                self.holds[done.key] = points, order
                change = {"available": before["available"] - points, "held": before["held"] + points}
                assert self.there(who) == before | change

        @precondition(lambda self: self.holds)
        @rule(number=PICK, points=PART, times=SENT)
        def captures(self, number: int, points: int | None, times: int) -> None:
            """Spend what was set aside, or a part of it."""
            name = self.pick(self.holds, number)
            held, order = self.holds[name]
            done = self.send(times, self.points.capture, name, points=points)
            if done is not None:
                assert done.points == (held if points is None else points) <= held
                del self.holds[name]
                self.spends(done, order)
            self.check()

        @precondition(lambda self: self.holds)
        @rule(number=PICK, times=SENT)
        def voids(self, number: int, times: int) -> None:
            """Let a reservation go."""
            held, _ = self.holds.pop(name := self.pick(self.holds, number))
            done = self.send(times, self.points.void, name)
            assert done is None or done.points == held
            self.check()

        @precondition(lambda self: bool(set(self.redeemed) - set(self.bought)))
        @rule(number=PICK, points=PART, cause=CAUSE, times=SENT)
        def gives_back(self, number: int, points: int | None, cause: str, times: int) -> None:
            """Return what was spent, never more than that."""
            name = self.pick(set(self.redeemed) - set(self.bought), number)
            left = self.redeemed[name] - self.back[name]
            done = self.send(times, self.points.give_back, name, points=points, cause=cause)
            assert bool(done) == (points is None or points <= left)
            if done:
                assert done.points == (left if points is None else points)
                self.back[name] += done.points
            self.check()

        # ---- beside orders ---------------------------------------------------------------------------

        @rule(who=WHO, points=st.sampled_from((1, 3, 8, -2, -5)), times=SENT)
        def adjusts(self, who: str, points: int, times: int) -> None:
            """Correct an account by hand."""
            before = self.there(who)
            change = self.comes(who, points) if points > 0 else {"available": points}
            done = self.send(times, self.points.adjust, who, points, reason="counted", actor="li")
            assert bool(done) == (points > 0 or before["available"] >= -points)
            if done:
                assert self.there(who) == before | {name: before[name] + n for name, n in change.items()}
                self.issued += max(points, 0)
                self.taken_by_hand += max(-points, 0)

        @rule(giver=WHO, taker=WHO, points=FEW, times=SENT)
        def gives(self, giver: str, taker: str, points: int, times: int) -> None:
            """Give points to somebody else, or to a pool."""
            if taker in self.group(giver):
                return
            net, before, coming = self.net(), self.there(giver), self.comes(taker, points)
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
            done = self.send(times, self.points.activity, who, "signin")
            if done is not None:
                assert done.points in (2, 5)
                self.issued += done.points
                self.check()

        # ---- rewards ---------------------------------------------------------------------------------

        def has(self, who: str) -> int:
            """Count the mugs that somebody took or has set aside."""
            mine: list[int] = [pieces for owner, pieces in self.bought.values() if owner in self.group(who)]
            return sum(mine) + sum(n for owner, n, _ in self.waiting() if owner in self.group(who))

        def waiting(self) -> list[tuple[str, int, Any]]:
            """Give the mugs that are set aside."""
            return [one for one in self.aside.values() if self.now < one[2]]

        def shelf(self) -> None:
            """Count the mugs on the shelf."""
            assert self.points.rewards.left("mug") == self.stock - sum(n for _, n, _ in self.waiting())
            self.check()

        @rule(who=WHO, pieces=PIECES, times=SENT, aside=st.booleans())
        def buys(self, *, who: str, pieces: int, times: int, aside: bool) -> None:
            """Take mugs for points, or set them aside: two each at most, and no more than there are."""
            before, left = self.there(who), self.points.rewards.left("mug")
            verb: Callable[..., Any] = self.points.rewards.reserve if aside else self.points.rewards.buy
            fits = self.has(who) + pieces <= 2 and pieces <= left and 3 * pieces <= before["available"]
            done = self.send(times, verb, who, "mug", pieces=pieces)
            assert bool(done) == fits
            if done is None:
                return
            assert done.points == 3 * pieces
            held = before["held"] + done.points * aside
            assert self.there(who) == before | {"available": before["available"] - done.points, "held": held}
            # What she takes while she is one with somebody else counts where it is written, also afterwards.
            mine = done.account.partition("/")[2]
            if aside:
                self.aside[done.key] = mine, pieces, self.now + timedelta(minutes=900)
            else:
                self.takes(done.key, mine, pieces)
            self.shelf()

        def takes(self, key: str, who: str, pieces: int) -> None:
            self.stock -= pieces
            self.redeemed[key] = 3 * pieces
            self.bought[key] = who, pieces

        @precondition(lambda self: self.aside)
        @rule(number=PICK, times=SENT, taken=st.booleans())
        def comes_for_it(self, *, number: int, times: int, taken: bool) -> None:
            """What was set aside is taken, or let go."""
            who, pieces, ends = self.aside.pop(name := self.pick(self.aside, number))
            verb = self.points.rewards.capture if taken else self.points.rewards.void
            done = self.send(times, verb, name)
            assert bool(done) == (self.now < ends)
            if done and taken:
                self.takes(done.key, who, pieces)
            self.shelf()

        @precondition(lambda self: any(pieces for _, pieces in self.bought.values()))
        @rule(number=PICK, cause=CAUSE, times=SENT, restock=st.booleans())
        def brings_back(self, *, number: int, cause: str, times: int, restock: bool) -> None:
            """Bring a mug back, if she has one; a broken one is no stock."""
            name = self.pick([key for key, (_, pieces) in self.bought.items() if pieces], number)
            who, pieces = self.bought[name]
            done = self.send(times, self.points.rewards.bring_back, name, cause=cause, restock=restock)
            assert done.points == 3
            self.bought[name] = who, pieces - 1
            self.back[name] += 3
            self.stock += restock
            self.shelf()

        # ---- who is who ------------------------------------------------------------------------------

        @precondition(lambda self: not self.waiting())
        @rule(keep=WHO, gone=WHO)
        def are_one(self, keep: str, gone: str) -> None:
            """Two customers turn out to be one; only those whom a file has told of can."""
            seen = {life.who for life in self.lives.LIVES if life.number in self.known}
            if gone in self.group(keep):
                return
            if not {keep, gone} <= seen:
                with pytest.raises(NotFoundError):
                    self.shop.customers.merge(keep, gone, by="li", note="she said so")
                return
            net, before, hers = self.net(), self.alone(keep, gone), self.group(gone)
            self.merges[self.shop.customers.merge(keep, gone, by="li", note="she said so")] = keep, gone
            assert self.there(keep) == self.there(gone)
            # What is set aside goes along, and stays if they turn out to be two.
            root = self.shop.loyalty._accounts.customer(keep)
            for name, (owner, *rest) in self.aside.items():
                if owner in hers:
                    self.aside[name] = root, *rest
            assert self.net() - self.alone(keep, gone) == net - before
            self.check()

        @precondition(lambda self: self.merges)
        @rule(number=PICK)
        def are_not(self, number: int) -> None:
            """They were not."""
            who = self.merges[name := self.pick(self.merges, number)]
            net, before = self.net(), self.alone(*who)
            self.shop.customers.undo(name, by="li")
            del self.merges[name]
            assert self.net() - self.alone(*who) == net - before
            self.check()

        def alone(self, *who: str) -> int:
            """Give what orders alone come to, where no points are written yet and who is idle loses them.

            Such points are as if some had always been one, or never: orders of the one keep what the other
            has, or do not. Of all that is written, and in every other world, who is who changes no sum.
            """
            groups = {self.group(one) for one in who}
            if self.idle is None or any(map(self.written, groups)):
                return 0
            return sum(map(self.by_orders, groups))

        # ---- keys and time ---------------------------------------------------------------------------

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
            before = self.look()
            with pytest.raises(IdempotencyConflictError):
                verb(*another(asked), **more)
            assert self.look() == before

        @rule(hours=st.sampled_from((1, 6, 24, 24, 40, 80)))
        def waits(self, hours: int) -> None:
            """Time goes by; what will be then, is known before."""
            later = self.now + timedelta(hours=hours)
            ahead = {name: self.points.balance(name, at=later) for name in self.look()}
            self.now = later
            assert {name: self.points.balance(name) for name in ahead} == ahead
            self.check()

        @rule()
        def advances(self) -> None:
            """What fell due is written: nothing is another than before, and a second time nothing is left."""
            before = self.look()
            self.shop.advance(self.now, confirm_clock=True)
            assert self.look() == before
            assert not self.shop.advance(self.now, confirm_clock=True).events
            self.check()

    return Machine


def another(asked: tuple[Any, ...]) -> tuple[Any, ...]:
    """Ask for something else: of another customer, for another order, or the order with another amount."""
    first, *rest = asked
    if isinstance(first, str):
        return (f"{first}?", *rest)
    return (attrs.evolve(first, gross=Money(first.gross.minor + 100, "CNY")), *rest)
