"""Where what an account holds is today, and where it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.points.following import Awarded


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


def was_in(award: Awarded, accounts: Iterable[str]) -> Awarded:
    """Remember where an award's points were: what lapsed there unused is never asked for."""
    return attrs.evolve(award, before=tuple(dict.fromkeys([*award.before, *accounts])))
