"""What a ledger must answer: every unit ever written, gone through from the first for each question."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from retailcrm.domain.points.account import Account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.domain.points.stocks import Stock
    from retailcrm.ports.ledger import Change, Effect, RefundsTold, Spending, Unit


def _wallet(account: str) -> str:
    return account.partition("/")[0]


class PlainLedger:
    """A list of units: slow, and too simple to be wrong. It checks nothing: give it what was accepted."""

    def __init__(self) -> None:
        self.units: list[Unit] = []

    def write(self, unit: Unit) -> None:
        """Take in one more unit."""
        self.units.append(unit)

    def _changes(self) -> list[Change]:
        return [change for unit in self.units for change in unit.changes if change.entries]

    def accounts(self) -> list[str]:
        """Give the ids of all accounts, sorted."""
        return sorted({change.after.id for change in self._changes()})

    def account(self, account: str) -> Account:
        """Give an account as it was written last; one that never was is empty."""
        found = [change.after for change in self._changes() if change.after.id == account]
        return found[-1] if found else Account(id=account)

    def entries(self, account: str) -> Sequence[Entry]:
        """Give an account's journal."""
        return tuple(e for one in self._changes() if one.after.id == account for e in one.entries)

    def lots(self, account: str) -> Mapping[str, Lot]:
        """Give all lots of an account as an entry showed them last."""
        return {lot.id: lot for entry in self.entries(account) for lot in entry.lots}

    def _placed(self) -> dict[tuple[str, str], tuple[str, Awarded]]:
        return {
            (_wallet(account), award.reference): (account, award)
            for unit in self.units
            for account, award in unit.awards
        }

    def awards(self, account: str) -> Mapping[str, Awarded]:
        """Give the awards that are in an account now."""
        return {award.reference: award for home, award in self._placed().values() if home == account}

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell in which account an order was awarded."""
        found = self._placed().get((wallet, reference))
        return None if found is None else found[0]

    def _spent(self) -> dict[str, Spending]:
        return {one.key: one for unit in self.units for one in unit.spendings}

    def spending(self, key: str) -> Spending | None:
        """Give what a redemption spent."""
        return self._spent().get(key)

    def spendings(self, account: str) -> Sequence[Spending]:
        """Give the redemptions of an account, oldest first."""
        return tuple(one for one in self._spent().values() if one.account == account)

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        """Give the redemptions that paid for an order, oldest first."""
        paid = (one for one in self._spent().values() if one.order and one.order == order)
        return tuple(one for one in paid if _wallet(one.account) == wallet)

    def refunds(self, wallet: str, order: str) -> RefundsTold | None:
        """Give what was told last of an order's refunds."""
        told = [r for unit in self.units for r in unit.refunds if (r.wallet, r.order) == (wallet, order)]
        return told[-1] if told else None

    def holder(self, hold: str) -> str | None:
        """Tell in which account a reservation is open."""
        homes = [name for name in self.accounts() if self.account(name).hold(hold) is not None]
        return homes[0] if homes else None

    def effect(self, verb: str, key: str) -> Effect | None:
        """Give what a command came to."""
        effects = [unit.effect for unit in self.units if unit.effect is not None]
        return next((one for one in effects if (one.verb, one.key) == (verb, key)), None)

    def stock(self, reward: str) -> Stock | None:
        """Give a stock as it was written last."""
        found = [after for unit in self.units for _, after in unit.stocks if after.reward == reward]
        return found[-1] if found else None

    def referral(self, referred: str) -> Brought | None:
        """Give a referral as it was written last."""
        return {one.referred: one for unit in self.units for one in unit.referrals}.get(referred)

    def referrals(self) -> Sequence[Brought]:
        """Give all referrals."""
        return tuple({one.referred: one for unit in self.units for one in unit.referrals}.values())

    def referral_of(self, order: str) -> Brought | None:
        """Give the referral that an order counted for."""
        return next((one for one in self.referrals() if order and one.order == order), None)

    def merged(self, around: str = "") -> Mapping[str, str]:
        """Tell which accounts were merged into which, and not parted again."""
        last = dict(pair for unit in self.units for pair in unit.merged)
        merged = {gone: keep for gone, keep in last.items() if gone != keep}
        if not around:
            return merged
        names, near = {*merged, *merged.values()}, {around}
        for _ in names:
            near |= {name for pair in merged.items() if near.intersection(pair) for name in pair}
        return {gone: keep for gone, keep in merged.items() if gone in near}

    def advanced(self) -> datetime | None:
        """Tell up to when time was told to go by at the latest."""
        return max((unit.advanced for unit in self.units if unit.advanced is not None), default=None)

    def recorded_days(self, since: datetime | None) -> list[tuple[datetime, datetime]]:
        """Give the first and the last moment of each day, UTC, on which anything was written."""
        every = [entry.recorded_at for change in self._changes() for entry in change.entries]
        moments = sorted(at.astimezone(UTC) for at in every if since is None or at > since)
        days = sorted({at.date() for at in moments})
        of_days = [[at for at in moments if at.date() == day] for day in days]
        return [(found[0], found[-1]) for found in of_days]

    def due(self, until: datetime) -> list[str]:
        """Give the ids of the accounts in which something falls due by a moment, sorted."""
        changes = {name: self.account(name).next_change_at for name in self.accounts()}
        return [name for name, at in changes.items() if at is not None and at <= until]
