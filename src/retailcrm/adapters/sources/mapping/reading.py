"""A mapping read: from a TOML file, or from the same tables as a dictionary."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.mapping.table import (
    LINE_ONLY,
    ORDER_ONLY,
    Cancel,
    TableMapping,
    nearest,
)
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import BuyerKey, Grain

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cancel", "TableMapping", "load_mapping", "mapping_from_table", "nearest"]

_STRENGTHS: Final = {"stable": 2, "weak": 1, "none": 0}
_GRAINS: Final = {"order": Grain.ORDERS, "line": Grain.LINES}
_STATES: Final = {s.name.lower(): s for s in OrderState if s is not OrderState.UNKNOWN}
_PAID_IS: Final = {"gross": "gross", "net": "net"}
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
_ORDER_ONLY: Final = ORDER_ONLY
_LINE_ONLY: Final = LINE_ONLY
_ALWAYS: Final = {"number", "placed_at", "quantity", "unit_price", "amount"}
"""A record without these, where the mapping names them, is rejected."""

_READ_BY: Final = {
    "format": (Kind.INSTANT,),
    "zone": (Kind.INSTANT,),
    "decimal_id": (Kind.KEY, Kind.NAME, Kind.TEXT),
}
_SOME_TIME: Final = datetime(2001, 2, 3, 16, 5, 6)  # noqa: DTZ001 - patterns are of local times
_WORDS: Final = {str: "text", bool: "true or false", Mapping: "a table"}


def load_mapping(path: Path) -> TableMapping:
    """Read a mapping from a TOML file.

    Raises:
        SettingsError: Something in it is wrong, unknown or missing; the message says where.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"mapping {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"mapping {path}: not TOML: {error}") from error
    return mapping_from_table(table, name=path.stem)


def mapping_from_table(table: Mapping[str, Any], *, name: str = "mapping") -> TableMapping:
    """Build a mapping from nested tables, as parsed from TOML.

    Args:
        table: The settings.
        name: What to call it if it does not say.

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
    where = f"mapping {table.get('name', name) if isinstance(table, Mapping) else name}"
    words = "name grain zone currency platform file columns money buyer states constants cancel key"
    parts = {"name": name, **_known(table, where, words)}
    section = _Sections(parts, where)
    file = section.of("file", "encoding delimiter header columns")
    constants, key = section.of("constants", "state"), section.of("key", "synthetic")
    cancel = _cancel(section.of("cancel", "number_prefix negative_quantity states"), f"{where} [cancel]")
    fields, optional = _fields(section, parts, cancel)
    return TableMapping(
        name=_value(parts, "name", str, where),
        platform=_value(parts, "platform", str, where, parts["name"]),
        grain=_one_of(_GRAINS, parts.get("grain", "order"), f"{where}: grain"),
        fields=fields,
        optional=optional,
        zone=_zone(parts, where),
        currency=_value(parts, "currency", str, where, None),
        form=_form(file, f"{where} [file]"),
        columns=_texts(file.get("columns", ()), f"{where} [file] columns"),
        buyer=_buyer(section, parts) if "buyer" in parts else None,
        state=_one_of(_STATES, constants["state"], f"{where} [constants] state") if constants else None,
        paid_is=_paid_is(section) if "money" in parts else None,
        cancel=cancel,
        synthetic_key=_value(key, "synthetic", bool, f"{where} [key]", default=False),
    )


class _Sections:
    """The tables within a mapping's table."""

    def __init__(self, parts: Mapping[str, Any], where: str) -> None:
        self._parts, self.where = parts, where

    def of(self, name: str, words: str) -> dict[str, Any]:
        """Give a section whose settings are all known."""
        return _known(self._parts.get(name, {}), f"{self.where} [{name}]", words)


def _paid_is(section: _Sections) -> str:
    said = section.of("money", "paid_is")
    return str(_one_of(_PAID_IS, said.get("paid_is"), f"{section.where} [money] paid_is"))


def _form(file: Mapping[str, Any], where: str) -> TextForm:
    header = _value(file, "header", bool, where, default="columns" not in file)
    encoding, delimiter = (_value(file, name, str, where, None) for name in ("encoding", "delimiter"))
    try:
        return TextForm(encoding=encoding, delimiter=delimiter, header=header)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def _cancel(said: Mapping[str, Any], where: str) -> Cancel:
    return Cancel(
        number_prefix=_value(said, "number_prefix", str, where, None),
        negative_quantity=_value(said, "negative_quantity", bool, where, default=False),
        states=_texts(said.get("states", ()), f"{where} states"),
    )


def _fields(
    section: _Sections, parts: Mapping[str, Any], cancel: Cancel
) -> tuple[dict[str, Field], frozenset[str]]:
    columns = section.of("columns", " ".join(_KINDS))
    states = _states(parts, cancel, f"{section.where} [states]")
    if "state" in columns and not states:
        raise SettingsError(f"{section.where}: say in [states] what the texts of the state column mean")
    if "states" in parts and "state" not in columns:
        raise SettingsError(f"{section.where}: [states] is about a column for state, and there is none")
    fields, optional = {}, set()
    for name, said in columns.items():
        where = f"{section.where} [columns] {name}"
        spec = said if isinstance(said, Mapping) else {"column": said}
        spec = _known(spec, where, "column format zone decimal_id optional")
        fields[name] = _field(name, spec, parts, states, where)
        if _value(spec, "optional", bool, where, default=False):
            optional.add(name)
    return fields, frozenset(optional)


def _field(
    name: str, spec: Mapping[str, Any], parts: Mapping[str, Any], states: Mapping[str, int], where: str
) -> Field:
    if "column" not in spec:
        raise SettingsError(f"{where}: say which column it is")
    lines = parts.get("grain") == "line"
    # The lines of an order repeat its buyer; orders seldom do.
    kind = Kind.TEXT if name == "buyer" and lines else _KINDS[name]
    for setting, kinds in _READ_BY.items():
        if setting in spec and kind not in kinds:
            raise SettingsError(f"{where}: {setting} means nothing for {name}")
    pattern = _value(spec, "format", str, where, None)
    if pattern is not None:
        _check_pattern(pattern, where)
    return Field(
        names=_texts(spec["column"], f"{where} column", least=1),
        kind=kind,
        required=name in _ALWAYS,
        pattern=pattern,
        zone=_zone(spec, where) or _zone(parts, where),
        states=states if name == "state" else {},
        decimal_id=_value(spec, "decimal_id", bool, where, default=False),
        coded=name == "number" and lines,
    )


def _check_pattern(pattern: str, where: str) -> None:
    """Refuse a pattern that cannot tell a day."""
    try:
        again = datetime.strptime(_SOME_TIME.strftime(pattern), pattern)  # noqa: DTZ007 - only the day counts
    except (ValueError, re.error) as error:
        raise SettingsError(f"{where}: format {pattern!r}: {error}") from error
    if again.date() != _SOME_TIME.date():
        raise SettingsError(f"{where}: format {pattern!r} does not tell year, month and day")


def _states(parts: Mapping[str, Any], cancel: Cancel, where: str) -> dict[str, int]:
    said = parts.get("states", {})
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {said!r}")
    found: dict[str, int] = {}
    for word, texts in [*said.items(), ("closed", cancel.states)]:
        state = _one_of({**_STATES, "unknown": OrderState.UNKNOWN}, word, where)
        for text in _texts(texts, f"{where} {word}"):
            if found.setdefault(header_name(text), state) != state:
                raise SettingsError(f"{where}: {text!r} has two meanings")
    return found


def _buyer(section: _Sections, parts: Mapping[str, Any]) -> BuyerKey:
    said, where = section.of("buyer", "kind strength"), f"{section.where} [buyer]"
    strength = _one_of(_STRENGTHS, said.get("strength"), f"{where} strength")
    platform = parts.get("platform", parts["name"])
    return BuyerKey(platform=platform, kind=_value(said, "kind", str, where, "id"), strength=strength)


def _zone(table: Mapping[str, Any], where: str) -> str | None:
    zone: str | None = _value(table, "zone", str, where, None)
    try:
        return zone and str(ZoneInfo(zone))
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"{where}: no such time zone: {zone!r}") from error


def _known(table: Mapping[str, Any], where: str, words: str) -> dict[str, Any]:
    """Give the table if every key is known; a setting nobody reads is an error."""
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where}: a table was expected, not {table!r}")
    for key in table:
        if key not in words.split():
            raise SettingsError(f"{where}: unknown setting {key!r}{nearest(str(key), words.split())}")
    return dict(table)


def _value(table: Mapping[str, Any], key: str, kind: type, where: str, default: Any = ...) -> Any:  # noqa: ANN401
    """Give a setting of the right kind; an empty text is none."""
    value = table.get(key, default)
    if value is default:
        return value
    if not isinstance(value, kind) or value == "":
        raise SettingsError(f"{where}: {key} must be {_WORDS[kind]}, not {value!r}")
    return value


def _texts(value: object, where: str, *, least: int = 0) -> tuple[str, ...]:
    """Give one text or several as several."""
    texts = (value,) if isinstance(value, str) else value
    if (
        not isinstance(texts, Sequence)
        or len(texts) < least
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise SettingsError(f"{where}: must be a text or a list of texts, not {value!r}")
    return tuple(texts)


def _one_of(choices: Mapping[str, Any], word: object, where: str) -> Any:  # noqa: ANN401
    if not isinstance(word, str) or word not in choices:
        raise SettingsError(
            f"{where}: {word!r} is not one of {', '.join(choices)}{nearest(str(word), choices)}"
        )
    return choices[word]
