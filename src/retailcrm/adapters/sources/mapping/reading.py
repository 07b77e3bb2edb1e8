"""A mapping read: from a TOML file, or from the same tables as a dictionary."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.sources.field import header_name
from retailcrm.adapters.sources.mapping.columns import read_columns
from retailcrm.adapters.sources.mapping.grains import FORMS, GRAINS, SECTIONS
from retailcrm.adapters.sources.mapping.hints import nearest
from retailcrm.adapters.sources.mapping.settings import (
    known_settings,
    one_of,
    value_of,
    zone_of,
)
from retailcrm.adapters.sources.mapping.table import Cancel, Keep, TableMapping
from retailcrm.adapters.sources.mapping.words import meanings, texts_of
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import BuyerKey

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cancel", "Keep", "TableMapping", "load_mapping", "mapping_from_table", "nearest"]

STRENGTHS: Final = {"stable": 2, "weak": 1, "none": 0}
STATES: Final = {s.name.lower(): s for s in OrderState if s is not OrderState.UNKNOWN}
_PAID_IS: Final = {"gross": "gross", "net": "net"}


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
    parts = {"name": name, **known_settings(table, where, SECTIONS)}
    grain = one_of(GRAINS, parts.get("grain", "order"), f"{where}: grain")
    foreign = sorted(parts.keys() - FORMS[grain].sections)
    if foreign:
        raise SettingsError(f"{where}: [{foreign[0]}] means nothing at grain {FORMS[grain].word}")
    section = _Sections(parts, where)
    file = section.of("file", "encoding delimiter header columns")
    constants, key = section.of("constants", "state amount quantity"), section.of("key", "synthetic")
    cancel = _cancel(section.of("cancel", "number_prefix negative_quantity states"), f"{where} [cancel]")
    fields, optional = read_columns(parts, grain, where, _states(parts, cancel, where))
    return TableMapping(
        name=value_of(parts, "name", str, where),
        platform=value_of(parts, "platform", str, where, parts["name"]),
        grain=grain,
        fields=fields,
        optional=optional,
        zone=zone_of(parts, where),
        currency=value_of(parts, "currency", str, where, None),
        form=_form(file, f"{where} [file]"),
        columns=texts_of(file.get("columns", ()), f"{where} [file] columns"),
        buyer=_buyer(section, parts) if "buyer" in parts else None,
        state=one_of(STATES, constants["state"], f"{where} [constants] state")
        if "state" in constants
        else None,
        amount=_amount(constants, f"{where} [constants]"),
        quantity=value_of(constants, "quantity", int, f"{where} [constants]", None),
        paid_is=_paid_is(section) if "money" in parts else None,
        cancel=cancel,
        synthetic_key=value_of(key, "synthetic", bool, f"{where} [key]", default=False),
        keep=_keep(section) if "keep" in parts else None,
    )


class _Sections:
    """The tables within a mapping's table."""

    def __init__(self, parts: Mapping[str, Any], where: str) -> None:
        self._parts, self.where = parts, where

    def of(self, name: str, words: str) -> dict[str, Any]:
        """Give a section whose settings are all known."""
        return known_settings(self._parts.get(name, {}), f"{self.where} [{name}]", words.split())


def _paid_is(section: _Sections) -> str:
    said = section.of("money", "paid_is")
    return str(one_of(_PAID_IS, said.get("paid_is"), f"{section.where} [money] paid_is"))


def _keep(section: _Sections) -> Keep:
    said, where = section.of("keep", "column values"), f"{section.where} [keep]"
    return Keep(
        names=texts_of(said.get("column", ()), f"{where} column", least=1),
        values=texts_of(said.get("values", ()), f"{where} values", least=1),
    )


def _amount(constants: Mapping[str, Any], where: str) -> str | None:
    said = constants.get("amount")
    if said is None or (isinstance(said, str) and said):
        return said
    if isinstance(said, bool) or not isinstance(said, int):
        raise SettingsError(f'{where}: amount must be text such as "9.90", not {said!r}')
    return str(said)


def _form(file: Mapping[str, Any], where: str) -> TextForm:
    header = value_of(file, "header", bool, where, default="columns" not in file)
    encoding, delimiter = (value_of(file, name, str, where, None) for name in ("encoding", "delimiter"))
    try:
        return TextForm(encoding=encoding, delimiter=delimiter, header=header)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def _cancel(said: Mapping[str, Any], where: str) -> Cancel:
    return Cancel(
        number_prefix=value_of(said, "number_prefix", str, where, None),
        negative_quantity=value_of(said, "negative_quantity", bool, where, default=False),
        states=texts_of(said.get("states", ()), f"{where} states"),
    )


def _states(parts: Mapping[str, Any], cancel: Cancel, where: str) -> dict[str, int]:
    """Read what the texts of the state column mean; those of [cancel] mean closed."""
    words = {**STATES, "unknown": OrderState.UNKNOWN}
    found = meanings(parts.get("states", {}), words, {}, f"{where} [states]")
    for text in cancel.states:
        if found.setdefault(header_name(text), OrderState.CLOSED) != OrderState.CLOSED:
            raise SettingsError(f"{where} [states]: {text!r} has two meanings")
    return found


def _buyer(section: _Sections, parts: Mapping[str, Any]) -> BuyerKey:
    said, where = section.of("buyer", "kind strength"), f"{section.where} [buyer]"
    if "strength" not in said:
        raise SettingsError(
            f'{where}: strength is missing; write "stable" if one key is always one person, "weak" if a '
            'household may share it (a phone), "none" if it is masked'
        )
    strength = one_of(STRENGTHS, said["strength"], f"{where} strength")
    platform = parts.get("platform", parts["name"])
    return BuyerKey(platform=platform, kind=value_of(said, "kind", str, where, "id"), strength=strength)
