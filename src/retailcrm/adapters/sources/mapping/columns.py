"""The columns of a mapping read: which fields there are, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.sources.field import UNIX, Field, Kind
from retailcrm.adapters.sources.mapping.grains import EVERY_FIELD, FORMS, GrainForm
from retailcrm.adapters.sources.mapping.settings import known_settings, value_of, zone_of
from retailcrm.adapters.sources.mapping.words import (
    ANSWER_WORDS,
    ANSWERS_READ,
    EVENT_WORDS,
    EVENTS_READ,
    GENDER_WORDS,
    GENDERS_READ,
    meanings,
    scores,
    texts_of,
)
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.ports.batches import Grain

COLUMN_SETTINGS: Final = (
    "column",
    "format",
    "zone",
    "decimal_id",
    "optional",
    "none",
    "separator",
    "levels",
)
READ_BY: Final = {
    "format": (Kind.INSTANT,),
    "zone": (Kind.INSTANT,),
    "decimal_id": (Kind.KEY, Kind.NAME, Kind.TEXT),
    "separator": (Kind.PATH, Kind.TAGS),
    "levels": (Kind.PATH,),
}
"""Settings that mean something for some kinds of field only."""

_TABLES: Final = {
    "states": (Kind.STATE, "state"),
    "genders": (Kind.GENDER, "gender"),
    "answers": (Kind.ANSWER, "a yes or no"),
    "events": (Kind.EVENT, "event"),
    "scores": (Kind.SCORE, "score"),
    "score": (Kind.SCORE, "score"),
}
_SOME_TIME: Final = datetime(2001, 2, 3, 16, 5, 6)  # noqa: DTZ001 - patterns are of local times


def read_columns(
    parts: Mapping[str, Any], grain: Grain, where: str, states: Mapping[str, int]
) -> tuple[dict[str, Field], frozenset[str]]:
    """Read what the columns hold.

    Args:
        parts: The tables of the mapping.
        grain: What one row is.
        where: The mapping, for messages.
        states: Normalised texts of the state column, and what they mean.

    Returns:
        Fields by name, and those whose column may be absent.

    Raises:
        SettingsError: Something in it is wrong, unknown or missing.
    """
    form = FORMS[grain]
    columns = known_settings(parts.get("columns", {}), f"{where} [columns]", _words(parts, form))
    if "state" in columns and "state" in form.fields and not states:
        raise SettingsError(f"{where}: say in [states] what the texts of the state column mean")
    reads = _Reads(parts, form, where, states)
    reads.check_tables(columns)
    fields, optional = {}, set()
    for name, said in columns.items():
        spec = said if isinstance(said, Mapping) else {"column": said}
        fields.update(reads.fields(name, spec))
        if value_of(spec, "optional", bool, f"{where} [columns] {name}", default=False):
            optional.add(name)
    return fields, frozenset(optional)


def _words(parts: Mapping[str, Any], form: GrainForm) -> frozenset[str]:
    """Give the words that [columns] may have: those of other grains are answered as such, not as unknown."""
    said = parts.get("columns", {})
    foreign = EVERY_FIELD & set(said) if isinstance(said, Mapping) else frozenset()
    return foreign | form.fields.keys()


class _Reads:
    """How the fields of one mapping are read."""

    def __init__(
        self, parts: Mapping[str, Any], form: GrainForm, where: str, states: Mapping[str, int]
    ) -> None:
        self._parts, self._form, self._where = parts, form, where
        self._states = {Kind.STATE: states}
        tables = {
            Kind.GENDER: ("genders", GENDER_WORDS, GENDERS_READ),
            Kind.ANSWER: ("answers", ANSWER_WORDS, ANSWERS_READ),
            Kind.EVENT: ("events", EVENT_WORDS, EVENTS_READ),
        }
        for kind, (section, words, built_in) in tables.items():
            self._states[kind] = meanings(parts.get(section, {}), words, built_in, f"{where} [{section}]")
        self._states[Kind.SCORE] = scores(parts.get("scores", {}), f"{where} [scores]")
        score = known_settings(parts.get("score", {}), f"{where} [score]", ["full_marks"])
        self._full_marks: int | None = value_of(score, "full_marks", int, f"{where} [score]", None)
        if self._full_marks is not None and self._full_marks < 1:
            raise SettingsError(f"{where} [score]: full_marks must be at least 1, not {self._full_marks}")

    def check_tables(self, columns: Mapping[str, Any]) -> None:
        """Refuse a table about texts that no column has."""
        kinds = {self._form.fields.get(name) for name in columns}
        for section, (kind, what) in _TABLES.items():
            if section in self._parts and kind not in kinds:
                raise SettingsError(
                    f"{self._where}: [{section}] is about a column for {what}, and there is none"
                )

    def fields(self, name: str, spec: Mapping[str, Any]) -> dict[str, Field]:
        """Read one field; the levels of a category are several."""
        where = f"{self._where} [columns] {name}"
        spec = known_settings(spec, where, COLUMN_SETTINGS)
        kind = self._form.fields.get(name, Kind.TEXT)
        for setting, kinds in READ_BY.items():
            if setting in spec and kind not in kinds and name in self._form.fields:
                raise SettingsError(f"{where}: {setting} means nothing for {name}")
        if ("column" in spec) == ("levels" in spec):
            raise SettingsError(f"{where}: say which column it is")
        if "levels" not in spec:
            return {
                name: self._field(
                    name, kind, spec, where, texts_of(spec["column"], f"{where} column", least=1)
                )
            }
        if "separator" in spec:
            raise SettingsError(f"{where}: separator means nothing where levels have columns of their own")
        levels = texts_of(spec["levels"], f"{where} levels", least=1)
        # Each level is one text, whatever stands in it.
        return {
            f"{name}.{i}": self._field(name, Kind.TEXT, spec, where, (level,))
            for i, level in enumerate(levels, 1)
        }

    def _field(
        self, name: str, kind: Kind, spec: Mapping[str, Any], where: str, names: tuple[str, ...]
    ) -> Field:
        pattern = value_of(spec, "format", str, where, None)
        if pattern is not None and pattern not in UNIX:
            _check_pattern(pattern, where)
        if pattern in UNIX and "zone" in spec:
            raise SettingsError(f"{where}: zone means nothing for times that count from 1970 in UTC")
        return Field(
            names=names,
            kind=kind,
            required=name in self._form.always,
            pattern=pattern,
            zone=zone_of(spec, where) or zone_of(self._parts, where),
            states=self._states.get(kind, {}),
            decimal_id=value_of(spec, "decimal_id", bool, where, default=False),
            coded=name == "number" and self._form.repeats,
            lenient=self._form.lenient,
            none=texts_of(spec.get("none", ()), f"{where} none"),
            separator=value_of(spec, "separator", str, where, None),
            full_marks=self._full_marks if kind is Kind.SCORE else None,
        )


def _check_pattern(pattern: str, where: str) -> None:
    """Refuse a pattern that cannot tell a day."""
    try:
        again = datetime.strptime(_SOME_TIME.strftime(pattern), pattern)  # noqa: DTZ007 - only the day counts
    except (ValueError, re.error) as error:
        raise SettingsError(f"{where}: format {pattern!r}: {error}") from error
    if again.date() != _SOME_TIME.date():
        raise SettingsError(f"{where}: format {pattern!r} does not tell year, month and day")
