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
from retailcrm.adapters.stores.sql.bulk_laid import Laid, literals
from retailcrm.adapters.stores.sql.bulk_states import FAR, AccountsNow, LotsNow, OpenLots
from retailcrm.adapters.stores.sql.bulk_texts import (
    is_plain,
    joined,
    json_texts,
    list_texts,
    listed,
    micro_texts,
    moment_texts,
    text,
    whole_texts,
)
from retailcrm.adapters.stores.sql.codecs import micros
from retailcrm.adapters.stores.sql.short import BUCKETS as SHORT_BUCKETS
from retailcrm.domain.points.documents import canonical, fraction_text
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import Bucket
from retailcrm.ports.bulk import (
    BY_FOLLOWING,
    EARN,
    NOTHING,
    REVERSE,
    FactColumns,
    FreshEntries,
    FreshPoints,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.bulk_texts import Column
    from retailcrm.analytics.tables import Ints

_KIND: Final = pa.large_string()
_VERBS: Final = (Verb.EARN, Verb.ACTIVATE, Verb.EXPIRE, Verb.REVERSE)
"""In the sequence of :data:`retailcrm.ports.bulk.EARN` and its like."""

_FAR: Final = int(np.iinfo(np.int64).max)
_OF_ENTRIES: Final = (*shapes.BUCKETS, "touched_at")
"""What of a lot's document changes with its entries."""


@attrs.frozen(eq=False)
class FreshRows:
    """Rows of one batch of new accounts.

    Attributes:
        shop: The shop's key.
        points: The batch.
    """

    shop: str
    points: FreshPoints

    def laid(self) -> dict[str, Laid]:
        """Lay all rows out, table by table."""
        found = {
            "accounts": self._laid_accounts(), "lots": self._laid_lots(), "entries": self._laid_entries(),
            "awards": self._laid_awards(), "events": self._laid_facts(),
        }  # fmt: skip
        return {name: rows for name, rows in found.items() if rows is not None}

    def _laid_accounts(self) -> Laid | None:
        """Lay out the accounts in which something was written."""
        found = AccountsNow.of(self._lots, self._open, self.points)
        if not len(found):
            return None
        name = self._names.take(pa.array(found.account))
        document = shapes.account_shape().filled({"lots": self._open_lots(found.account)})
        held = np.zeros(len(found), np.int64)
        values: list[Any] = [
            name, found.version, found.recorded_at, found.settled_at, found.pending, found.available, held,
            held,
            np.where(found.next_change_at == FAR, NOTHING, found.next_change_at), document,
        ]  # fmt: skip
        return self._rows(values, self._plain_accounts[found.account], nulls=frozenset({8}))

    def _laid_entries(self) -> Laid | None:
        """Lay out the journals."""
        if not len(self.points.entries):
            return None
        entries = self.points.entries
        values = [
            self._account_of_entry, entries.version, _words(_VERBS).take(pa.array(entries.verb)),
            self._keys.take(pa.array(self._key_places)), entries.effective_at.view(np.int64),
            self._recorded_at, self._entry_documents(),
        ]  # fmt: skip
        return self._rows(values, self._plain[entries.award])

    def _laid_lots(self) -> Laid | None:
        """Lay out all lots as they are in the end."""
        award = self._lots.award
        if not len(award):
            return None
        held = np.zeros(len(award), np.int64)
        pending, available, expired, reversed_ = self._lots.buckets
        name = self._lot_ids.take(pa.array(award))
        account = self._names.take(pa.array(self.points.awards.account[award]))
        values = [
            account,
            name,
            pending,
            available,
            held,
            held,
            expired,
            reversed_,
            held,
            self._lot_rests,
        ]
        return self._rows(values, self._plain[award])

    def _laid_awards(self) -> Laid | None:
        """Lay out what orders earned."""
        awards = self.points.awards
        if not len(awards):
            return None
        account = self._names.take(pa.array(awards.account))
        wallet = np.full(len(awards), self.points.wallet.name)
        known = shapes.known_shape().filled(known_columns(awards.facts))
        values = [pa.array(wallet, _KIND), self._references, account, known, self._award_documents()]
        return self._rows(values, self._plain)

    def _laid_facts(self) -> Laid | None:
        """Lay out the event feed: an entry that moves points is a fact."""
        entries = self.points.entries
        moves = np.flatnonzero(entries.target != NOTHING)
        if not self.points.tell or not len(moves):
            return None
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
        values = [self._account_of_entry.take(rows), self._recorded_at[moves], documents]
        return Laid((self.shop, "points.moved"), values)

    # ---- documents -------------------------------------------------------------------------------

    def _entry_documents(self) -> Column:
        entries = self.points.entries
        own = pa.array(self._key_places == entries.award)
        name = pc.if_else(own, text("0"), self._lot_json.take(pa.array(entries.award)))
        rest = self._lot_pieces(entries.award, entries.buckets, entries.effective_at)
        lots: list[Column] = [text("[["), name, text(","), *rest, text("]]")]
        movements = self._movement_pieces(entries)
        if (entries.target == NOTHING).any():
            moves = pa.array(entries.target != NOTHING)
            lots = [pc.if_else(moves, joined(lots), text("[]"))]
            movements = [pc.if_else(moves, joined(movements), text("[]"))]
        keyed = pa.array(self._reference_places == self._key_places)
        columns = {
            "forgiven": whole_texts(entries.forgiven),
            "reference": pc.if_else(keyed, text("0"), self._entry_references),
            "reason": _words(['""', '"refund"']).take(pa.array((entries.verb == REVERSE).astype(np.int8))),
            "lots": lots,
            "movements": movements,
        }
        return shapes.entry_shape().filled(columns)

    @cached_property
    def _reference_places(self) -> Ints:
        """What entries are about, as places among keys: an award its order, a refund itself, or nothing."""
        entries, n = self.points.entries, len(self.points.awards)
        place = np.where(entries.verb == EARN, entries.award, NOTHING)
        return np.where(entries.verb == REVERSE, entries.award + n, place)

    @cached_property
    def _entry_references(self) -> Column:
        """The same, as JSON."""
        n, place = len(self.points.awards), self._reference_places
        known = json_texts(pa.concat_arrays([self._keys.slice(0, 2 * n), pa.array([""], _KIND)]))
        return known.take(pa.array(np.where(place == NOTHING, 2 * n, place)))

    def _movement_pieces(self, entries: FreshEntries) -> list[Column]:
        """Lay out lists of one movement; the lot is the entry's first."""
        numbers = [*(str(SHORT_BUCKETS.index(Bucket(name))) for name in shapes.BUCKETS), "null"]
        buckets = _words(numbers)
        source = buckets.take(pa.array(entries.source % len(numbers)))
        target = buckets.take(pa.array(entries.target % len(numbers)))
        points = whole_texts(entries.points)
        return [text("[[0,"), source, text(","), target, text(","), points, text("]]")]

    def _lot_pieces(
        self, award: Ints, buckets: Sequence[Ints], touched_at: NDArray[np.datetime64]
    ) -> list[Column]:
        """Lay out the documents of lots: what never changes of each was written once."""
        rows = pa.array(award)
        changing = {name: whole_texts(points) for name, points in zip(shapes.BUCKETS, buckets, strict=True)}
        changing["touched_at"] = micro_texts(touched_at)
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
            "awarded_at": micro_texts(awards.facts.paid_at),
            "activates_at": micro_texts(awards.activates_at),
            "expires_at": micro_texts(awards.expires_at),
            "limit_at": micro_texts(awards.limit_at),
        }
        between, names = shapes.lot_shape(self.points.wallet).around(_OF_ENTRIES)
        return [one.filled(columns) for one in between], names

    def _award_documents(self) -> Column:
        awards, multipliers = self.points.awards, self.points.multipliers
        lists = [canonical([fraction_text(one) for one in each]) for each, _ in multipliers]
        together = [f'"{fraction_text(value)}"' for _, value in multipliers]
        times = pa.array(awards.times)
        columns = {
            "at": micro_texts(awards.facts.paid_at),
            **{name: whole_texts(getattr(awards, name)) for name in _AMOUNTS},
            "room": pc.if_else(pa.array(awards.room == NOTHING), text("null"), whole_texts(awards.room)),
            "shares": list_texts(awards.share, awards.part_start),
            "bases": list_texts(awards.base, awards.part_start),
            "exact": _fractions(awards.exact), "share": _fractions(awards.back),
            "multiplier": _words(together).take(times), "multipliers": _words(lists).take(times),
            "excluded": self._excluded(),
        }  # fmt: skip
        return shapes.award_shape(self.points.rule, self.points.digest).filled(columns)

    def _excluded(self) -> Column:
        """Write what of each order earned nothing: its postage, if there is any and the rule says so."""
        awards = self.points.awards
        nothing = text("[]")
        if self.points.rule.base.shipping or not awards.facts.shipping.any():
            return nothing
        amount = whole_texts(awards.facts.shipping)
        some = joined([text('[["shipping",'), amount, text("]]")])
        return pc.if_else(pa.array(awards.facts.shipping > 0), some, nothing)

    # ---- what rows are made of ---------------------------------------------------------------------

    @cached_property
    def _names(self) -> Column:
        return arrow.arrow_texts(self.points.accounts)

    @cached_property
    def _references(self) -> Column:
        return arrow.arrow_texts(self.points.awards.facts.reference)

    @cached_property
    def _lot_ids(self) -> Column:
        return joined([text("order:"), self._references])

    @cached_property
    def _lot_json(self) -> Column:
        return json_texts(self._lot_ids)

    @cached_property
    def _keys(self) -> Column:
        """Keys of entries: of each order, of each refund, and of following itself."""
        refunded = whole_texts(self.points.awards.facts.refunded)
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
    def _lots(self) -> LotsNow:
        return LotsNow.of(self.points)

    @cached_property
    def _lot_rests(self) -> Column:
        lots = self._lots
        return joined(self._lot_pieces(lots.award, lots.buckets, lots.touched_at))

    @cached_property
    def _open(self) -> OpenLots:
        return OpenLots.of(self._lots, self.points.awards)

    def _open_lots(self, account: Ints) -> Column:
        """Write the lists of open lots of some accounts, in the order in which they are spent."""
        found = self._open
        start = np.searchsorted(found.account, np.append(account, len(self.points.accounts)))
        if not len(found.place):
            return pa.repeat(text("[]"), len(account))
        place = pa.array(found.place)
        names = self._lot_json.take(pa.array(self._lots.award)).take(place)
        named = joined([text("["), names, text(","), self._lot_rests.take(place), text("]")])
        return listed(named, start)

    def _rows(
        self, values: Sequence[Any], plain: NDArray[np.bool_], nulls: frozenset[int] = frozenset()
    ) -> Laid:
        """Lay out rows with the shop before them, and what their digests are made of."""
        pieces: list[Column] = [text(repr(self.shop))]
        for number, column in enumerate(values):
            pieces += [text(","), literals(column, null=number in nulls)]
        return Laid((self.shop,), values, nulls=nulls, proven=joined(pieces), plain=plain)


_AMOUNTS: Final = ("points", "cut", "taken", "forgiven")


def known_columns(facts: FactColumns) -> dict[str, Column | list[Column]]:
    """Write what is known of orders, column by column, as documents have it."""
    moments = ("paid_at", "shipped_at", "completed_at", "refunded_at")
    return {
        **{name: micro_texts(getattr(facts, name)) for name in moments},
        **{name: whole_texts(getattr(facts, name)) for name in ("gross", "refunded", "shipping")},
        "lines": list_texts(facts.line, facts.line_start),
    }


def _words(words: Sequence[str]) -> Column:
    return pa.array([str(one) for one in words], _KIND)


def _fractions(value: tuple[Ints, Ints]) -> Column:
    top, bottom = (whole_texts(one) for one in value)
    return joined([text('"'), top, text("/"), bottom, text('"')])
