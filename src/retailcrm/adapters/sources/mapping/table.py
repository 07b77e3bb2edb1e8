"""What the columns of a table mean, as an object that is checked when it is made."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.sources.field import Field, find_fields
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.money import exponent
from retailcrm.errors import InputError, SettingsError
from retailcrm.ports.batches import BuyerKey, Grain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.orders import OrderState

ORDER_ONLY: Final = {"total", "paid", "shipped_at", "received_at", "completed_at", "refunded_at"}
LINE_ONLY: Final = {"line", "product", "amount"}
_TIMES: Final = {"placed_at", "paid_at"}
_MONEY: Final = {"total", "paid", "amount"}
_PRICED: Final = {"quantity", "unit_price"}


@attrs.frozen(kw_only=True)
class Cancel:
    """How a file says that a record takes something back.

    Attributes:
        number_prefix: Order numbers that begin so are credit notes.
        negative_quantity: Negative quantities are returns.
        states: State texts that mean the order was cancelled before it was paid.
    """

    number_prefix: str | None = None
    negative_quantity: bool = False
    states: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class TableMapping:
    """What the columns of a table mean.

    Attributes:
        name: Word for messages.
        platform: Where its order numbers and buyers are known; the name unless told otherwise.
        grain: ``ORDERS`` or ``LINES``.
        zone: IANA zone of its times; ``None`` takes the shop's.
        currency: ISO 4217 code of its amounts; ``None`` takes the shop's.
        fields: By field name, see the guide "map your own CSV".
        optional: Fields whose column may be absent from a file.
        form: Encoding, delimiter, whether there is a header.
        columns: Column names of a file without header.
        buyer: What the buyer column holds.
        state: State of every record, where the file has no such column.
        cancel: How records are taken back.
        paid_is: Whether ``paid`` is ``"gross"`` (before refunds) or ``"net"`` of them; must be said where
            ``paid`` and ``refunded`` are mapped and no ``total`` lets it be found out.
        synthetic_key: Make order numbers of the record's own content: the file has none.

    Raises:
        SettingsError: No order could be made by it, or something it says would never be read.
    """

    name: str
    platform: str
    grain: Grain
    fields: Mapping[str, Field]
    optional: frozenset[str] = frozenset()
    zone: str | None = None
    currency: str | None = None
    form: TextForm = TextForm()
    columns: tuple[str, ...] = ()
    buyer: BuyerKey | None = None
    state: OrderState | None = None
    cancel: Cancel = Cancel()
    paid_is: str | None = None
    synthetic_key: bool = False

    def __attrs_post_init__(self) -> None:
        for check in (_check_needed, _check_money, _check_unread, _check_cancel, _check_headerless):
            reason = check(self)
            if reason:
                raise SettingsError(f"mapping {self.name}: {reason}")


def _check_needed(mapping: TableMapping) -> str | None:
    """Ask for what every order must have, also in files that lack the optional columns."""
    fields, sure = mapping.fields.keys(), mapping.fields.keys() - mapping.optional
    wrong = fields & (ORDER_ONLY if mapping.grain is Grain.LINES else LINE_ONLY)
    if wrong:
        return f"{listed(wrong)} cannot be a column of grain {_GRAIN_WORDS[mapping.grain]}"
    if ("number" in fields) == mapping.synthetic_key:
        return "give either a column for number or key.synthetic = true"
    if not sure & _TIMES:
        return f"a column for placed_at or paid_at is needed{_if_optional(fields & _TIMES)}"
    if ("state" in fields) == (mapping.state is not None):
        return "give either a column for state or constants.state"
    for name in ("number", "state"):
        if name in mapping.optional:
            return f"{name} cannot be optional"
    return None


_GRAIN_WORDS: Final = {Grain.ORDERS: "order", Grain.LINES: "line"}


def _check_money(mapping: TableMapping) -> str | None:
    fields, sure = mapping.fields.keys(), mapping.fields.keys() - mapping.optional
    if not (sure & _MONEY or sure >= _PRICED):
        what = "paid, total or amount" if mapping.grain is Grain.ORDERS else "amount"
        return (
            f"a column for {what}, or quantity and unit_price, is needed"
            f"{_if_optional(fields & (_MONEY | _PRICED))}"
        )
    if mapping.currency is not None:
        try:
            exponent(mapping.currency)
        except InputError as error:
            return f"currency: {error}"
    undecided = {"paid", "refunded"} <= fields and "total" not in fields
    if undecided != (mapping.paid_is is not None):
        return (
            "say [money] paid_is = 'gross' or 'net' (of refunds) if, and only if, "
            "paid and refunded are mapped without total"
        )
    return None


def _if_optional(fields: Iterable[str]) -> str:
    found = listed(fields)
    return f" that is not optional ({found})" if found else ""


def _check_unread(mapping: TableMapping) -> str | None:
    """Refuse settings that nobody would read: they are mistakes."""
    fields = mapping.fields.keys()
    if ("buyer" in fields) != (mapping.buyer is not None):
        if mapping.buyer is None:
            return "say in [buyer] what the buyer column holds (kind, strength)"
        return "[buyer] is about a column for buyer, and there is none"
    if "unit_price" in fields and (fields & _MONEY or "quantity" not in fields):
        return "unit_price goes with quantity, and not beside paid, total or amount"
    if "quantity" in fields and mapping.grain is Grain.ORDERS and "unit_price" not in fields:
        return "quantity is read with unit_price, or at grain line"
    unknown = mapping.optional - fields
    return f"{listed(unknown)} cannot be optional without a column" if unknown else None


def _check_cancel(mapping: TableMapping) -> str | None:
    cancel, fields = mapping.cancel, mapping.fields.keys()
    if cancel.number_prefix == "":
        return "cancel.number_prefix must not be empty"
    lines = mapping.grain is Grain.LINES
    if cancel.number_prefix is not None and not (lines and "number" in fields):
        return "cancel.number_prefix needs grain line and a column for number"
    if cancel.negative_quantity and not (lines and "quantity" in fields):
        return "cancel.negative_quantity needs grain line and a column for quantity"
    if cancel.states and "state" not in fields:
        return "cancel.states needs a column for state"
    return None


def _check_headerless(mapping: TableMapping) -> str | None:
    if mapping.form.header != (not mapping.columns):
        return "[file]: name the columns exactly if header = false"
    if mapping.form.header:
        return None
    if len(set(mapping.columns)) < len(mapping.columns):
        return "[file] columns: no two columns can have one name"
    found = find_fields(mapping.columns, mapping.fields)
    for name, field in mapping.fields.items():
        if name not in found:
            hint = nearest(field.names[0], mapping.columns)
            return f"[columns] {name}: no column {' / '.join(field.names)!r} in [file] columns{hint}"
    return None


def nearest(word: str, choices: Iterable[str]) -> str:
    """Suggest the closest of some words, as the end of a sentence.

    Example:
        >>> nearest("grian", ["grain", "zone"]), nearest("x", ["grain"])
        ("; did you mean 'grain'?", '')
    """
    simple = {_simple(choice): choice for choice in choices}
    near = difflib.get_close_matches(_simple(word), simple, n=1, cutoff=0.5)
    return f"; did you mean {simple[near[0]]!r}?" if near else ""


def _simple(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()


def listed(words: Iterable[str]) -> str:
    """Name several words in one line."""
    return ", ".join(sorted(words))
