"""Who writes on what was, is too late: nothing of her unit is written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.moving import merge
from retailcrm.domain.points.spending import redeem, reserve, void
from retailcrm.domain.points.stocks import Stock, changed
from retailcrm.ports.ledger import Change, Effect, Spending, Unit
from retailcrm.ports.outcomes import Done
from retailcrm.testing.stores.looks import seen
from retailcrm.testing.stores.pieces import NOW, change_of, conflict, earned, same
from retailcrm.testing.stores.samples import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.ledger import Ledger


class LedgerGuards:
    """Accounts, stocks and keys that are not as they were read."""

    def test_an_account_that_changed_is_not_written(self, ledgers: Callable[[str], Ledger]) -> None:
        """Of a unit decided on an older account nothing is written, whatever stands first in it."""
        ledger, sampler = ledgers("main"), Sampler(3)
        for _ in range(40):
            ledger.write(sampler.unit())
        stale = next(a for name in ledger.accounts() if (a := ledger.account(name)).version)
        ledger.write(Unit(changes=(earned(stale, 2, "first"),)))
        before = seen(ledger, sampler)
        late, other = earned(stale, 3, "late"), earned(ledger.account("points/new one"), 3, "beside")
        for both in ((other, late), (late, other)):
            with conflict():
                ledger.write(attrs.evolve(_full(sampler), changes=both))
            same(seen(ledger, sampler), before, "after the conflict")
        assert ledger.account("points/new one").version == 0

    def test_an_account_that_is_there_is_not_new(self, ledgers: Callable[[str], Ledger]) -> None:
        """Who thought that an account was empty is told; and who thought that there was one."""
        ledger = ledgers("main")
        ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
        with conflict():
            ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "2"),)))
        ghost = earned(attrs.evolve(Account(id="points/bob"), version=4), 1, "3")
        with conflict():
            ledger.write(Unit(changes=(ghost,)))
        assert list(ledger.accounts()) == ["points/ann"]

    def test_an_account_that_was_only_looked_at_counts_too(self, ledgers: Callable[[str], Ledger]) -> None:
        """A change without entries says: only if the account is still as I read it."""
        ledger = ledgers("main")
        ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
        ann = ledger.account("points/ann")
        looked = Change(before=ann, after=ann, entries=())
        ledger.write(Unit(changes=(looked,), merged=(("points/x", "points/ann"),)))
        ledger.write(Unit(changes=(earned(ann, 1, "2"),)))
        with conflict():
            ledger.write(Unit(changes=(looked,), merged=(("points/y", "points/ann"),)))
        assert dict(ledger.merged()) == {"points/x": "points/ann"}
        nobody = Account(id="points/nobody")
        ledger.write(Unit(changes=(Change(before=nobody, after=nobody, entries=()),)))
        assert list(ledger.accounts()) == ["points/ann"]

    def test_a_stock_that_changed_is_not_written(self, ledgers: Callable[[str], Ledger]) -> None:
        """The last piece goes once; with the second one nothing of its unit is written."""
        ledger = ledgers("main")
        first = Stock(reward="mug", supplied=2)
        one = changed(first, taken=1)
        ledger.write(Unit(stocks=((first, one),)))
        for stale in (first, attrs.evolve(one, version=7)):
            with conflict():
                change = earned(Account(id="points/ann"), 1, "1")
                ledger.write(Unit(changes=(change,), stocks=((stale, changed(stale, taken=2)),)))
        assert ledger.stock("mug") == one
        assert list(ledger.accounts()) == []

    def test_a_key_is_used_once(self, ledgers: Callable[[str], Ledger]) -> None:
        """The same verb and key again write nothing; another verb, or a key that looks alike, does."""
        ledger = ledgers("main")
        done = Done(key="a", account="points/ann", points=1, version=1)
        effect = Effect(verb="earn", key="a", fingerprint="f", done=done)
        ledger.write(Unit(effect=effect))
        change = earned(Account(id="points/ann"), 1, "1")
        with conflict():
            ledger.write(Unit(changes=(change,), effect=attrs.evolve(effect, fingerprint="other")))
        assert ledger.effect("earn", "a") == effect
        assert list(ledger.accounts()) == []
        with conflict():
            other = attrs.evolve(effect, key="b")
            ledger.write(Unit(effect=other, effects=(attrs.evolve(effect, key="c"), other)))
        assert [ledger.effect("earn", key) for key in ("b", "c")] == [None, None]
        for verb, key in (("redeem", "a"), ("earn", "A"), ("earn", "a "), ("earn", "а")):
            assert ledger.effect(verb, key) is None
            ledger.write(Unit(effect=attrs.evolve(effect, verb=verb, key=key)))
        assert ledger.effect("earn", "a") == effect

    def test_a_redemption_has_a_name_of_its_own(self, ledgers: Callable[[str], Ledger]) -> None:
        """Who spends under a name that is taken is told, whatever the verb; what is left of one changes."""
        ledger = ledgers("main")
        for who in ("ann", "bob"):
            change = earned(Account(id=f"points/{who}"), 9, who, activates_at=NOW)
            ledger.write(Unit(changes=(change,)))
        first = _spent(ledger.account("points/ann"), 5)
        ledger.write(first)
        for who in ("ann", "bob"):
            with conflict():
                ledger.write(_spent(ledger.account(f"points/{who}"), 2))
        assert ledger.account("points/bob").version == change.after.version
        (known,) = ledger.spendings("points/ann")
        assert known == first.spendings[0]
        less = attrs.evolve(known, allocations=())
        ledger.write(Unit(spendings=(less,)))
        assert ledger.spending("cart") == less

    def test_a_reservation_has_a_name_of_its_own(self, ledgers: Callable[[str], Ledger]) -> None:
        """As long as it is open nobody else makes one of that name, and it goes along with its account."""
        ledger = ledgers("main")
        for who in ("ann", "bob", "cat"):
            ledger.write(Unit(changes=(earned(Account(id=f"points/{who}"), 9, who, activates_at=NOW),)))
        ann, bob, cat = (ledger.account(f"points/{who}") for who in ("ann", "bob", "cat"))
        ledger.write(Unit(changes=(_held(ann),)))
        with conflict():
            ledger.write(Unit(changes=(_held(bob),)))
        assert ledger.account(bob.id) == bob
        ann = ledger.account(ann.id)
        moved = merge(ann, cat, key="m", now=ann.not_before(NOW))
        ledger.write(Unit(changes=(change_of(ann, moved.giver), change_of(cat, moved.taker))))
        assert ledger.holder("cart") == cat.id
        with conflict():
            ledger.write(Unit(changes=(_held(bob),)))
        cat = ledger.account(cat.id)
        ledger.write(Unit(changes=(change_of(cat, void(cat, "cart", key="v", now=cat.not_before(NOW))),)))
        ledger.write(Unit(changes=(_held(bob),)))
        assert ledger.holder("cart") == bob.id


def _held(account: Account) -> Change:
    """Set points of an account aside under one and the same name."""
    now = account.not_before(NOW)
    ends_at = now + timedelta(minutes=30)
    return change_of(account, reserve(account, 2, hold="cart", ends_at=ends_at, key="cart", now=now))


def _spent(account: Account, points: int) -> Unit:
    """Spend points of an account under one and the same name."""
    found = redeem(account, points, key="cart", now=account.not_before(NOW))
    allocations = tuple(Allocation(one.lot, one.points) for one in found.entries[-1].movements)
    spending = Spending(key="cart", account=account.id, allocations=allocations, points=points)
    return Unit(changes=(change_of(account, found),), spendings=(spending,))


def _full(sampler: Sampler) -> Unit:
    """Give a unit with something of every kind in it; only its accounts are anybody's business."""
    other = Sampler(99)
    units = [other.unit() for _ in range(120)]
    done = Done(key="unused", account="", points=0, version=0)
    return Unit(
        effect=Effect(verb="earn", key="unused", fingerprint="f", done=done),
        awards=tuple(one for unit in units for one in unit.awards),
        spendings=tuple(one for unit in units for one in unit.spendings),
        refunds=tuple(one for unit in units for one in unit.refunds),
        referrals=tuple(one for unit in units for one in unit.referrals),
        merged=(("points/0", "points/None"),),
        advanced=sampler.now + timedelta(days=400),
    )
