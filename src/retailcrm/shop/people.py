"""Who the shop's people are: of every field the value in force, and one person's whole file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts
from retailcrm.analytics.tables import ProfileTable
from retailcrm.domain.customers import GENDERS, Birthday, Customer, CustomerFile, FieldValue
from retailcrm.domain.identity import CustomerId
from retailcrm.shop.forms import is_clear, one_form, tells
from retailcrm.shop.said import RECIPIENT, named
from retailcrm.shop.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.buyers import BuyerKinds
    from retailcrm.shop.observations import Observations
    from retailcrm.shop.partitions import PartitionedObservations
    from retailcrm.shop.said import Said

CONTACTS: Final = (*RECIPIENT, "tags")
_WORDS: Final = ("level", "province", "city", "source")
_ANSWERS: Final = ("consent", "consent_sms", "consent_email")
_DTYPES: Final = {"gender": "int8", "birthday": "int32", **dict.fromkeys(_ANSWERS, "int8")}
_NOBODY: Final = Texts.of([])


@attrs.frozen(eq=False, kw_only=True)
class People:
    """Every person whom a file describes, with the value in force of each field.

    In force is the newest value that is not empty; at equal moments that of the source whose name sorts
    first. A masked name, phone, e-mail or address never replaces one in clear, and of the times of
    joining the earliest is in force. The same as :class:`retailcrm.domain.customers.CustomerFile`.

    Attributes:
        profiles: Everybody of whom a member list, a form or (if read) an order's recipient tells.
        contacts: ``name``, ``phone``, ``email``, ``address`` and ``tags`` (sorted, joined by ``,``) of each
            row of ``profiles``, code -1 not told; people who share a value may each have it under a code of
            their own.
        newest: Moment of the newest export that told a field, by the fields that were told.
    """

    profiles: ProfileTable
    contacts: Mapping[str, Coded]
    newest: Mapping[str, np.datetime64]

    def find(self, ids: Texts) -> NDArray[np.int64]:
        """Give the row of each customer id, -1 where nobody has it.

        Args:
            ids: Customer ids as in the scores; shape ``(n,)``.

        Returns:
            ``int64``, shape ``(n,)``.
        """
        place = pc.index_in(arrow.arrow_texts(ids), value_set=arrow.arrow_texts(self.profiles.ids))
        found: NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found


def people_of(said: Sequence[Said], kinds: BuyerKinds) -> People:
    """Fold what files say of people.

    Args:
        said: Statements, in any order.
        kinds: The shop's kinds of buyer keys.
    """
    who = named(said, kinds)
    statements, kept = _statements(said, who.codes, len(who.ids))
    newest: dict[str, np.datetime64] = {}
    numbers = {
        name: _number(statements, name, newest) for name in ("gender", "birthday", "points", *_ANSWERS)
    }
    words = {name: _word(statements, name, newest) for name in (*_WORDS, "tags")}
    words |= {name: _contact(statements, name, newest) for name in RECIPIENT}
    channels = np.maximum(numbers["consent_sms"], numbers["consent_email"])
    profiles = ProfileTable(
        ids=who.ids if kept is None else who.ids.take(kept),
        strength=who.strength if kept is None else who.strength[kept],
        joined_at=_joined_at(statements, newest),
        gender=numbers["gender"],
        birthday=numbers["birthday"],
        points=numbers["points"],
        # Who may be written to by one channel may be written to.
        consent=np.where(numbers["consent"] < 0, channels, numbers["consent"]),
        **{name: words[name] for name in _WORDS},
    )
    return People(profiles=profiles, contacts={name: words[name] for name in CONTACTS}, newest=newest)


def _statements(
    said: Sequence[Said], codes: Sequence[NDArray[np.int64]], ids: int
) -> tuple[Statements, NDArray[np.int64] | None]:
    """Stack the statements; people are renumbered in order of first sight, oldest export first.

    Returns:
        The statements, and which people are left in their new order; ``None`` if nothing changed.
    """
    stacked = Statements.of(said, codes, ids)
    known = stacked.person[stacked.person >= 0]
    if len(known) == ids and bool((known == np.arange(ids)).all()):
        return stacked, None
    first = np.full(ids, len(known), np.int64)
    np.minimum.at(first, known, np.arange(len(known)))
    used = np.flatnonzero(first < len(known))
    kept = used[np.argsort(first[used], kind="stable")]
    place = np.full(ids + 1, -1, np.int64)
    place[kept] = np.arange(len(kept))
    return attrs.evolve(stacked, person=place[stacked.person], people=len(kept)), kept


def _number(statements: Statements, name: str, newest: dict[str, np.datetime64]) -> NDArray[Any]:
    dtype = _DTYPES.get(name, "int64")
    missing = -1 if name in _DTYPES else MISSING
    column = statements.number(name, dtype, missing)
    if column is None:
        return np.full(statements.people, missing, dtype)
    told = column != missing
    _note(newest, name, statements.newest_moment(told))
    written = _WRITTEN.get(name, int)
    rows = statements.in_force(told, None, lambda rows: [written(value) for value in column[rows].tolist()])
    return np.append(column, np.asarray(missing, dtype))[rows]


_WRITTEN: Final[Mapping[str, Callable[[int], Any]]] = {
    "gender": lambda code: str(GENDERS[code]),
    "birthday": lambda code: str(Birthday.of_code(code)),
}
"""How values of a field are compared when two stand in one file."""


def _joined_at(statements: Statements, newest: dict[str, np.datetime64]) -> NDArray[np.datetime64]:
    column = statements.number("joined_at", "int64", MISSING)
    earliest = np.full(statements.people, np.iinfo(np.int64).max)
    if column is not None:
        told = (column != MISSING) & (statements.person >= 0)
        _note(newest, "joined_at", statements.newest_moment(told))
        np.minimum.at(earliest, statements.person[told], column[told])
    return np.where(earliest == np.iinfo(np.int64).max, MISSING, earliest).view(INSTANT)


def _word(statements: Statements, name: str, newest: dict[str, np.datetime64]) -> Coded:
    """Fold a column of texts that repeat."""
    column = statements.coded(name)
    if column is None:
        return Coded(np.full(statements.people, -1, np.int32), _NOBODY)
    texts: Any = arrow.arrow_texts(column.values)
    if name == "tags":
        texts = pa.array([",".join(sorted(_tags(text))) for text in texts.to_pylist()], pa.large_string())
        once = texts.dictionary_encode()
        codes = np.append(once.indices.to_numpy(), np.int32(-1))[column.codes]
        texts, column = once.dictionary, Coded(codes, arrow.texts(once.dictionary))
    says = np.asarray(pc.binary_length(texts)) > 0 if name == "tags" else tells(texts)
    told = np.append(says, np.False_)[column.codes]
    _note(newest, name, statements.newest_moment(told))
    rows = statements.in_force(told, None, lambda rows: _compared(name, column.take(rows)))
    return Coded(np.append(column.codes, np.int32(-1))[rows], column.values)


def _contact(statements: Statements, name: str, newest: dict[str, np.datetime64]) -> Coded:
    """Fold a column of texts that seldom repeat: every person's value stands by itself."""
    texts = statements.texts(name)
    if texts is None:
        return Coded(np.full(statements.people, -1, np.int32), _NOBODY)
    texts = one_form(name, texts)
    told = tells(texts, stripped=True)
    _note(newest, name, statements.newest_moment(told))
    rows = statements.in_force(
        told,
        lambda rows: is_clear(name, texts.take(pa.array(rows))),
        lambda rows: texts.take(pa.array(rows)).to_pylist(),
    )
    there = rows >= 0
    if len(rows) == len(texts) and bool((there <= (rows == np.arange(len(rows)))).all()):
        return Coded(np.where(there, rows, -1).astype(np.int32), arrow.texts(texts))
    codes = np.where(there, np.cumsum(there) - 1, -1).astype(np.int32)
    return Coded(codes, arrow.texts(texts.take(pa.array(rows[there]))))


def _compared(name: str, column: Coded) -> list[str]:
    values = [value or "" for value in column.tolist()]
    return [value.replace(",", "\n") for value in values] if name == "tags" else values


def _tags(text: str) -> frozenset[str]:
    return frozenset(tag.strip() for tag in text.split(",") if tag.strip())


def _note(newest: dict[str, np.datetime64], name: str, moment: np.datetime64 | None) -> None:
    if moment is not None:
        newest[name] = moment


def customer_file(kept: Observations | PartitionedObservations, customer_id: str) -> CustomerFile:
    """Give one person's file: who said what, and when.

    Args:
        kept: Where the shop's observations are.
        customer_id: As in the scores.

    Returns:
        All that was told by any file; empty where nobody has that id.
    """
    kinds = kept.buyer_kinds()
    history: dict[str, list[FieldValue]] = {}
    for said in kept.said():
        rows = _rows_about(said, kinds, customer_id)
        if not len(rows):
            continue
        for row in said.table.take(pa.array(rows)).to_pylist():
            told = CustomerFile(CustomerId(customer_id)).with_observation(
                _customer(customer_id, row), source=said.source, observed_at=said.exported_at
            )
            for name, values in told.history.items():
                history.setdefault(name, []).extend(values)
    return CustomerFile(CustomerId(customer_id), history)


def _rows_about(said: Said, kinds: BuyerKinds, customer_id: str) -> NDArray[np.int64]:
    if said.key is not None:
        return kinds.rows_of(said.table.column("buyer"), said.key, customer_id)
    assert said.who is not None  # noqa: S101 - statements without a key point to customers
    place = pc.index(arrow.arrow_texts(said.who.ids), customer_id).as_py()
    return np.flatnonzero(said.customer == place) if place >= 0 else np.empty(0, np.int64)


def _customer(customer_id: str, row: Mapping[str, Any]) -> Customer:
    """Give what one row says of her."""
    gender, birthday, joined_at = (row.get(name) for name in ("gender", "birthday", "joined_at"))
    return Customer(
        id=CustomerId(customer_id),
        gender=None if gender in (None, -1) else GENDERS[gender],
        birthday=None if birthday in (None, -1) else Birthday.of_code(birthday),
        first_seen=None if joined_at in (None, MISSING) else _moment(joined_at),
        tags=_tags(row.get("tags") or ""),
        **{name: row.get(name) for name in (*RECIPIENT, "source", "level")},
    )


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
