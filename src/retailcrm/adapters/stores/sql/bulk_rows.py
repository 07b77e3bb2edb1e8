"""Rows of new accounts in columns: byte for byte what writing each unit would leave in the tables."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.stores.sql import bulk_shapes as shapes
from retailcrm.adapters.stores.sql.bulk_texts import (
    digests,
    is_plain,
    joined,
    json_texts,
    list_texts,
    listed,
    literal,
    moment_texts,
    python_texts,
    text,
    whole_texts,
)
from retailcrm.adapters.stores.sql.codecs import micros, proof
from retailcrm.domain.points.documents import canonical, fraction_text
from retailcrm.domain.points.entries import Verb
from retailcrm.ports.bulk import (
    AVAILABLE,
    BY_FOLLOWING,
    EARN,
    NOTHING,
    PENDING,
    REVERSE,
    FreshAwards,
    FreshEntries,
    FreshPoints,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.bulk_texts import Column
    from retailcrm.analytics.tables import Ints

_KIND: Final = pa.large_string()
_VERBS: Final = (Verb.EARN, Verb.ACTIVATE, Verb.EXPIRE, Verb.REVERSE)
"""In the sequence of :data:`retailcrm.ports.bulk.EARN` and its like."""

_FAR: Final = int(np.iinfo(np.int64).max)
_OF_ENTRIES: Final = (*shapes.BUCKETS, "touched_at")
"""What of a lot's document changes with its entries."""

Row = tuple[Any, ...]


@attrs.frozen(eq=False)
class FreshRows:
    """Rows of one batch of new accounts.

    Attributes:
        shop: The shop's key.
        points: The batch.
    """

    shop: str
    points: FreshPoints

    def accounts(self) -> Iterator[Row]:
        """Give the rows of the accounts in which something was written."""
        found = self._accounts
        if not len(found):
            return iter(())
        name = self._names.take(pa.array(found.account))
        columns = {
            "account": json_texts(name), "version": whole_texts(found.version),
            "recorded_at": moment_texts(_instants(found.recorded_at)),
            "settled_at": moment_texts(_instants(found.settled_at)),
            "lots": [text('"lots":'), self._open_lots(found.account)],
        }  # fmt: skip
        document = shapes.account_shape().filled(columns)
        held = np.zeros(len(found), np.int64)
        values: list[Any] = [
            name, found.version, found.recorded_at, found.settled_at, found.pending, found.available, held, held,
            np.where(found.next_change_at == _FAR, NOTHING, found.next_change_at), document,
        ]  # fmt: skip
        return self._rows(values, self._plain_accounts[found.account], nulls=frozenset({8}))

    def entries(self) -> Iterator[Row]:
        """Give the rows of the journals."""
        if not len(self.points.entries):
            return iter(())
        entries = self.points.entries
        values = [
            self._account_of_entry, entries.version, _words(_VERBS).take(pa.array(entries.verb)),
            self._keys.take(pa.array(self._key_places)), entries.effective_at.view(np.int64),
            self._recorded_at, self._entry_documents(),
        ]  # fmt: skip
        return self._rows(values, self._plain[entries.award])

    def lots(self) -> Iterator[Row]:
        """Give the rows of all lots as they are in the end."""
        award = self._lots.award
        if not len(award):
            return iter(())
        held = np.zeros(len(award), np.int64)
        pending, available, expired, reversed_ = self._lots.buckets
        name = self._lot_ids.take(pa.array(award))
        account = self._names.take(pa.array(self.points.awards.account[award]))
        values = [
            account, name, name, pending, available, held, held, expired, reversed_, held, self._lots.documents
        ]  # fmt: skip
        return self._rows(values, self._plain[award])

    def awards(self) -> Iterator[Row]:
        """Give the rows of what orders earned."""
        awards = self.points.awards
        if not len(awards):
            return iter(())
        account = self._names.take(pa.array(awards.account))
        wallet = np.full(len(awards), self.points.wallet.name)
        values = [pa.array(wallet, _KIND), self._references, account, self._award_documents()]
        return self._rows(values, self._plain)

    def facts(self) -> Iterator[Row]:
        """Give the rows of the event feed: an entry that moves points is a fact."""
        entries = self.points.entries
        moves = np.flatnonzero(entries.target != NOTHING)
        if not self.points.tell or not len(moves):
            return iter(())
        rows = pa.array(moves)
        customer = pc.utf8_slice_codeunits(self._names, len(self.points.wallet.name) + 1)
        columns = {
            "at": moment_texts(entries.effective_at[moves]),
            "customer": json_texts(customer).take(pa.array(self.points.awards.account[entries.award[moves]])),
            "points": whole_texts(entries.points[moves]),
            "reference": self._entry_references.take(rows),
            "version": whole_texts(entries.version[moves]),
            "wallet": text(canonical(self.points.wallet.name)),
            "what": json_texts(_words(_VERBS)).take(pa.array(entries.verb[moves])),
        }
        documents = shapes.event_shape().filled(columns)
        subjects = python_texts(self._account_of_entry.take(rows))
        at = self._recorded_at[moves].tolist()
        kind = "points.moved"
        return (
            (self.shop, kind, *row) for row in zip(subjects, at, python_texts(documents), strict=True)
        )

    # ---- documents -------------------------------------------------------------------------------

    def _entry_documents(self) -> Column:
        entries = self.points.entries
        rows, keys = pa.array(entries.award), json_texts(self._keys)
        lot = self._lot_pieces(entries.award, entries.buckets, entries.effective_at)
        movement = self._movement_pieces(entries)
        lots: list[Column] = [text('"lots":['), *lot, text("]")]
        movements: list[Column] = [text('"movements":'), *movement]
        if (entries.target == NOTHING).any():
            moves = pa.array(entries.target != NOTHING)
            lots = [pc.if_else(moves, joined(lots), text('"lots":[]'))]
            movements = [pc.if_else(moves, joined(movements), text('"movements":[]'))]
        columns = {
            "account": json_texts(self._names).take(pa.array(self.points.awards.account).take(rows)),
            "version": whole_texts(entries.version),
            "verb": json_texts(_words(_VERBS)).take(pa.array(entries.verb)),
            "key": keys.take(pa.array(self._key_places)),
            "effective_at": moment_texts(entries.effective_at),
            "recorded_at": moment_texts(_instants(self._recorded_at)),
            "forgiven": whole_texts(entries.forgiven),
            "reference": self._entry_references,
            "reason": _words(['""', '"refund"']).take(pa.array((entries.verb == REVERSE).astype(np.int8))),
            "lots": lots,
            "movements": movements,
        }
        return shapes.entry_shape().filled(columns)

    @cached_property
    def _entry_references(self) -> Column:
        """What entries are about, as JSON: an award its order, a refund itself."""
        entries, n = self.points.entries, len(self.points.awards)
        known = json_texts(pa.concat_arrays([self._keys.slice(0, 2 * n), pa.array([""], _KIND)]))
        place = np.where(entries.verb == EARN, entries.award, 2 * n)
        place = np.where(entries.verb == REVERSE, entries.award + n, place)
        return known.take(pa.array(place))

    def _movement_pieces(self, entries: FreshEntries) -> list[Column]:
        names = [*(f'"{name}"' for name in shapes.BUCKETS), "null"]
        buckets = _words(names)
        columns = {
            "lot": self._lot_json.take(pa.array(entries.award)),
            "points": whole_texts(entries.points),
            "source": buckets.take(pa.array(entries.source % len(names))),
            "target": buckets.take(pa.array(entries.target % len(names))),
        }
        return shapes.movement_shape().laid_out(columns)

    def _lot_pieces(
        self, award: Ints, buckets: Sequence[Ints], touched_at: NDArray[np.datetime64]
    ) -> list[Column]:
        """Lay out the documents of lots: what never changes of each was written once."""
        rows = pa.array(award)
        changing = {name: whole_texts(points) for name, points in zip(shapes.BUCKETS, buckets, strict=True)}
        changing["touched_at"] = moment_texts(touched_at)
        between, names = self._lot_parts
        laid: list[Column] = []
        for place, part in enumerate(between):
            laid.append(part if isinstance(part, pa.Scalar) else part.take(rows))
            if place < len(names):
                laid.append(changing[names[place]])
        return laid

    @cached_property
    def _lot_parts(self) -> tuple[list[Column], tuple[str, ...]]:
        awards = self.points.awards
        columns = {
            "lot": self._lot_json,
            "awarded_at": moment_texts(awards.paid_at),
            "activates_at": moment_texts(awards.activates_at),
            "expires_at": moment_texts(awards.expires_at),
            "limit_at": moment_texts(awards.limit_at),
        }
        between, names = shapes.lot_shape(self.points.wallet).around(_OF_ENTRIES)
        return [one.filled(columns) for one in between], names

    def _award_documents(self) -> Column:
        awards, multipliers = self.points.awards, self.points.multipliers
        lists = [f'"multipliers":{canonical([fraction_text(one) for one in each])}' for each, _ in multipliers]
        together = [f'"{fraction_text(value)}"' for _, value in multipliers]
        times = pa.array(awards.times)
        columns = {
            "reference": json_texts(self._references), "lot": self._lot_json,
            "at": moment_texts(awards.paid_at),
            **{name: moment_texts(getattr(awards, name)) for name in ("paid_at", "shipped_at", "completed_at")},
            "refunded_at": moment_texts(awards.refunded_at),
            **{name: whole_texts(getattr(awards, name)) for name in _AMOUNTS},
            "room": pc.if_else(pa.array(awards.room == NOTHING), text("null"), whole_texts(awards.room)),
            "shares": list_texts(awards.share, awards.part_start),
            "bases": list_texts(awards.base, awards.part_start),
            "exact": _fractions(awards.exact), "share": _fractions(awards.back),
            "multiplier": _words(together).take(times), "multipliers": _words(lists).take(times),
            "lines": [text('"lines":'), list_texts(awards.line, awards.line_start)],
            "excluded": self._excluded(),
        }  # fmt: skip
        return shapes.award_shape(self.points.rule, self.points.digest).filled(columns)

    def _excluded(self) -> Column:
        """Write what of each order earned nothing: its postage, if there is any and the rule says so."""
        awards = self.points.awards
        nothing = text('"excluded":[]')
        if self.points.rule.base.shipping or not awards.shipping.any():
            return nothing
        amount = whole_texts(awards.shipping)
        some = joined([text('"excluded":[{"amount":'), amount, text(',"what":"shipping"}]')])
        return pc.if_else(pa.array(awards.shipping > 0), some, nothing)

    # ---- what rows are made of ---------------------------------------------------------------------

    @cached_property
    def _names(self) -> Column:
        return arrow.arrow_texts(self.points.accounts)

    @cached_property
    def _references(self) -> Column:
        return arrow.arrow_texts(self.points.awards.reference)

    @cached_property
    def _lot_ids(self) -> Column:
        return joined([text("order:"), self._references])

    @cached_property
    def _lot_json(self) -> Column:
        return json_texts(self._lot_ids)

    @cached_property
    def _keys(self) -> Column:
        """Keys of entries: of each order, of each refund, and of following itself."""
        refunded = whole_texts(self.points.awards.refunded)
        refund = joined([text("refund:"), self._references, text(":"), refunded])
        follow = pa.array([f"follow:{self.points.recorded_at.isoformat()}"], _KIND)
        return pa.concat_arrays([self._lot_ids, refund, follow])

    @cached_property
    def _key_places(self) -> Ints:
        entries, n = self.points.entries, len(self.points.awards)
        return np.where(entries.key == BY_FOLLOWING, 2 * n, entries.key.astype(np.int64) * n + entries.keyed)

    @cached_property
    def _account_of_entry(self) -> Column:
        return self._names.take(pa.array(self.points.awards.account[self.points.entries.award]))

    @cached_property
    def _recorded_at(self) -> Ints:
        return micros(self.points.recorded_at) + self.points.entries.version - 1

    @cached_property
    def _plain_accounts(self) -> NDArray[np.bool_]:
        """Whether each account's rows are made of plain texts only; an entry may bear any order's key."""
        plain = is_plain(self._names)
        plain[self.points.awards.account[~is_plain(self._references)]] = False
        return plain

    @cached_property
    def _plain(self) -> NDArray[np.bool_]:
        """The same for each award."""
        return self._plain_accounts[self.points.awards.account]

    @cached_property
    def _lots(self) -> _Lots:
        """The lots as they are in the end."""
        entries = self.points.entries
        touching = np.flatnonzero(entries.target != NOTHING)
        last = np.full(len(self.points.awards), NOTHING)
        # The last of several values for one place is the one that stays.
        last[entries.award[touching]] = touching
        award = np.flatnonzero(last != NOTHING)
        at = last[award]
        buckets = tuple(column[at] for column in entries.buckets)
        documents = joined(self._lot_pieces(award, buckets, entries.effective_at[at])) if len(award) else None
        return _Lots(award=award, buckets=buckets, documents=documents)

    @cached_property
    def _open(self) -> _Open:
        return _Open.of(self._lots, self.points.awards)

    def _open_lots(self, account: Ints) -> Column:
        """Write the lists of open lots of some accounts, in the order in which they are spent."""
        found = self._open
        start = np.searchsorted(found.account, np.append(account, len(self.points.accounts)))
        if not len(found.place):
            return text("[]")
        return listed(self._lots.documents.take(pa.array(found.place)), start)

    @cached_property
    def _accounts(self) -> _Accounts:
        return _Accounts.of(self._lots, self._open, self.points)

    def _rows(
        self, values: Sequence[Any], plain: NDArray[np.bool_], nulls: frozenset[int] = frozenset()
    ) -> Iterator[Row]:
        """Give rows with the shop before them, and their digests behind."""
        lists = [
            _nulled(column, number in nulls) if isinstance(column, np.ndarray) else python_texts(column)
            for number, column in enumerate(values)
        ]
        pieces: list[Column] = [text(repr(self.shop))]
        for number, column in enumerate(values):
            pieces += [text(","), _literals(column, number in nulls)]
        proofs = digests(joined(pieces))
        shop = self.shop
        if not plain.all():
            for row in np.flatnonzero(~plain).tolist():
                proofs[row] = proof(shop, *(column[row] for column in lists))
        return ((shop, *row) for row in zip(*lists, proofs, strict=True))


_AMOUNTS: Final = ("gross", "refunded", "shipping", "points", "cut", "taken", "forgiven")


@attrs.frozen(eq=False, kw_only=True)
class _Lots:
    """Lots as they are in the end.

    Attributes:
        award: Row of each one's award, rising.
        buckets: Points in each bucket.
        documents: As JSON.
    """

    award: Ints
    buckets: tuple[Ints, ...]
    documents: Column


@attrs.frozen(eq=False, kw_only=True)
class _Open:
    """Lots that are still open, account by account in the order in which they are spent.

    Attributes:
        account: Row of the account, rising.
        place: Place among all lots.
        due: When something will happen to each by itself, microseconds; far if nobody knows.
    """

    account: Ints
    place: Ints
    due: Ints

    @classmethod
    def of(cls, lots: _Lots, awards: FreshAwards) -> _Open:
        place = np.flatnonzero((lots.buckets[PENDING] > 0) | (lots.buckets[AVAILABLE] > 0))
        award = lots.award[place]
        activates, expires = (_us(column[award]) for column in (awards.activates_at, awards.expires_at))
        begins = np.where(activates == _FAR, awards.paid_at[award].view(np.int64), activates)
        ends = np.where(expires == _FAR, begins, expires)
        account = awards.account[award]
        order = np.lexsort((awards.rank[award], begins, ends, expires == _FAR, account))
        waits = lots.buckets[PENDING][place] > 0
        return cls(account=account[order], place=place[order], due=np.where(waits, activates, expires)[order])


@attrs.frozen(eq=False, kw_only=True)
class _Accounts:
    """Accounts in which something was written; moments in microseconds."""

    account: Ints
    version: Ints
    recorded_at: Ints
    settled_at: Ints
    pending: Ints
    available: Ints
    next_change_at: Ints

    def __len__(self) -> int:
        return len(self.account)

    @classmethod
    def of(cls, lots: _Lots, open_lots: _Open, points: FreshPoints) -> _Accounts:
        entries, n = points.entries, len(points.accounts)
        of_entry = points.awards.account[entries.award]
        version = np.bincount(of_entry, minlength=n)
        account = np.flatnonzero(version)
        settled, due = np.full(n, -_FAR), np.full(n, _FAR)
        np.maximum.at(settled, of_entry, entries.effective_at.view(np.int64))
        np.minimum.at(due, open_lots.account, open_lots.due)
        sums = {}
        for name, bucket in (("pending", PENDING), ("available", AVAILABLE)):
            sums[name] = np.zeros(n, np.int64)
            np.add.at(sums[name], points.awards.account[lots.award], lots.buckets[bucket])
        version = version[account]
        return cls(
            account=account, version=version, recorded_at=micros(points.recorded_at) + version - 1,
            settled_at=settled[account], pending=sums["pending"][account],
            available=sums["available"][account], next_change_at=due[account],
        )  # fmt: skip


def _us(at: NDArray[np.datetime64]) -> Ints:
    return np.where(np.isnat(at), _FAR, at.view(np.int64))


def _instants(micro: Ints) -> NDArray[np.datetime64]:
    return micro.view("datetime64[us]")


def _words(words: Sequence[str]) -> Column:
    return pa.array([str(one) for one in words], _KIND)


def _fractions(value: tuple[Ints, Ints]) -> Column:
    top, bottom = (whole_texts(one) for one in value)
    return joined([text('"'), top, text("/"), bottom, text('"')])


def _nulled(column: Ints, null: bool) -> list[Any]:  # noqa: FBT001 - of one caller
    found: list[Any] = column.tolist()
    return [None if one == NOTHING else one for one in found] if null else found


def _literals(column: Any, null: bool) -> Column:  # noqa: ANN401, FBT001 - of one caller
    if not isinstance(column, np.ndarray):
        return literal(column)
    plain = whole_texts(column)
    return pc.if_else(pa.array(column == NOTHING), text("None"), plain) if null else plain
