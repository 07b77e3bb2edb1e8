"""Phone numbers in one form: E.164 by the rules of each country, Chinese ones without their country code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.sources.phone_rules import certain_forms
from retailcrm.analytics.columns import Texts
from retailcrm.domain.identity import is_virtual_number, normalised
from retailcrm.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

_STARS: Final = ("*", "＊")
_MOBILE: Final = r"^(?:\+?86)?(1(?:[38][0-9]|[59][0-35-9]|66|7[0135-8])[0-9]{8})$"
"""Chinese mobiles as most files write them: a part of what the rules allow, so that nothing is guessed."""

_SECOND_AND_THIRD: Final = np.array([re.match(_MOBILE, f"1{i:02}00000000") is not None for i in range(100)])
_BARE_LENGTH: Final = 11
_CHINA: Final = "+86"


def phone_texts(values: Any, region: str) -> tuple[Any, NDArray[np.bool_]]:  # noqa: ANN401 - Arrow has no types
    """Bring phone numbers into the form that equal numbers share.

    Masked numbers and those with an extension, as platforms lend them, stay as they are: they are
    nobody's own, and no mistake. What is no number of any country stays as it is too, and is marked.

    Args:
        values: Arrow strings, null for none; shape ``(n,)``.
        region: Two-letter country (ISO 3166) of numbers without a country code.

    Returns:
        The texts, Arrow strings: E.164 (``+16502530000``), Chinese ones without ``+86``; and which are
        no valid numbers, shape ``(n,)``.

    Raises:
        MissingExtraError: ``phonenumbers`` is not installed, and a number needs it.

    Example:
        >>> texts, bad = phone_texts(pa.array(["+86 138-0013-8000", "138****8000", "12", None]), "CN")
        >>> texts.to_pylist(), bad.tolist()
        (['13800138000', '138****8000', '12', None], [False, False, True, False])

    References:
        ITU-T E.164 (2010); the rules of each country are those of Google's libphonenumber.
    """
    texts = values.cast(pa.string())
    plain = texts.is_null() if region != "CN" else _mobiles(texts)
    if pc.all(plain).as_py() is not False:
        return _without_country(texts) if region == "CN" else texts, np.zeros(len(texts), np.bool_)
    found, bad = _parsed(texts.filter(pc.invert(plain)), region)
    rest = ~np.asarray(plain)
    marks = np.zeros(len(texts), np.bool_)
    marks[rest] = bad
    quick = _without_country(texts, plain) if region == "CN" else texts
    return pc.replace_with_mask(quick, pa.array(rest), found), marks


def quick_phones(raw: Any, region: str) -> tuple[Texts, NDArray[np.bool_]] | None:  # noqa: ANN401
    """Take a column in which every cell is empty or a plain Chinese mobile; ``None`` if one is not.

    Returns:
        The texts, ``""`` for none, and which cells are empty.
    """
    content, ends = arrow.content(raw)
    told = np.diff(ends) > 0
    if (
        region != "CN"
        or raw.null_count
        or not told.any()
        or len(content) != _BARE_LENGTH * np.count_nonzero(told)
    ):
        return None
    if (np.diff(ends)[told] != _BARE_LENGTH).any() or not _are_mobiles(content.reshape(-1, _BARE_LENGTH)):
        return None
    return Texts(content, ends.astype(np.int64)), ~told


def _are_mobiles(digits: NDArray[np.uint8]) -> bool:
    """Say whether all numbers, a row each, are mobiles."""
    if digits.min() < ord("0") or digits.max() > ord("9") or (digits[:, 0] != ord("1")).any():
        return False
    second = (digits[:, 1] - ord("0")).astype(np.intp) * 10 + (digits[:, 2] - ord("0"))
    return bool(_SECOND_AND_THIRD[second].all())


def _mobiles(texts: Any) -> Any:  # noqa: ANN401
    """Say which texts are plain Chinese mobiles, or none."""
    return pc.or_kleene(texts.is_null(), pc.match_substring_regex(texts, _MOBILE)).fill_null(True)


def _without_country(texts: Any, plain: Any = None) -> Any:  # noqa: ANN401
    """Cut the country code off plain mobiles: their last eleven digits are left."""
    long = pc.greater(pc.binary_length(texts), _BARE_LENGTH)
    long = long if plain is None else pc.and_(long, plain)
    if not pc.any(long).as_py():
        return texts
    return pc.if_else(long.fill_null(False), pc.utf8_slice_codeunits(texts, -_BARE_LENGTH), texts)


def _parsed(texts: Any, region: str) -> tuple[Any, NDArray[np.bool_]]:  # noqa: ANN401
    """Read each distinct text by the rules of its country."""
    rules = _rules()
    once = texts.dictionary_encode()
    distinct = once.dictionary
    quick, certain = certain_forms(distinct, region, rules)
    # What is certain and has no form is no number, and stays as it is.
    forms = pc.coalesce(_without_code(quick), distinct)
    bad = np.append(np.asarray(quick.is_null()), False)
    slow = ~certain
    read = [_canonical(text, region, rules) for text in distinct.filter(pa.array(slow)).to_pylist()]
    forms = pc.replace_with_mask(forms, pa.array(slow), pa.array([form for form, _ in read], pa.string()))
    bad[:-1][slow] = [wrong for _, wrong in read]
    codes = once.indices.fill_null(len(forms)).to_numpy(zero_copy_only=False)
    return pc.take(forms, once.indices), bad[codes]


def _without_code(forms: Any) -> Any:  # noqa: ANN401
    """Cut the code off Chinese numbers in E.164 form, as equal numbers are stored."""
    chinese = pc.starts_with(forms, _CHINA)
    return pc.if_else(chinese, pc.utf8_slice_codeunits(forms, len(_CHINA)), forms)


def _canonical(text: str, region: str, rules: ModuleType) -> tuple[str, bool]:
    """Read one number; give it back as it is if it is none, with whether that is a mistake."""
    if any(star in text for star in _STARS) or is_virtual_number(text):
        return text, False
    try:
        number = rules.parse(text, region)
    except rules.NumberParseException:
        return text, True
    if not rules.is_valid_number(number):
        return text, True
    if number.extension:
        return text, False
    return normalised("phone", rules.format_number(number, rules.PhoneNumberFormat.E164)), False


def _rules() -> ModuleType:
    try:
        import phonenumbers  # noqa: PLC0415 - its tables are large, and plain mobiles do without
    except ImportError as error:
        raise MissingExtraError("reading phone numbers", extra="shop") from error
    return phonenumbers
