"""Where what an account holds is today, and where it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.identity import Merged
from retailcrm.shop.loyalty.orders_of import plain_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from retailcrm.domain.points.following import Awarded
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
        more = [gone for gone, keep in merged.items() if keep == into and gone not in found]
        found += more
        asked += more
    return tuple(found)


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
        The account that has the points and the one that they came from, for each.
    """
    found: list[tuple[str, str]] = []
    for gone, keep in merged.items():
        if mine not in (gone, keep):
            continue
        old, new = gone.partition("/")[2], keep.partition("/")[2]
        if (new if gone == mine else old) not in members and not _renamed(old, new, merges):
            found.append((keep, gone))
    return tuple(found)


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
