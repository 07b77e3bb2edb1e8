"""What a mapping must say, and must not: each check gives the reason why one cannot be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.mapping.grains import FORMS, base
from retailcrm.adapters.sources.mapping.hints import listed, nearest
from retailcrm.domain.money import exponent, parse_amount
from retailcrm.errors import InputError
from retailcrm.ports.batches import COLUMNS, Grain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from retailcrm.adapters.sources.mapping.table import TableMapping

_TIMES: Final = {"placed_at", "paid_at"}
_MONEY: Final = {"total", "paid", "amount"}
_PRICED: Final = {"quantity", "unit_price"}
_SALES: Final = (Grain.ORDERS, Grain.LINES)

PARCEL_TIMES: Final = frozenset(
    name for name, kind in COLUMNS[Grain.PARCELS].items() if kind == "instant" and name != "at"
)
"""Columns of a table that has all times of a parcel in one row."""


def _fields(mapping: TableMapping) -> tuple[set[str], set[str]]:
    """Give the fields that are mapped, and those of them that every file has."""
    return {base(name) for name in mapping.fields}, {base(name) for name in mapping.fields} - mapping.optional


def _foreign(mapping: TableMapping) -> str | None:
    form = FORMS[mapping.grain]
    wrong = _fields(mapping)[0] - form.fields.keys()
    return f"{listed(wrong)} cannot be a column of grain {form.word}" if wrong else None


def _needed(mapping: TableMapping) -> str | None:
    """Ask for what every order must have, also in files that lack the optional columns."""
    fields, sure = _fields(mapping)
    if mapping.grain not in _SALES:
        return _needed_elsewhere(mapping)
    if ("number" in fields) == mapping.synthetic_key:
        return "give either a column for number or key.synthetic = true"
    if not sure & _TIMES:
        return f"a column for placed_at or paid_at is needed{_if_optional(fields & _TIMES)}"
    if ("state" in fields) == (mapping.state is not None):
        return "give either a column for state or constants.state"
    return _not_optional(mapping, ("number", "state"))


def _needed_elsewhere(mapping: TableMapping) -> str | None:
    fields, sure = _fields(mapping)
    refund = mapping.grain is Grain.REFUNDS
    if refund and ("refund" in fields) == mapping.synthetic_key:
        return "give either a column for refund (its number) or key.synthetic = true"
    needs = _NEEDS[mapping.grain]
    for several in needs:
        if not sure & several:
            return f"a column for {' or '.join(sorted(several))} is needed{_if_optional(fields & several)}"
    if mapping.grain is Grain.PARCELS and bool(fields & PARCEL_TIMES) == ("event" in fields):
        return f"give either columns for event and at, or one for each time ({listed(PARCEL_TIMES)})"
    if mapping.grain is Grain.PARCELS and ("event" in fields) != ("at" in fields):
        return "event and at go together: what happened, and when"
    return _not_optional(mapping, ("refund", "event", "at") if mapping.grain is not Grain.REVIEWS else ())


_NEEDS: Final[dict[Grain, tuple[frozenset[str], ...]]] = {
    Grain.CUSTOMERS: (frozenset({"buyer"}),),
    Grain.PRODUCTS: (frozenset({"product"}),),
    Grain.REFUNDS: (frozenset({"number"}), frozenset({"amount"})),
    Grain.REVIEWS: (frozenset({"score", "text"}),),
    Grain.PARCELS: (frozenset({"number"}), frozenset({"event", *PARCEL_TIMES})),
}


def _not_optional(mapping: TableMapping, names: Iterable[str]) -> str | None:
    found = [name for name in names if name in mapping.optional]
    return f"{found[0]} cannot be optional" if found else None


def _money(mapping: TableMapping) -> str | None:
    if mapping.currency is not None:
        try:
            exponent(mapping.currency)
        except InputError as error:
            return f"currency: {error}"
    if mapping.grain not in _SALES:
        return None
    fields, sure = _fields(mapping)
    if mapping.amount is not None:
        return _constant_amount(mapping, fields)
    if not (sure & _MONEY or sure >= _PRICED):
        what = "paid, total or amount" if mapping.grain is Grain.ORDERS else "amount"
        return (
            f"a column for {what}, or quantity and unit_price, is needed"
            f"{_if_optional(fields & (_MONEY | _PRICED))}"
        )
    return _paid_is(mapping, fields)


def _constant_amount(mapping: TableMapping, fields: set[str]) -> str | None:
    beside = fields & (_MONEY | {"unit_price", "refunded"})
    if beside:
        return f"constants.amount goes without columns for {listed(beside)}"
    try:
        parse_amount(str(mapping.amount), mapping.currency or "BHD")
    except InputError as error:
        return f"constants.amount: {error}"
    return None


def _paid_is(mapping: TableMapping, fields: set[str]) -> str | None:
    told = mapping.paid_is is not None
    if mapping.grain is Grain.LINES:
        return "[money] paid_is is about a column for refunded" if told and "refunded" not in fields else None
    undecided = {"paid", "refunded"} <= fields and "total" not in fields
    if undecided != told:
        return (
            "say [money] paid_is = 'gross' or 'net' (of refunds) if, and only if, "
            "paid and refunded are mapped without total"
        )
    return None


def _if_optional(fields: Iterable[str]) -> str:
    found = listed(fields)
    return f" that is not optional ({found})" if found else ""


def _unread(mapping: TableMapping) -> str | None:
    """Refuse settings that nobody would read: they are mistakes."""
    fields = _fields(mapping)[0]
    if ("buyer" in fields) != (mapping.buyer is not None):
        if mapping.buyer is None:
            return "say in [buyer] what the buyer column holds (kind, strength)"
        return "[buyer] is about a column for buyer, and there is none"
    if "unit_price" in fields and (fields & _MONEY or "quantity" not in fields):
        return "unit_price goes with quantity, and not beside paid, total or amount"
    if "quantity" in fields and mapping.grain is Grain.ORDERS and "unit_price" not in fields:
        return "quantity is read with unit_price, or at grain line"
    if mapping.quantity is not None and (mapping.grain is not Grain.LINES or "quantity" in fields):
        return "constants.quantity needs grain line, and no column for quantity"
    unknown = mapping.optional - fields
    return f"{listed(unknown)} cannot be optional without a column" if unknown else None


def _cancel(mapping: TableMapping) -> str | None:
    cancel, fields = mapping.cancel, mapping.fields.keys()
    if cancel.number_prefix == "":
        return "cancel.number_prefix must not be empty"
    if cancel.number_prefix is not None and "number" not in fields:
        return "cancel.number_prefix needs a column for number"
    if cancel.negative_quantity and not (mapping.grain is Grain.LINES and "quantity" in fields):
        return "cancel.negative_quantity needs grain line and a column for quantity"
    if cancel.states and "state" not in fields:
        return "cancel.states needs a column for state"
    return None


def _headerless(mapping: TableMapping) -> str | None:
    if mapping.form.header != (not mapping.columns):
        return "[file]: name the columns exactly if header = false"
    if mapping.form.header:
        return None
    if len(set(mapping.columns)) < len(mapping.columns):
        return "[file] columns: no two columns can have one name"
    found = find_fields(mapping.columns, mapping.wanted)
    for name, field in mapping.wanted.items():
        if name not in found:
            hint = nearest(field.names[0], mapping.columns)
            where = "[keep] column" if name == "keep" else f"[columns] {name}"
            return f"{where}: no column {' / '.join(field.names)!r} in [file] columns{hint}"
    return None


CHECKS: Final[tuple[Callable[[TableMapping], str | None], ...]] = (
    _foreign,
    _needed,
    _money,
    _unread,
    _cancel,
    _headerless,
)
"""Each gives a sentence where something is wrong; asked in this order."""
