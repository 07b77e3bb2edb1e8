"""The fewest groups of customers that bring most of the sales (主要客户群), and the others (次要客户群)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Ints


@attrs.frozen(kw_only=True)
class MainGroups:
    """Which groups are the main ones.

    Attributes:
        wanted: What the main groups must bring of all sales, 0 to 1.
        main: Their positions, biggest net first; among equals the earlier position first.
        net: Net of the main groups together, minor units.
        total: Net of all groups, minor units.
    """

    wanted: Fraction
    main: tuple[int, ...]
    net: int
    total: int

    @property
    def share(self) -> Fraction | None:
        """What the main groups bring of all sales; ``None`` where sales are not positive."""
        return Fraction(self.net, self.total) if self.total > 0 else None


def main_groups(net: Ints, share: Fraction | str | float = Fraction(4, 5)) -> MainGroups:
    """Find the smallest set of groups that brings a given share of the sales.

    Taking the biggest groups first is best: no set of k groups brings more than the k biggest, so the
    first k that suffice are the fewest. A group that brings nothing, or loses money, is never main.
    Groups with a negative net lower the sales that the share is taken of.

    Args:
        net: Net of each group, minor units, ``int64``, shape ``(n_groups,)``; their sum below 2**63.
        share: What the main groups must bring, above 0 to 1; 0.8 means exactly four fifths.

    Returns:
        The main groups; none where the sales are not positive.

    Raises:
        InputError: The share is not above 0 and at most 1.

    Example:
        >>> found = main_groups(np.array([10, 50, -5, 45]), "0.8")
        >>> found.main, found.share
        ((1, 3), Fraction(19, 20))
    """
    wanted = Fraction(str(share))
    if not 0 < wanted <= 1:
        raise InputError(f"main groups must bring a share above 0 and at most 1, not {share}")
    total = int(net.sum())
    main: list[int] = []
    brought = 0
    if total > 0:
        for position in np.argsort(-net, kind="stable").tolist():
            if brought >= wanted * total:
                break
            main.append(position)
            brought += int(net[position])
    return MainGroups(wanted=wanted, main=tuple(main), net=brought, total=total)
