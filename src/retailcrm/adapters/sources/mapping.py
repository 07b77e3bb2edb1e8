"""A mapping: what the columns of any table mean, written in TOML or as an object."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import attrs

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import BuyerKey, Grain

if TYPE_CHECKING:
    from pathlib import Path

_STRENGTHS: Final = {"stable": 2, "weak": 1, "none": 0}
_GRAINS: Final = {"order": Grain.ORDERS, "line": Grain.LINES}
_KINDS: Final = {
    "number": Kind.KEY,
    "line": Kind.KEY,
    "buyer": Kind.NAME,
    "state": Kind.STATE,
    "placed_at": Kind.INSTANT,
    "paid_at": Kind.INSTANT,
    "shipped_at": Kind.INSTANT,
    "received_at": Kind.INSTANT,
    "completed_at": Kind.INSTANT,
    "refunded_at": Kind.INSTANT,
    "total": Kind.AMOUNT,
    "paid": Kind.AMOUNT,
    "amount": Kind.AMOUNT,
    "refunded": Kind.AMOUNT,
    "quantity": Kind.COUNT,
    "unit_price": Kind.PRICE,
    "product": Kind.TEXT,
    "province": Kind.TEXT,
    "city": Kind.TEXT,
}
_ORDER_ONLY: Final = {"total", "paid", "shipped_at", "received_at", "completed_at", "refunded_at"}
_LINE_ONLY: Final = {"line", "product", "amount"}
_ALWAYS: Final = {"number", "placed_at", "quantity", "unit_price", "amount"}
"""A record without these, where the mapping names them, is rejected."""


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
        _check(self)


def _check(mapping: TableMapping) -> None:
    """Refuse a mapping that could not give one order."""
    fields = mapping.fields.keys()
    wrong = fields & (_ORDER_ONLY if mapping.grain is Grain.LINES else _LINE_ONLY)
    if wrong:
        raise SettingsError(
            f"mapping {mapping.name}: {_listed(wrong)} cannot be a column of grain {mapping.grain}"
        )
    if ("number" in fields) == mapping.synthetic_key:
        raise SettingsError(
            f"mapping {mapping.name}: give either a column for number or key.synthetic = true"
        )
    if "placed_at" not in fields and "paid_at" not in fields:
        raise SettingsError(f"mapping {mapping.name}: a column for placed_at or paid_at is needed")
    priced = {"quantity", "unit_price"} <= fields
    if not (priced or fields & {"total", "paid", "amount"}):
        raise SettingsError(
            f"mapping {mapping.name}: a column for paid, total or amount, or quantity and unit_price"
        )
    undecided = {"paid", "refunded"} <= fields and "total" not in fields
    if undecided != (mapping.paid_is is not None):
        raise SettingsError(
            f"mapping {mapping.name}: say [money] paid_is = 'gross' or 'net' (of refunds) if, and only if, "
            "paid and refunded are mapped without total"
        )
    if "buyer" in fields and mapping.buyer is None:
        raise SettingsError(
            f"mapping {mapping.name}: say in [buyer] what the buyer column holds (kind, strength)"
        )
    if ("state" in fields) == (mapping.state is not None):
        raise SettingsError(f"mapping {mapping.name}: give either a column for state or constants.state")


def load_mapping(path: Path) -> TableMapping:
    """Read a mapping from a TOML file.

    Raises:
        SettingsError: Something in it is wrong, unknown or missing; the message says where.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"mapping {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"mapping {path}: not TOML: {error}") from error
    return mapping_from_table(table, name=path.stem)


def mapping_from_table(table: Mapping[str, Any], *, name: str = "mapping") -> TableMapping:
    """Build a mapping from nested tables, as parsed from TOML.

    Raises:
        SettingsError: Something in it is wrong, unknown or missing.

    Example:
        >>> mapping = mapping_from_table({
        ...     "grain": "order", "currency": "USD", "zone": "UTC",
        ...     "columns": {"number": "id", "buyer": "customer", "placed_at": "date", "paid": "amount"},
        ...     "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "completed"}})
        >>> sorted(mapping.fields)
        ['buyer', 'number', 'paid', 'placed_at']
    """
    where = f"mapping {table.get('name', name)}"
    parts = _known(
        table, where, "name grain zone currency platform file columns money buyer states constants cancel key"
    )
    if "zone" in parts:
        _check_zone(parts["zone"], where)
    file = _known(parts.get("file", {}), f"{where} [file]", "encoding delimiter header columns")
    constants = _known(parts.get("constants", {}), f"{where} [constants]", "state")
    cancel = _known(parts.get("cancel", {}), f"{where} [cancel]", "number_prefix negative_quantity states")
    key = _known(parts.get("key", {}), f"{where} [key]", "synthetic")
    parts.setdefault("name", name)
    fields, optional = _fields(parts, where)
    return TableMapping(
        name=parts["name"],
        platform=parts.get("platform", parts["name"]),
        grain=_one_of(_GRAINS, parts.get("grain", "order"), f"{where}: grain"),
        fields=fields,
        optional=optional,
        zone=parts.get("zone"),
        currency=parts.get("currency"),
        form=_form(file, where),
        columns=tuple(file.get("columns", ())),
        buyer=_buyer(parts, where),
        state=_state(constants["state"], f"{where} [constants]") if "state" in constants else None,
        paid_is=_paid_is(parts, where),
        cancel=Cancel(**{**cancel, "states": tuple(cancel.get("states", ()))}),
        synthetic_key=key.get("synthetic", False),
    )


def _paid_is(parts: Mapping[str, Any], where: str) -> str | None:
    if "money" not in parts:
        return None
    said = _known(parts["money"], f"{where} [money]", "paid_is")
    return str(_one_of({"gross": "gross", "net": "net"}, said.get("paid_is"), f"{where} [money] paid_is"))


def _form(file: Mapping[str, Any], where: str) -> TextForm:
    header = file.get("header", "columns" not in file)
    if header == ("columns" in file):
        raise SettingsError(f"{where} [file]: name the columns exactly if header = false")
    delimiter = file.get("delimiter")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise SettingsError(f"{where} [file]: delimiter must be one character (' ' for runs of blanks)")
    return TextForm(encoding=file.get("encoding"), delimiter=delimiter, header=header)


def _fields(parts: Mapping[str, Any], where: str) -> tuple[dict[str, Field], frozenset[str]]:
    columns = _known(parts.get("columns", {}), f"{where} [columns]", " ".join(_KINDS))
    states = _states(parts, where)
    if "state" in columns and not states:
        raise SettingsError(f"{where}: say in [states] what the texts of the state column mean")
    fields, optional = {}, set()
    for name, said in columns.items():
        spec = {"column": said} if isinstance(said, str | list) else said
        spec = _known(spec, f"{where} [columns] {name}", "column format zone decimal_id optional")
        names = (spec["column"],) if isinstance(spec["column"], str) else tuple(spec["column"])
        fields[name] = Field(
            names=names, kind=_kind(name, parts), required=name in _ALWAYS, pattern=spec.get("format"),
            zone=spec.get("zone", parts.get("zone")), states=states if name == "state" else {},
            decimal_id=spec.get("decimal_id", False), coded=name == "number" and parts.get("grain") == "line",
        )  # fmt: skip
        if spec.get("optional", False):
            optional.add(name)
    return fields, frozenset(optional)


def _kind(name: str, parts: Mapping[str, Any]) -> Kind:
    # The lines of an order repeat its buyer; orders seldom do.
    return Kind.TEXT if name == "buyer" and parts.get("grain") == "line" else _KINDS[name]


def _states(parts: Mapping[str, Any], where: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word, texts in parts.get("states", {}).items():
        state = _state(word, f"{where} [states]")
        for text in [texts] if isinstance(texts, str) else texts:
            found[header_name(text)] = state
    for text in parts.get("cancel", {}).get("states", ()):
        found[header_name(text)] = OrderState.CLOSED
    return found


def _state(word: str, where: str) -> OrderState:
    return OrderState(_one_of({s.name.lower(): s for s in OrderState}, word, where))


def _buyer(parts: Mapping[str, Any], where: str) -> BuyerKey | None:
    if "buyer" not in parts:
        return None
    said = _known(parts["buyer"], f"{where} [buyer]", "kind strength")
    strength = _one_of(_STRENGTHS, said.get("strength"), f"{where} [buyer] strength")
    platform = parts.get("platform", parts["name"])
    return BuyerKey(platform=platform, kind=said.get("kind", "id"), strength=strength)


def _check_zone(zone: str, where: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"{where}: no such time zone: {zone!r}") from error


def _known(table: Mapping[str, Any], where: str, words: str) -> dict[str, Any]:
    """Give the table if every key is known; a setting nobody reads is an error."""
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where}: a table was expected")
    for key in table:
        if key not in words.split():
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(key, words.split())}")
    return dict(table)


def _one_of(choices: Mapping[str, Any], word: object, where: str) -> Any:  # noqa: ANN401
    if word not in choices:
        raise SettingsError(
            f"{where}: {word!r} is not one of {', '.join(choices)}{nearest(str(word), choices)}"
        )
    return choices[str(word)]


def nearest(word: str, choices: Iterable[str]) -> str:
    """Suggest the closest of some words, as the end of a sentence."""
    simple = {re.sub(r"[\W_]+", "", c).casefold(): c for c in choices}
    near = difflib.get_close_matches(re.sub(r"[\W_]+", "", word).casefold(), simple, n=1, cutoff=0.5)
    return f"; did you mean {simple[near[0]]!r}?" if near else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
