"""Contact values in the form that equal ones share, and whether they can tell people apart: on columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.analytics.hashing import hash_texts, hex_texts
from retailcrm.domain.identity import IdentityKind
from retailcrm.shop.forms import is_clear, one_form, tells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded


_WIDTH: Final = 18
KEYS: Final[Mapping[str, str]] = {IdentityKind.EMAIL: "e-", IdentityKind.PHONE: "p-"}
"""Kinds of keys whose customer ids are digests, and how these begin."""


@attrs.frozen(eq=False)
class Forms:
    """The distinct forms of one kind of contact value.

    Attributes:
        codes: Form of each row, -1 where there is none that tells people apart; ``int64``.
        values: The forms.
    """

    codes: NDArray[np.int64]
    values: Texts


def usable(column: Coded, kind: str) -> Forms:
    """Give each row's value in its normal form, without those that tell nobody apart.

    Args:
        column: Names, phones or e-mail addresses as told.
        kind: ``"name"``, ``"phone"`` or ``"email"``.

    Returns:
        What :func:`retailcrm.domain.identity.merge_evidence` would compare.

    Example:
        >>> from retailcrm.analytics.columns import Coded
        >>> forms = usable(Coded.of(["+86 138-0013-4821", "138****4821", None, "13800134821"]), "phone")
        >>> forms.codes.tolist(), forms.values.tolist()
        ([0, -1, -1, 0], ['13800134821'])
    """
    texts = one_form(kind, arrow.arrow_texts(column.values))
    fits = tells(texts) & is_clear(kind, texts)
    once = pc.if_else(pa.array(fits), texts, pa.scalar(None, pa.large_string())).dictionary_encode()
    form = once.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Forms(np.append(form, -1)[column.codes], arrow.texts(once.dictionary))


def joined_rows(
    left: tuple[NDArray[np.int64], NDArray[np.int64]], right: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Join two lists of (owner, value) by owner: each value of one with each of the other.

    Args:
        left: Owners and values.
        right: Owners and values.

    Returns:
        Owner, left value and right value of each pair.

    Example:
        >>> a, b = np.array([1, 1, 2]), np.array([7, 8, 9])
        >>> owner, x, y = joined_rows((a, b), (np.array([2, 1]), np.array([5, 6])))
        >>> list(zip(owner.tolist(), x.tolist(), y.tolist()))
        [(1, 7, 6), (1, 8, 6), (2, 9, 5)]
    """
    order = np.argsort(right[0], kind="stable")
    owners, values = right[0][order], right[1][order]
    first, last = (np.searchsorted(owners, left[0], side) for side in ("left", "right"))
    times = last - first
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return (
        np.repeat(left[0], times),
        np.repeat(left[1], times),
        values[np.repeat(first, times) + within],
    )


def keyed_rows(ids: Texts, kind: str) -> tuple[NDArray[np.int64], Any]:
    """Find the ids that look like digests of a kind of key: their positions, and the digests (Arrow)."""
    texts = arrow.arrow_texts(ids)
    looks = pc.match_substring_regex(texts, f"(^|:({kind}|contact):){KEYS[kind]}[0-9a-f]{{16}}$")
    at = np.flatnonzero(looks.to_numpy(zero_copy_only=False))
    return at, pc.utf8_slice_codeunits(texts.take(pa.array(at)), -_WIDTH)


def digests(values: Texts, kind: str) -> Texts:
    """Give the customer ids that keys of a kind get, without their platform."""
    front = np.tile(np.frombuffer(KEYS[kind].encode(), np.uint8), (len(values), 1))
    block = np.hstack([front, hex_texts(hash_texts(values))])
    return Texts(block.reshape(-1), np.arange(len(values) + 1, dtype=np.int64) * _WIDTH)


def digest_of(value: str, kind: str) -> str:
    """Give the customer id that one key gets, without its platform."""
    return str(digests(Texts.of([value]), kind)[0])
