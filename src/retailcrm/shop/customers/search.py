"""Who shares what: on columns, a million people in seconds.

What counts is the rule of :func:`retailcrm.domain.identity.merge_evidence`: the same e-mail address, or
the same phone under the same name. The tests hold the two equal.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.shop.alike import alike
from retailcrm.shop.customers.contacts import KEYS, Forms, digests, joined_rows, keyed_rows, usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded

Rows = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


@attrs.frozen(eq=False)
class Search:
    """Who has which contact values, as columns.

    Attributes:
        ids: Present customer ids; owners are positions here.
        emails: Owners and e-mail forms.
        phones: Owners and phone forms.
        names: Owners and name forms.
    """

    ids: Texts
    emails: Rows
    phones: Rows
    names: Rows

    @classmethod
    def of(
        cls, ids: Texts, contacts: Mapping[str, Coded], others: Texts, present: Mapping[str, str]
    ) -> Search:
        """Gather everybody's values.

        Args:
            ids: Customer ids that some file describes.
            contacts: ``name``, ``phone`` and ``email`` of each.
            others: Further customer ids: one that is the digest of an address or phone counts as told.
            present: The present id of every id that was merged away.
        """
        merged = Texts.of([*present, *present.values()])
        every = arrow.arrow_texts(Texts.concat([ids, others, merged])).dictionary_encode()
        code = every.indices.to_numpy().astype(np.int64)
        distinct = arrow.texts(every.dictionary)
        now = np.arange(len(distinct))
        gone, kept = np.split(code[len(ids) + len(others) :], 2)
        now[gone] = kept
        own = now[code[: len(ids)]]
        told = {kind: usable(contacts[kind], kind) for kind in ("email", "phone", "name")}
        keyed = {kind: _keyed(distinct, kind, told[kind]) for kind in KEYS}
        rows = {kind: _rows(own, forms, now, keyed.get(kind)) for kind, forms in told.items()}
        return cls(distinct, rows["email"], rows["phone"], rows["name"])

    def proofs(self) -> Rows:
        """Give owners and what proves them the same person as any other owner of it."""
        owner, phone, name = joined_rows(self.phones, self.names)
        both = alike(phone, name)
        start = self.emails[1].max(initial=-1) + 1
        return np.concatenate([self.emails[0], owner]), np.concatenate([self.emails[1], both + start])

    def households(self, group: NDArray[np.int64]) -> int:
        """Count the phones that people of several groups share."""
        phone, owner = self.phones[1], group[self.phones[0]]
        # One number for each phone with one of its groups.
        once = np.unique(phone * (len(group) + 1) + owner) // (len(group) + 1)
        return int(np.count_nonzero(np.bincount(once) > 1)) if len(once) else 0


def _keyed(ids: Texts, kind: str, forms: Forms) -> Rows:
    """Find the ids that are digests of a value somebody told: owners and forms."""
    at, tails = keyed_rows(ids, kind)
    form = pc.index_in(tails, value_set=arrow.arrow_texts(digests(forms.values, kind)))
    there = np.flatnonzero(form.is_valid().to_numpy(zero_copy_only=False))
    return at[there], form.fill_null(-1).to_numpy(zero_copy_only=False)[there].astype(np.int64)


def _rows(own: NDArray[np.int64], forms: Forms, now: NDArray[np.int64], keyed: Rows | None) -> Rows:
    told = np.flatnonzero(forms.codes >= 0)
    if keyed is None:
        return own[told], forms.codes[told]
    return (
        np.concatenate([own[told], now[keyed[0]]]),
        np.concatenate([forms.codes[told], keyed[1]]),
    )


def components(owners: int, proofs: Rows) -> NDArray[np.int64]:
    """Give the group of each owner: owners who share a proof, and whoever shares one with these.

    Args:
        owners: How many there are.
        proofs: Owners and what proves them.

    Returns:
        The least owner of each owner's group; ``int64``, shape ``(owners,)``.

    Example:
        >>> who, what = np.array([0, 1, 1, 3]), np.array([5, 5, 6, 6])
        >>> components(4, (who, what)).tolist()
        [0, 0, 2, 0]
    """
    owner, proof = proofs
    label = np.arange(owners)
    while True:
        least = np.full(int(proof.max(initial=-1)) + 1, owners)
        np.minimum.at(least, proof, label[owner])
        lower = label.copy()
        np.minimum.at(lower, owner, least[proof])
        # A label is an owner of the group, so its own label is at least as low: chains halve each time.
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def spanning(members: Sequence[int], proofs: Mapping[int, Iterable[int]]) -> list[tuple[int, int]]:
    """Walk a group from its first member; give who was reached from whom.

    Args:
        members: Owners, the one to keep first.
        proofs: What proves each.

    Returns:
        Pairs of owners, in an order in which each can be joined to those before.

    Example:
        >>> spanning([1, 2, 3], {1: [7], 2: [7, 8], 3: [8]})
        [(1, 2), (2, 3)]
    """
    owners: dict[int, list[int]] = {}
    for member in members:
        for proof in proofs[member]:
            owners.setdefault(proof, []).append(member)
    pairs: list[tuple[int, int]] = []
    reached, waiting = {members[0]}, deque(members[:1])
    while waiting:
        member = waiting.popleft()
        for other in (o for proof in proofs[member] for o in owners.pop(proof, ())):
            if other not in reached:
                reached.add(other)
                pairs.append((member, other))
                waiting.append(other)
    return pairs
