"""Groups of customers that evidence takes for one, and the file to look them through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.shop.customers.masking import masked_person
from retailcrm.shop.merges import COLUMNS, EVIDENCE_TEXTS, write_rows

if TYPE_CHECKING:
    from retailcrm.domain.customers import Customer
    from retailcrm.domain.identity import CustomerId, Evidence

LARGE: Final = 5
"""A group of more ids is looked at by a person before it is merged."""

_BESIDE: Final = ("group", "keep_orders", "gone_orders", "keep_person", "gone_person")


@attrs.frozen(kw_only=True)
class Pair:
    """Two ids of one person, as a merge takes them.

    Attributes:
        keep: An id that is in the group already.
        gone: The id that joins it.
        evidence: Why.
    """

    keep: CustomerId
    gone: CustomerId
    evidence: tuple[Evidence, ...]


@attrs.frozen(kw_only=True)
class Duplicate:
    """A group of ids that are one person.

    Attributes:
        ids: The ids; the first, with the most orders, is the one to keep.
        orders: Orders of each, whether they count or not.
        people: What is known of each; prints masked.
        pairs: How to join them: each pair's ``keep`` is there before its ``gone``.
    """

    ids: tuple[CustomerId, ...]
    orders: tuple[int, ...]
    people: tuple[Customer, ...]
    pairs: tuple[Pair, ...]

    @property
    def keep(self) -> CustomerId:
        """The id to keep."""
        return self.ids[0]


@attrs.frozen
class Duplicates(Sequence[Duplicate]):
    """Groups of ids that are one person, those with the most orders first.

    Attributes:
        groups: The groups, at most as many as asked for.
        found: How many there are in all.
        households: Phones that several people share who are not the same by any other evidence.
    """

    groups: tuple[Duplicate, ...]
    found: int
    households: int

    def __len__(self) -> int:
        """Count the groups given."""
        return len(self.groups)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - one group or a slice
        """Give one group, or a slice of them."""
        return self.groups[index]

    def __iter__(self) -> Iterator[Duplicate]:
        """Go through the groups."""
        return iter(self.groups)

    def to_csv(self, path: str | Path) -> Path:
        """Write the groups as a file of merges to look through: a row a pair, ``merge`` to be edited.

        Groups of more than :data:`LARGE` ids are left undecided (``merge`` is empty): so many share a value
        that it may be a placeholder. Names, phones and addresses are masked.

        Args:
            path: Where to.

        Returns:
            The path.
        """
        target = Path(path)
        rows = (row for number, group in enumerate(self.groups, 1) for row in _file_rows(number, group))
        write_rows(target, (*COLUMNS, *_BESIDE), rows)
        return target


def _file_rows(number: int, group: Duplicate) -> Iterator[dict[str, Any]]:
    orders = dict(zip(group.ids, group.orders, strict=True))
    people = {person.id: masked_person(person) for person in group.people}
    for pair in group.pairs:
        kinds = dict.fromkeys(EVIDENCE_TEXTS[evidence.kind] for evidence in pair.evidence)
        yield {
            "merge": "yes" if len(group.ids) <= LARGE else "",
            "keep": pair.keep,
            "gone": pair.gone,
            "evidence": "; ".join(kinds),
            "note": "",
            "by": "",
            "at": "",
            "group": number,
            "keep_orders": orders[pair.keep],
            "gone_orders": orders[pair.gone],
            "keep_person": people[pair.keep],
            "gone_person": people[pair.gone],
        }
