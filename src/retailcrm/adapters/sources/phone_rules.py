"""Phone numbers read many at a time: the rules of ``phonenumbers`` where they leave no doubt.

What it does not take is not wrong: it is for :mod:`phonenumbers` itself to read, one by one.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

_USUAL: Final = r"^(?:\+ ?)?\(?[0-9][-0-9 ().]*[0-9]$"
"""Digits, and what people put between them: nothing here could be an extension or a second number."""

_FEWEST: Final = 5
_MOST: Final = 13
"""Digits of a number that is certain: with more it may be a lent one, 11 digits and an extension."""

_LONGEST_CODE: Final = 3
_KINDS: Final = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"),
    *("fixed_line", "mobile"),
)
_GROUP: Final = re.compile(r"(?<!\\)\((?!\?)")


@attrs.frozen
class _Form:
    """What some numbers look like: a pattern, and how many digits they may have (``()`` for any)."""

    pattern: str
    lengths: tuple[int, ...]

    def matches(self, numbers: Any) -> Flags:  # noqa: ANN401 - Arrow has no types
        return _matching(numbers, f"^(?:{self.pattern})$")

    def fits(self, numbers: Any) -> Flags:  # noqa: ANN401
        fitting = self.matches(numbers)
        if self.lengths:
            fitting &= np.isin(np.asarray(pc.binary_length(numbers)), self.lengths)
        return fitting


@attrs.frozen
class _Plan:
    """The numbers of a region.

    Attributes:
        code: Its country code.
        every: What all of its numbers look like.
        kinds: What its numbers in use look like: one of these.
        leading: How they begin, where several regions have one code and this tells.
        trunk: What is dialled before a number within the region, ``None`` for nothing.
        rewrites: That prefix is not only left out.
        abroad: What is dialled to reach another country.
    """

    code: str
    every: _Form
    kinds: tuple[_Form, ...]
    leading: str | None
    trunk: str | None
    rewrites: bool
    abroad: str | None

    @classmethod
    def of(cls, metadata: Any) -> _Plan:  # noqa: ANN401
        kinds: dict[tuple[int, ...], list[str]] = {}
        for name in _KINDS:
            found = getattr(metadata, name)
            if found is not None and found.national_number_pattern:
                kinds.setdefault(tuple(found.possible_length), []).append(found.national_number_pattern)
        every = metadata.general_desc
        return cls(
            code=str(metadata.country_code),
            every=_Form(every.national_number_pattern, tuple(every.possible_length)),
            kinds=tuple(_Form("|".join(patterns), lengths) for lengths, patterns in kinds.items()),
            leading=metadata.leading_digits,
            trunk=metadata.national_prefix_for_parsing or None,
            rewrites=bool(metadata.national_prefix_transform_rule),
            abroad=metadata.international_prefix,
        )

    def in_use(self, numbers: Any) -> Flags:  # noqa: ANN401
        """Say which national numbers are of a kind that the region has."""
        found = self.every.fits(numbers)
        return found & functools.reduce(np.logical_or, (kind.fits(numbers) for kind in self.kinds))

    def has_trunk(self, numbers: Any) -> Flags:  # noqa: ANN401
        """Say which numbers begin as if with the prefix of calls within the region."""
        return np.zeros(len(numbers), np.bool_) if self.trunk is None else _begin(numbers, self.trunk)


def certain_forms(texts: Any, region: str, rules: ModuleType) -> tuple[Any, Flags]:  # noqa: ANN401
    """Bring numbers that are written in a usual way into E.164 form.

    Args:
        texts: Arrow strings without nulls; shape ``(n,)``.
        region: Two-letter country of numbers without a country code.
        rules: The module ``phonenumbers``.

    Returns:
        Arrow strings, null for what is no valid number; and of which texts that is certain: the others
        must be read with more care. Both of shape ``(n,)``.

    Example:
        >>> import phonenumbers
        >>> texts = pa.array(["(650) 253-0000", "+8613800138000", "+1 650 123 0000", "650 253 0000 ext. 1"])
        >>> forms, certain = certain_forms(texts, "US", phonenumbers)
        >>> forms.to_pylist(), certain.tolist()
        (['+16502530000', '+8613800138000', None, None], [True, True, True, False])
    """
    digits = pc.replace_substring_regex(texts, "[^0-9]+", "")
    count = np.asarray(pc.binary_length(digits))
    certain = _matching(texts, _USUAL) & (count >= _FEWEST) & (count <= _MOST)
    from_abroad = np.asarray(pc.starts_with(texts, "+"))
    if region in rules.SUPPORTED_REGIONS:
        coded, sure = _from_home(digits, _plan(region, None, rules))
        coded = pc.if_else(pa.array(from_abroad), digits, coded)
        certain &= from_abroad | sure
    else:
        coded = digits
        certain &= from_abroad
    valid = np.zeros(len(texts), np.bool_)
    valid[certain], certain[certain] = _valid(coded.filter(pa.array(certain)), rules)
    return pc.if_else(pa.array(valid), pc.binary_join_element_wise("+", coded, ""), None), certain


def _from_home(digits: Any, home: _Plan) -> tuple[Any, Flags]:  # noqa: ANN401
    """Put the country code before numbers without one, and say where no other reading is possible."""
    begins = np.asarray(pc.starts_with(digits, home.code))
    rest = pc.utf8_slice_codeunits(digits, len(home.code))
    # A number that begins like the country code has it if it is none without.
    coded = begins & ~home.every.matches(digits) & home.every.matches(rest) & ~home.has_trunk(rest)
    bare, sure = _without_trunk(digits, home)
    sure = coded | (~begins & sure)
    if home.abroad:
        sure &= ~_begin(digits, home.abroad)
    return pc.if_else(pa.array(coded), digits, pc.binary_join_element_wise(home.code, bare, "")), sure


def _without_trunk(numbers: Any, home: _Plan) -> tuple[Any, Flags]:  # noqa: ANN401
    """Cut off what is dialled before numbers within the country, and say where that is right for certain."""
    prefixed = home.has_trunk(numbers)
    if not prefixed.any() or home.rewrites:
        return numbers, ~prefixed
    # Arrow wants every group to have a name.
    trunk = _GROUP.sub("(?:", home.trunk or "")
    parts = pc.extract_regex(numbers, f"^(?:{trunk})(?P<rest>[0-9]*)$")
    bare = pc.coalesce(pc.struct_field(parts, "rest"), numbers)
    return bare, ~prefixed | home.every.fits(bare)


def _valid(numbers: Any, rules: ModuleType) -> tuple[Flags, Flags]:  # noqa: ANN401
    """Say which numbers with their country codes are valid, and of which that is certain."""
    valid, certain = np.zeros((2, len(numbers)), np.bool_)
    begins = pc.utf8_slice_codeunits(numbers, 0, _LONGEST_CODE).dictionary_encode()
    codes = [_code(text, rules) for text in begins.dictionary.to_pylist()]
    of_row = np.asarray([0, *codes])[np.asarray(begins.indices) + 1]
    for code in sorted(set(codes) - {0}):
        rows = of_row == code
        national = pc.utf8_slice_codeunits(numbers.filter(pa.array(rows)), len(str(code)))
        # The prefix of calls within the country would be cut off a number from abroad as well.
        plain = ~_plan(rules.COUNTRY_CODE_TO_REGION_CODE[code][0], code, rules).has_trunk(national)
        valid[rows], certain[rows] = _in_use(national, code, rules) & plain, plain
    return valid, certain


def _code(text: str, rules: ModuleType) -> int:
    """Find the country code that a number begins with, 0 for none; no code begins with another."""
    known = rules.COUNTRY_CODE_TO_REGION_CODE
    return next((int(text[:n]) for n in range(1, len(text) + 1) if int(text[:n]) in known), 0)


def _in_use(numbers: Any, code: int, rules: ModuleType) -> Flags:  # noqa: ANN401
    """Say which national numbers are in use: the first region of the code that takes a number has it."""
    regions = rules.COUNTRY_CODE_TO_REGION_CODE[code]
    valid = np.zeros(len(numbers), np.bool_)
    free = np.ones(len(numbers), np.bool_)
    for region in regions:
        if not free.any():
            break
        plan, left = _plan(region, code, rules), numbers.filter(pa.array(free))
        good = plan.in_use(left)
        its = good if plan.leading is None or len(regions) == 1 else _begin(left, plan.leading)
        valid[free] = good & its
        free[free] = ~its
    return valid


def _plan(region: str, code: int | None, rules: ModuleType) -> _Plan:
    return _read_plan(region, code, rules.PhoneMetadata)


@functools.lru_cache(maxsize=512)
def _read_plan(region: str, code: int | None, metadata: Any) -> _Plan:  # noqa: ANN401
    if code is None:
        return _Plan.of(metadata.metadata_for_region(region, None))
    return _Plan.of(metadata.metadata_for_region_or_calling_code(code, region))


def _begin(numbers: Any, pattern: str) -> Flags:  # noqa: ANN401
    return _matching(numbers, f"^(?:{pattern})")


def _matching(numbers: Any, pattern: str) -> Flags:  # noqa: ANN401
    found: Flags = pc.match_substring_regex(numbers, pattern).to_numpy(zero_copy_only=False).astype(np.bool_)
    return found
