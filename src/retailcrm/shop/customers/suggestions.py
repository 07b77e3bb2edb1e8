"""From who shares what to groups that can be merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.domain.identity import CustomerId, merge_evidence
from retailcrm.shop.customers.contacts import KEYS, keyed_rows
from retailcrm.shop.customers.duplicates import Duplicate, Duplicates, Pair
from retailcrm.shop.customers.parties import Known
from retailcrm.shop.customers.search import Rows, Search, components, spanning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.merging import MergedStore


def suggested(store: MergedStore | None, decided: Merges, shop: str, limit: int | None) -> Duplicates:
    """Find the groups of ids that evidence takes for one; see :meth:`CustomerFiles.duplicates`."""
    if store is None:
        return Duplicates((), 0, 0)
    people = store.kept.beside().people
    search = Search.of(people.profiles.ids, people.contacts, _keys(store.kept.parts()), decided.present())
    proofs = search.proofs()
    group = components(len(search.ids), proofs)
    members = np.flatnonzero(np.bincount(group, minlength=1)[group] > 1)
    ids = search.ids.take(members).tolist()
    found = _grouped(ids, members, group[members], _orders_of(store.parts(), ids))
    chosen = found[:limit]
    known = Known.of(people, (one.id for one in (m for g in chosen for m in g)), decided.aliases, shop)
    proven = _Proofs.of(proofs)
    return Duplicates(
        tuple(_duplicate(one, proven, known) for one in chosen), len(found), search.households(group)
    )


@attrs.frozen
class _Member:
    id: str
    owner: int
    orders: int


def _keys(parts: Iterable[OrderTable]) -> Texts:
    """Give the buyers' ids that are digests: what is hidden in them may be told of somebody else."""
    found = [Texts.of([])]
    for orders in parts:
        ids = orders.customers.ids
        found += [ids.take(keyed_rows(ids, kind)[0]) for kind in KEYS]
    return Texts.concat(found)


def _orders_of(parts: Iterable[OrderTable], ids: list[str]) -> NDArray[np.int64]:
    """Count the orders of some customers, whether they count as purchases or not."""
    counts = np.zeros(len(ids), np.int64)
    wanted = pa.array(ids, pa.large_string())
    for orders in parts:
        place = (
            pc.index_in(arrow.arrow_texts(orders.customers.ids), value_set=wanted).fill_null(-1).to_numpy()
        )
        bought = np.bincount(orders.customer[orders.customer >= 0], minlength=len(place))
        counts[place[place >= 0]] += bought[place >= 0]
    return counts


def _grouped(
    ids: list[str], owners: NDArray[np.int64], group: NDArray[np.int64], orders: NDArray[np.int64]
) -> list[list[_Member]]:
    """Gather the groups, most orders first; in each, who has the most orders is first."""
    groups: dict[int, list[_Member]] = {}
    for customer, owner, number, bought in zip(
        ids, owners.tolist(), group.tolist(), orders.tolist(), strict=True
    ):
        groups.setdefault(number, []).append(_Member(customer, owner, bought))
    for members in groups.values():
        members.sort(key=lambda m: (-m.orders, m.id))
    return sorted(groups.values(), key=lambda g: (-sum(m.orders for m in g), g[0].id))


@attrs.frozen(eq=False)
class _Proofs:
    """What proves each owner, in one look."""

    owners: NDArray[np.int64]
    values: NDArray[np.int64]

    @classmethod
    def of(cls, proofs: Rows) -> _Proofs:
        order = np.argsort(proofs[0], kind="stable")
        return cls(proofs[0][order], proofs[1][order])

    def of_owner(self, owner: int) -> list[int]:
        first, last = (np.searchsorted(self.owners, owner, side) for side in ("left", "right"))
        proofs: list[int] = self.values[first:last].tolist()
        return proofs


def _duplicate(members: Sequence[_Member], proofs: _Proofs, known: Known) -> Duplicate:
    names = {m.owner: m.id for m in members}
    tree = spanning([m.owner for m in members], {m.owner: proofs.of_owner(m.owner) for m in members})
    pairs = []
    for a, b in tree:
        keep, gone = known.parties(names[a], names[b], (0, 0))
        evidence = tuple(merge_evidence(keep.identities, gone.identities))
        pairs.append(Pair(keep=keep.customer, gone=gone.customer, evidence=evidence))
    return Duplicate(
        ids=tuple(CustomerId(m.id) for m in members),
        orders=tuple(m.orders for m in members),
        people=tuple(known.person(m.id) for m in members),
        pairs=tuple(pairs),
    )
