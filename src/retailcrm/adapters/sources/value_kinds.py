"""Cells about people, products, reviews and parcels: each kind read, and what cannot be read marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.birthdays import birthdays
from retailcrm.adapters.sources.cleaning import BLANKS
from retailcrm.adapters.sources.cleaning_values import percent_score
from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.phones import phone_texts
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Read = tuple[Any, "NDArray[np.bool_]"]

_EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_NOT_KNOWN: Final = np.iinfo(np.int8).min
_LEVEL, _LIKE_LEVEL = "/", "／"

MESSAGES: Final = {
    Kind.PHONE: "not a valid telephone number; kept as it is",
    Kind.EMAIL: "not an e-mail address; kept as it is",
    Kind.BIRTHDAY: "not a birthday that can be read; left out",
    Kind.GENDER: "a gender that is not known; left out",
    Kind.ANSWER: "neither yes nor no; left out",
    Kind.EVENT: "an event of a parcel that is not known",
    Kind.SCORE: "a score that is not known; left out",
}
"""What is said of a cell that cannot be read."""

WARNED: Final = frozenset(MESSAGES) - {Kind.EVENT}
"""Kinds that never lose a record: what cannot be read is kept, or left out."""

HIDDEN: Final = frozenset({Kind.PHONE, Kind.EMAIL, Kind.BIRTHDAY})
"""Kinds whose texts are somebody's: no problem repeats them."""


def read_value(field: Field, texts: Any, region: str) -> Read:  # noqa: ANN401 - Arrow has no types
    """Read a clean column of one of these kinds.

    Args:
        field: What it is.
        texts: Arrow strings, or a dictionary of them; null for none.
        region: Country of telephone numbers without a country code.

    Returns:
        The column as a batch has it, and which texts could not be read.
    """
    return _READERS[field.kind](field, texts, region)


def _phones(_: Field, texts: Any, region: str) -> Read:  # noqa: ANN401
    found, bad = phone_texts(_plain(texts), region)
    return arrow.texts(found), bad


def quick_emails(raw: Any) -> Read | None:  # noqa: ANN401
    """Take a column in which every cell is empty or a plain address in small letters; ``None`` if one is not.

    Returns:
        The texts, ``""`` for none, and which cells are empty.
    """
    content, ends = arrow.content(raw)
    if raw.null_count or not len(content) or content.min() < ord("+") or content.max() > ord("z"):
        return None
    if ((content - ord("A")) <= ord("Z") - ord("A")).any() or not _are_addresses(content, ends):
        return None
    return Texts(content, ends.astype(np.int64)), ends[1:] == ends[:-1]


def _are_addresses(content: NDArray[np.uint8], ends: NDArray[np.int32]) -> bool:
    """Say whether every cell that is not empty has one ``@``, and a dot behind it with text on all sides."""
    told = ends[1:] > ends[:-1]
    begins, stops = (ends, ends[1:]) if told.all() else (ends[:-1][told], ends[1:][told])
    at, dots = np.flatnonzero(content == ord("@")), np.flatnonzero(content == ord("."))
    if len(at) != len(stops) or not len(dots):
        return False
    single = len(dots) == len(at) and bool(((at < dots) & (dots < stops)).all())
    # Where no dot stands before the end of a cell, this takes the last of all: it is not in that cell.
    last = dots if single else dots[np.searchsorted(dots, stops) - 1]
    return bool(((at > begins[: len(at)]) & (at < stops) & (at + 1 < last) & (last < stops - 1)).all())


def _emails(_: Field, texts: Any, __: str) -> Read:  # noqa: ANN401
    small = pc.utf8_lower(_plain(texts))
    # A masked address is hidden, not wrong.
    good = pc.or_(pc.match_substring_regex(small, _EMAIL), pc.match_substring(small, "*"))
    return arrow.texts(small), ~np.asarray(good.fill_null(True))


def _birthdays(_: Field, texts: Any, __: str) -> Read:  # noqa: ANN401
    return birthdays(_plain(texts))


def _codes(field: Field, texts: Any, _: str) -> Read:  # noqa: ANN401
    """Look words up; what is not in the table is marked, and becomes -1."""
    once = _coded(texts)
    found = [field.states.get(header_name(text), _NOT_KNOWN) for text in once.dictionary.to_pylist()]
    looked_up = np.asarray([*found, -1], np.int8)[_positions(once)]
    bad = looked_up == _NOT_KNOWN
    looked_up[bad] = -1
    return looked_up, bad


def _scores(field: Field, texts: Any, _: str) -> Read:  # noqa: ANN401
    once = _coded(texts)
    found, refused = [], []
    for text in once.dictionary.to_pylist():
        try:
            score = field.states.get(header_name(text))
            found.append(percent_score(text, field.full_marks) if score is None else score)
            refused.append(False)
        except InputError:
            found.append(MISSING)
            refused.append(True)
    rows = _positions(once)
    return np.asarray([*found, MISSING], np.int64)[rows], np.asarray([*refused, False])[rows]


def _paths(field: Field, texts: Any, _: str) -> Read:  # noqa: ANN401
    separator = field.separator or _LEVEL
    return _respelt(texts, lambda text: category_path(text.split(separator)))


def _tags(field: Field, texts: Any, _: str) -> Read:  # noqa: ANN401
    separator = field.separator or ","

    def joined(text: str) -> str:
        # Full-width commas are what Chinese keyboards write; in a batch commas part the tags.
        plain = text if field.separator else text.replace("，", ",")
        tags = (tag.replace(",", "，").strip(BLANKS) for tag in plain.split(separator))
        return ",".join(dict.fromkeys(filter(None, tags)))

    return _respelt(texts, joined)


def category_path(levels: list[str]) -> str:
    """Join the levels of a category from the top down; empty ones are left out.

    Example:
        >>> category_path(["女装", " 连衣裙 ", "", "春/夏"])
        '女装/连衣裙/春／夏'
    """
    plain = (level.strip(BLANKS).replace(_LEVEL, _LIKE_LEVEL) for level in levels)
    return _LEVEL.join(filter(None, plain))


def joined_levels(levels: list[Coded]) -> Coded:
    """Join columns that each hold one level of a category, the top one first."""
    rows = np.stack([level.codes for level in levels])
    found, which = np.unique(rows, axis=1, return_inverse=True)
    texts = [[*level.values.tolist(), ""] for level in levels]
    paths = [category_path([t[code] for t, code in zip(texts, one, strict=True)]) for one in found.T.tolist()]
    once = Coded.of(path or None for path in paths)
    return Coded(once.codes[which.reshape(-1)], once.values)


def _respelt(texts: Any, spell: Callable[[str], str]) -> Read:  # noqa: ANN401
    """Write each distinct text in another way; an empty one is none."""
    once = _coded(texts)
    spelt = Coded.of(spell(text) or None for text in once.dictionary.to_pylist())
    codes = np.append(spelt.codes, np.int32(-1))[_positions(once)]
    return Coded(codes, spelt.values), np.zeros(len(codes), np.bool_)


def _plain(texts: Any) -> Any:  # noqa: ANN401
    return texts.cast(texts.type.value_type) if pa.types.is_dictionary(texts.type) else texts


def _coded(texts: Any) -> Any:  # noqa: ANN401
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()


def _positions(once: Any) -> NDArray[np.intp]:  # noqa: ANN401
    """Give each row's place among the distinct texts, the one behind the last for none."""
    places: NDArray[np.intp] = once.indices.fill_null(len(once.dictionary)).to_numpy(zero_copy_only=False)
    return places


_READERS: Final[dict[Kind, Callable[[Field, Any, str], Read]]] = {
    Kind.PHONE: _phones,
    Kind.EMAIL: _emails,
    Kind.BIRTHDAY: _birthdays,
    Kind.GENDER: _codes,
    Kind.ANSWER: _codes,
    Kind.EVENT: _codes,
    Kind.SCORE: _scores,
    Kind.PATH: _paths,
    Kind.TAGS: _tags,
}
READ: Final = frozenset(_READERS)
"""The kinds that :func:`read_value` reads."""
