"""Names, phones, addresses and e-mails of many people at once: one form, and what is hidden in it.

The columnar twin of :func:`retailcrm.domain.identity.normalised` and
:func:`~retailcrm.domain.identity.strength_of`: texts in the usual form are told by their bytes, only the
others are judged one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.domain.identity import IdentityKind, Strength, normalised, strength_of
from retailcrm.domain.identity.values import MAX_LENGTH, is_blank

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

_LONGEST_BLANK: Final = 4
_BLANK, _APOSTROPHE, _NON_ASCII = 0x20, 0x27, 0x80
_LATIN_BLANK: Final = 0xC2
_OTHER_BLANKS: Final = (0xE1, 0xE2, 0xE3)
"""First bytes of the blanks that are no ASCII (and of some letters)."""

_COUNTRY: Final = r"^(?:(?:\+|00)86|86(1[0-9]{10})$)"
_EMAIL: Final = r"^[^@\s*]+@[^@\s*]+$"
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def one_form(kind: str, texts: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Write texts in the one form that equal values share.

    Args:
        kind: See :class:`~retailcrm.domain.identity.IdentityKind`.
        texts: Arrow strings; nulls stay.

    Returns:
        Arrow large strings.
    """
    texts = texts.cast(pa.large_string())
    if kind == IdentityKind.CONTACT:
        return _contacts(texts)
    if kind == IdentityKind.PHONE:
        texts, odd = _short_phones(texts)
    elif kind == IdentityKind.EMAIL:
        plain = pc.fill_null(pc.string_is_ascii(texts), fill_value=True)
        texts = pc.if_else(plain, pc.ascii_lower(texts), texts)
        odd = _edged(texts) | ~np.asarray(plain)
    else:
        odd = _edged(texts)
    return _each(texts, odd, lambda text: normalised(kind, text))


def _contacts(texts: Any) -> Any:  # noqa: ANN401
    """Write e-mail addresses and phones of one column each in its own form."""
    email = pc.or_(pc.match_substring(texts, "@"), pc.match_substring(texts, "＠")).fill_null(False)
    for kind, mask in ((IdentityKind.EMAIL, email), (IdentityKind.PHONE, pc.invert(email))):
        if pc.any(mask).as_py():
            texts = pc.replace_with_mask(texts, mask, one_form(kind, texts.filter(mask)))
    return texts


def is_clear(kind: str, texts: Any) -> Flags:  # noqa: ANN401
    """Say which texts a platform has hidden no part of, as the classes of personal texts do.

    Args:
        kind: Of a name or address, e-mail or phone.
        texts: Arrow large strings in their one form; null is not clear.
    """
    if kind not in (IdentityKind.PHONE, IdentityKind.EMAIL):
        starred = pc.or_(pc.match_substring(texts, "*"), pc.match_substring(texts, "＊"))
        return ~np.asarray(pc.fill_null(starred, fill_value=True))
    if kind == IdentityKind.PHONE:
        usual = _usual_phones(texts)
    else:
        usual = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _EMAIL), fill_value=False))
        usual &= (_lengths(texts) <= MAX_LENGTH) & ~_edged(texts)
        # Arrow takes only the blanks of ASCII for blanks.
        usual &= np.asarray(pc.fill_null(pc.string_is_ascii(texts), fill_value=False))
    clear = usual.copy()
    for i in np.flatnonzero(~usual & np.asarray(texts.is_valid())).tolist():
        clear[i] = strength_of(kind, texts[i].as_py()) is not Strength.NONE
    return clear


def tells(texts: Any, *, stripped: bool = False) -> Flags:  # noqa: ANN401
    """Say which texts tell something: neither null nor blank, ``-`` or ``null``.

    Args:
        texts: Arrow large strings.
        stripped: No text begins or ends with a blank.
    """
    lengths = _lengths(texts)
    told: Flags = lengths > 0
    unsure = told & (lengths <= _LONGEST_BLANK)
    rows = np.flatnonzero(unsure if stripped else unsure | _edged(texts))
    if len(rows):
        unsure = texts.take(pa.array(rows)).dictionary_encode()
        says = np.asarray([not is_blank(text) for text in unsure.dictionary.to_pylist()])
        told[rows] = says[unsure.indices.to_numpy()]
    return told


def _lengths(texts: Any) -> NDArray[np.int64]:  # noqa: ANN401
    return np.diff(arrow.texts(texts).offsets)


def _edged(texts: Any) -> Flags:  # noqa: ANN401
    """Mark texts that may begin or end with a blank, or begin with an apostrophe."""
    packed = arrow.texts(texts)
    if not len(packed.data):
        return np.zeros(len(packed), np.bool_)
    start, end = packed.offsets[:-1], packed.offsets[1:]
    data, last = packed.data, len(packed.data) - 1
    first = data[np.minimum(start, last)]
    begins = (first <= _BLANK) | (first == _APOSTROPHE) | (first == _LATIN_BLANK)
    begins |= np.isin(first, _OTHER_BLANKS)
    tail = [data[np.maximum(end - back, 0)] for back in (1, 2, 3)]
    wide = (tail[1] == _LATIN_BLANK) | np.isin(tail[2], _OTHER_BLANKS)
    ends = (tail[0] <= _BLANK) | ((tail[0] >= _NON_ASCII) & wide)
    edged: Flags = (end > start) & (begins | ends)
    return edged


def _digits(texts: Any) -> Any:  # noqa: ANN401
    """Mark texts of digits alone, a plus sign before them allowed; null is one."""
    return pc.fill_null(pc.ascii_is_decimal(pc.ascii_ltrim(texts, "+")), fill_value=True)


def _short_phones(texts: Any) -> tuple[Any, Flags]:  # noqa: ANN401
    """Cut the country code off numbers of digits alone; mark the others."""
    digits = pc.and_(_digits(texts), pc.less_equal(pc.binary_length(texts).fill_null(0), MAX_LENGTH))
    long = pc.and_(digits, pc.fill_null(_has_country(texts), fill_value=False))
    if pc.any(long).as_py():
        cut = pc.replace_substring_regex(texts.filter(long), _COUNTRY, r"\1")
        texts = pc.replace_with_mask(texts, long, cut)
    return texts, ~np.asarray(digits)


def _has_country(texts: Any) -> Any:  # noqa: ANN401
    begins = [pc.starts_with(texts, front) for front in ("+86", "0086", "86")]
    return pc.or_(pc.or_(begins[0], begins[1]), begins[2])


def _usual_phones(texts: Any) -> Flags:  # noqa: ANN401
    """Mark numbers of seven to fifteen digits that are sure not to be all the same."""
    packed = arrow.texts(texts)
    plus = np.asarray(pc.fill_null(pc.starts_with(texts, "+"), fill_value=False)).astype(np.int64)
    length = np.diff(packed.offsets) - plus
    fits: Flags = (length >= _FEWEST_DIGITS) & (length <= _MOST_DIGITS) & np.asarray(_digits(texts))
    fits &= ~np.asarray(pc.fill_null(_has_country(texts), fill_value=True))
    if not fits.any():
        return fits
    start, end = (packed.offsets[:-1] + plus)[fits], packed.offsets[1:][fits]
    first, second, last = (packed.data[place] for place in (start, start + 1, end - 1))
    fits[fits] = (first != ord("+")) & ((first != last) | (first != second))
    return fits


def _each(texts: Any, odd: Flags, form: Callable[[str], str]) -> Any:  # noqa: ANN401
    """Bring the odd texts into their form one by one."""
    odd = odd & np.asarray(texts.is_valid())
    if not odd.any():
        return texts
    mask = pa.array(odd)
    formed = pa.array([form(text) for text in texts.filter(mask).to_pylist()], pa.large_string())
    return pc.replace_with_mask(texts, mask, formed)


def combined(column: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    """Give a text column as one array of plain large strings."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.large_string())
    joined = column.cast(pa.large_string()).combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)
