"""What is written into a ledger is what is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.documents import state_hash
from retailcrm.domain.points.spending import redeem
from retailcrm.domain.points.stocks import Stock, changed
from retailcrm.errors import RetailCRMError
from retailcrm.ports.ledger import Effect, Spending, Unit
from retailcrm.ports.outcomes import Done
from retailcrm.testing.stores.looks import seen
from retailcrm.testing.stores.pieces import NOW, TICK, change_of, earned, same
from retailcrm.testing.stores.samples import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.ledger import Ledger


class LedgerReads:
    """Every answer, after whatever was written.

    Attributes:
        seeds: How many long stories of made-up units are written and compared.
        steps: Units in each.
    """

    seeds: ClassVar[int] = 4
    steps: ClassVar[int] = 60

    def test_an_empty_ledger_has_nobody(self, ledgers: Callable[[str], Ledger]) -> None:
        """Whoever was never written has an empty account, and nothing else is known."""
        ledger, sampler = ledgers("main"), Sampler(0)
        assert seen(ledger, sampler) == seen(sampler.plain, sampler)
        assert ledger.account("points/ann") == Account(id="points/ann")

    def test_every_answer_after_every_unit(self, ledgers: Callable[[str], Ledger]) -> None:
        """A ledger answers each question as somebody does who goes through all that was ever written."""
        for seed in range(self.seeds):
            ledger, sampler = ledgers(f"shop {seed}"), Sampler(seed)
            for step in range(self.steps):
                ledger.write(sampler.unit())
                if step % 5 == 0 or step + 1 == self.steps:
                    same(seen(ledger, sampler), seen(sampler.plain, sampler), f"seed {seed}, unit {step}")

    def test_units_inside_units_come_to_the_same(self, ledgers: Callable[[str], Ledger]) -> None:
        """Several writes in one unit, locked before or not, in haste too, are read inside it and after it."""
        ledger, sampler = ledgers("main"), Sampler(7)
        for turn in range(6):
            with ledger.unit():
                ledger.lock(*sampler.accounts[:3], hasty=turn % 2 == 0)
                for _ in range(5):
                    with ledger.unit():
                        ledger.write(sampler.unit())
                same(seen(ledger, sampler), seen(sampler.plain, sampler), "inside")
            same(seen(ledger, sampler), seen(sampler.plain, sampler), "after it")

    def test_a_journal_leads_to_its_account(self, ledgers: Callable[[str], Ledger]) -> None:
        """Entries come back in their order, and replayed they give the very account."""
        ledger, sampler = ledgers("main"), Sampler(11)
        for _ in range(60):
            ledger.write(sampler.unit())
        for name in ledger.accounts():
            entries = ledger.entries(name)
            assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
            assert state_hash(replay(name, entries)) == state_hash(ledger.account(name))

    def test_shops_are_apart(self, ledgers: Callable[[str], Ledger]) -> None:
        """What one shop writes no other sees, whatever their keys look like."""
        shops = ("b", "B", "b ", "b/1", "店")
        samplers = {shop: Sampler(n) for n, shop in enumerate(shops)}
        for _ in range(12):
            for shop, sampler in samplers.items():
                ledgers(shop).write(sampler.unit())
        for shop, sampler in samplers.items():
            same(seen(ledgers(shop), sampler), seen(sampler.plain, sampler), shop)

    def test_moments_are_kept_to_the_microsecond(self, ledgers: Callable[[str], Ledger]) -> None:
        """Whatever falls due at a moment is due then, and not a microsecond before it."""
        moments = [
            datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2024, 2, 29, 0, 0, 0, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
        ]
        ledger = ledgers("main")
        for number, at in enumerate(moments):
            account = Account(id=f"points/{number}")
            found = earn(account, 5, lot="a", source="a", key="1", now=moments[0] - TICK, activates_at=at)
            ledger.write(Unit(changes=(change_of(account, found),)))
            assert f"points/{number}" not in list(ledger.due(at - TICK))
            assert f"points/{number}" in list(ledger.due(at))
            assert ledger.account(account.id).next_change_at == at

    def test_large_numbers_stay_what_they_are(self, ledgers: Callable[[str], Ledger]) -> None:
        """Counts beyond what a float keeps exactly come back as they were."""
        ledger, huge = ledgers("main"), 10**15 + 1
        spending = Spending(key="a", account="points/ann", allocations=(), points=huge, value=2**62 + 1)
        done = Done(key="a", account="points/ann", points=huge, version=1, detail={"value": huge})
        before = Stock(reward="mug", supplied=huge)
        ledger.write(
            Unit(
                effect=Effect(verb="redeem", key="a", fingerprint="f", done=done),
                spendings=(spending,),
                stocks=((before, changed(before, taken=huge - 1)),),
            )
        )
        assert ledger.spending("a") == spending
        effect = ledger.effect("redeem", "a")
        assert effect is not None
        assert effect.done == done
        assert type(effect.done.detail["value"]) is int
        assert ledger.stock("mug") == changed(before, taken=huge - 1)

    def test_who_paid_first_for_an_order_comes_first(self, ledgers: Callable[[str], Ledger]) -> None:
        """Whoever else paid for it, and however much happened to either before."""
        ledger, paid = ledgers("main"), []
        for number, points in enumerate((1, 1, 2, 1, 3, 2)):
            who = f"points/{'bob' if number in (2, 4) else 'ann'}"
            for part in range(points):
                key = f"{number}:{part}"
                at = NOW + timedelta(seconds=10 * number + part)
                change = earned(ledger.account(who), 1, key, now=at, activates_at=at)
                ledger.write(Unit(changes=(change,)))
            spent = redeem(change.after, 1, key=str(number), now=at + TICK)
            paid.append(Spending(key=str(number), account=who, allocations=(), points=1, order="a/b/7"))
            ledger.write(Unit(changes=(change_of(change.after, spent),), spendings=(paid[-1],)))
        assert list(ledger.spent_on("points", "a/b/7")) == paid
        assert list(ledger.spendings("points/bob")) == [paid[2], paid[4]]

    def test_many_accounts_come_sorted(self, ledgers: Callable[[str], Ledger]) -> None:
        """By code point, however many there are and in whatever order they came, also while one writes."""
        ledger = ledgers("main")
        names = sorted(f"points/{chr(97 + n % 26)}{'é' * (n % 3)}{n * 7919 % 1201}" for n in range(1201))
        with ledger.unit():
            for name in reversed(names):
                ledger.write(Unit(changes=(earned(Account(id=name), 1, "1", activates_at=NOW + TICK),)))
        assert list(ledger.accounts()) == names
        assert list(ledger.due(NOW + timedelta(days=3))) == names
        for name in ledger.due(NOW + timedelta(days=3)):
            if name < names[3]:
                ledger.write(Unit(changes=(earned(ledger.account(name), 1, "2"),)))

    def test_odd_texts_come_back_or_are_refused(self, ledgers: Callable[[str], Ledger]) -> None:
        """A text that no database keeps is refused with an error of ours, and nothing of it is written."""
        for number, odd in enumerate(("a\0b", "\ud800", "a\r\nb\tc", "\ufeffx", "\uffff", " ", "x" * 5000)):
            ledger = ledgers(f"shop {number}")
            change = earned(Account(id=f"points/{odd}"), 1, odd)
            done = Done(key=odd, account=change.after.id, points=1, version=1, detail={"note": odd})
            unit = Unit(changes=(change,), effect=Effect(verb="earn", key=odd, fingerprint="f", done=done))
            try:
                ledger.write(unit)
            except RetailCRMError:
                assert list(ledger.accounts()) == []
                continue
            assert list(ledger.accounts()) == [change.after.id]
            assert ledger.account(change.after.id) == change.after
            assert ledger.effect("earn", odd) == unit.effect
