"""Where what an account holds is today, and where it was before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.identity import Merged
from retailcrm.domain.points.lots import burn_order
from retailcrm.shop.loyalty.orders_of import plain_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from retailcrm.domain.points.following import Awarded, OrderFacts
    from retailcrm.domain.points.lots import Lot
    from retailcrm.ports.ledger import Ledger
    from retailcrm.shop.merges import Merges


def way_of(merged: Mapping[str, str], account: str) -> list[str]:
    """Give an account and all that it was merged into, up to where what it held is today.

    Args:
        merged: Which account was merged into which.
        account: Where to begin.

    Example:
        >>> way_of({"ann": "bob", "bob": "cat"}, "ann")
        ['ann', 'bob', 'cat']
    """
    found = [account]
    while found[-1] in merged:
        found.append(merged[found[-1]])
    return found


def homes_of(merged: Mapping[str, str], account: str) -> tuple[str, ...]:
    """Give the accounts whose awards are this one's today: itself, and all that were merged into it.

    Args:
        merged: Which account was merged into which.
        account: Where they are now.

    Example:
        >>> homes_of({"ann": "bob", "bob": "cat"}, "cat")
        ('cat', 'bob', 'ann')
    """
    found, asked = [account], [account]
    while asked:
        into = asked.pop()
        # Stores tell of merges in different orders; what follows from them is the same in all.
        more = sorted(gone for gone, keep in merged.items() if keep == into and gone not in found)
        found += more
        asked += more
    return tuple(found)


@attrs.define(eq=False)
class Earnings(Mapping[str, "Awarded"]):
    """What orders earned that is one account's today, by their references, as stored.

    It lives as long as a command, and reads only what the command asks for: of an order that is new one
    question tells that it was awarded nowhere, however many orders the customer has.

    Attributes:
        ledger: Where it is kept.
        account: Whose it is today.
    """

    ledger: Ledger
    account: str
    _homes: tuple[str, ...] = attrs.field(default=(), init=False)
    _where: dict[str, str | None] = attrs.field(factory=dict, init=False)
    _read: dict[str, Mapping[str, Awarded]] = attrs.field(factory=dict, init=False)
    _lots: Mapping[str, Lot] | None = attrs.field(default=None, init=False)

    def home(self, reference: str) -> str | None:
        """Tell in which account an order was awarded, this one's or not; ``None``: in none."""
        if reference not in self._where:
            home = self.ledger.awarded(self.account.partition("/")[0], reference)
            self._where[reference] = home
            if home is not None and self.holds(home):
                self._awards(home)
        return self._where[reference]

    def holds(self, home: str) -> bool:
        """Tell whether what was awarded in an account is this one's today."""
        return home == self.account or home in self._all_homes()

    def lots_of(self, root: str) -> tuple[Lot, ...]:
        """Give the lots of the account that come from an award's lot, as stored."""
        if self._lots is None:
            self._lots = self.ledger.lots(self.account)
        return of_root(self._lots, root)

    def handed_in(self, imported: Collection[str], extra: Iterable[OrderFacts] = ()) -> list[OrderFacts]:
        """Give what is known of orders that no file has.

        Args:
            imported: References of the orders that files have.
            extra: Orders that a backend has just handed in.
        """
        known = {name: one.known for name, one in self.items()} | {one.reference: one for one in extra}
        return [one for name, one in known.items() if name not in imported]

    def __getitem__(self, reference: str) -> Awarded:
        """Give what an order earned."""
        home = self.home(reference)
        if home is None or not self.holds(home):
            raise KeyError(reference)
        return self._awards(home)[reference]

    def __iter__(self) -> Iterator[str]:
        """Give the references of all orders that earned."""
        for home in self._all_homes():
            yield from self._awards(home)

    def __len__(self) -> int:
        """Count the orders that earned."""
        return sum(len(self._awards(home)) for home in self._all_homes())

    def _all_homes(self) -> tuple[str, ...]:
        if not self._homes:
            self._homes = homes_of(self.ledger.merged(self.account), self.account)
        return self._homes

    def _awards(self, home: str) -> Mapping[str, Awarded]:
        found = self._read.get(home)
        if found is None:
            found = self._read[home] = self.ledger.awards(home)
            self._where |= dict.fromkeys(found, home)
        return found


def of_root(lots: Mapping[str, Lot], root: str) -> tuple[Lot, ...]:
    """Give those of an account's lots that come from an award's lot, in the order in which they are spent.

    Stores give lots in different orders; what a refund takes first is the same in all.
    """
    return tuple(sorted((lot for lot in lots.values() if lot.root == root), key=burn_order))


def apart_today(
    merged: Mapping[str, str], mine: str, members: Collection[str], merges: Merges
) -> tuple[tuple[str, str], ...]:
    """Give the accounts that were merged with one whose owner is somebody else today.

    Args:
        merged: Which account was merged into which.
        mine: The account.
        members: The ids that are its customer's today.
        merges: Who was taken for whom.

    Returns:
        The account that has the points and the one that they came from, for each; in the same order
        whatever store tells of the merges.
    """
    found: list[tuple[str, str]] = []
    for gone, keep in merged.items():
        if mine not in (gone, keep):
            continue
        old, new = gone.partition("/")[2], keep.partition("/")[2]
        if (new if gone == mine else old) not in members and not _renamed(old, new, merges):
            found.append((keep, gone))
    return tuple(sorted(found))


def _renamed(old: str, new: str, merges: Merges) -> bool:
    """Tell whether an id only got its platform before it, whoever shares its plain form since.

    A second platform may have a buyer of the same name: her name is not reason enough to take points away.
    """
    if plain_of(new) != old or old == new or old in merges.present():
        return False
    decided = (e for e in merges.log if isinstance(e, Merged))
    return not any({str(e.keep), str(e.gone)} == {old, new} for e in decided)


def was_in(award: Awarded, accounts: Iterable[str]) -> Awarded:
    """Remember where an award's points were: what lapsed there unused is never asked for."""
    return attrs.evolve(award, before=tuple(dict.fromkeys([*award.before, *accounts])))
