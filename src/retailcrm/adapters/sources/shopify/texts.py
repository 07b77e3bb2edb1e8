"""Texts of several columns made into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESS: Final = ("address1", "address2", "city", "province", "zip", "country")


def first_told(first: Texts, second: Texts) -> Texts:
    """Take the first text of each row, the second where that is empty.

    Example:
        >>> first_told(Texts.of(["a", ""]), Texts.of(["b", "c"])).tolist()
        ['a', 'c']
    """
    one, other = arrow.arrow_texts(first), arrow.arrow_texts(second)
    empty = pc.equal(pc.binary_length(one), 0)
    return arrow.texts(pc.if_else(empty, other, one)) if pc.any(empty).as_py() else first


def first_coded(first: Coded, second: Coded) -> Coded:
    """Take the first text of each row, the second where there is none.

    Example:
        >>> first_coded(Coded.of(["a", None]), Coded.of(["b", "c"])).tolist()
        ['a', 'c']
    """
    both = Coded.of([*first.values, *second.values])
    place = np.where(first.codes >= 0, first.codes, second.codes + len(first.values))
    none = (first.codes < 0) & (second.codes < 0)
    return Coded(np.where(none, -1, np.append(both.codes, np.int32(-1))[place]).astype(np.int32), both.values)


def joined(parts: list[Texts | Coded], separator: str) -> Texts:
    """Join what each row tells; empty texts are left out.

    Example:
        >>> joined([Texts.of(["1 High St", ""]), Coded.of(["Leeds", "York"])], ", ").tolist()
        ['1 High St, Leeds', 'York']
    """
    nothing, between = (pa.scalar(text, pa.large_string()) for text in ("", separator))
    whole = _plain(parts[0])
    for part in map(_plain, parts[1:]):
        # Arrow's own way to skip what is missing loses rows in which everything is.
        both = pc.and_(_any_text(whole), _any_text(part))
        whole = pc.binary_join_element_wise(whole, part, pc.if_else(both, between, nothing))
    return arrow.texts(whole)


def address_of(values: Mapping[str, Any]) -> Texts | None:
    """Write an address in one line; a place without a street is no address and has columns of its own.

    Args:
        values: Columns by field name.

    Returns:
        One text a row, ``""`` where there is no street; ``None`` if the file has no such column.
    """
    if "address1" not in values:
        return None
    street = _any_text(arrow.arrow_texts(values["address1"]))
    line = joined([values[name] for name in _ADDRESS if name in values], ", ")
    return arrow.texts(pc.if_else(street, arrow.arrow_texts(line), pa.scalar("", pa.large_string())))


def _plain(part: Texts | Coded) -> Any:  # noqa: ANN401 - Arrow has no types
    if isinstance(part, Texts):
        return arrow.arrow_texts(part)
    return arrow.arrow_coded(part).cast(pa.large_string()).fill_null("")


def _any_text(column: Any) -> Any:  # noqa: ANN401
    return pc.greater(pc.binary_length(column), 0)
