"""Texts of many rows at once: documents filled in column by column, and the digests of rows.

A document's shape is not written down again here: one document is made of a value whose fields are marks, and
is cut at them. So a column of documents is what writing each value would give.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints

Column = Any
"""An Arrow array of texts, or one text that stands in every row."""

_KIND: Final = pa.large_string()
_NOTHING: Final = pa.scalar("", _KIND)
_PROOF: Final = 16
_ESCAPED: Final = r'["\\\x00-\x1f]'
"""What JSON writes otherwise than it is."""

_PLAIN: Final = r"^[ !#-&(-\[\]-~\x{c0}-\x{24f}\x{3041}-\x{3096}\x{30a1}-\x{30fa}\x{4e00}-\x{9fef}]*$"
"""Texts that Python writes between single quotes just as they are, in JSON too."""


def text(value: str) -> Column:
    """Give one text for every row."""
    return pa.scalar(value, _KIND)


def joined(pieces: Sequence[Column]) -> Column:
    """Put columns of texts together, row by row."""
    return pc.binary_join_element_wise(*pieces, _NOTHING) if len(pieces) > 1 else pieces[0]


def whole_texts(values: Ints) -> Column:
    """Write whole numbers."""
    return pa.array(values).cast(_KIND)


def moment_texts(values: Instants) -> Column:
    """Write moments as JSON, as :func:`retailcrm.domain.points.documents.moment_text` does; NaT is null.

    Example:
        >>> moment_texts(np.array(["2024-01-01T08:00", "NaT"], "datetime64[us]")).to_pylist()
        ['"2024-01-01T08:00:00.000000+00:00"', 'null']
    """
    plain = pc.replace_substring(pa.array(values, from_pandas=True).cast(_KIND), " ", "T")
    written = joined([text('"'), plain, text('+00:00"')])
    return written.fill_null("null") if written.null_count else written


def micro_texts(values: Instants) -> Column:
    """Write moments as microseconds since 1970; NaT is null.

    Example:
        >>> micro_texts(np.array(["1970-01-01T00:00:01", "NaT"], "datetime64[us]")).to_pylist()
        ['1000000', 'null']
    """
    written = pa.array(values.view(np.int64)).cast(_KIND)
    nothing = np.isnat(values)
    return pc.if_else(pa.array(nothing), text("null"), written) if nothing.any() else written


def json_texts(values: Column) -> Column:
    r"""Write texts as JSON.

    Example:
        >>> json_texts(pa.array(['a"b', "小明"], pa.large_string())).to_pylist()
        ['"a\\"b"', '"小明"']
    """
    if pc.any(pc.match_substring_regex(values, _ESCAPED)).as_py():
        return pa.array([json.dumps(one, ensure_ascii=False) for one in values.to_pylist()], _KIND)
    return joined([text('"'), values, text('"')])


def list_texts(values: Ints, start: Ints) -> Column:
    """Write lists of whole numbers as JSON.

    Args:
        values: All of them.
        start: Where each list begins; one entry more for the last end.
    """
    return joined([text("["), _commas(whole_texts(values), start), text("]")])


def listed(documents: Column, start: Ints) -> Column:
    """Write lists of documents as JSON; see :func:`list_texts`."""
    return joined([text("["), _commas(documents, start), text("]")])


def _commas(texts: Column, start: Ints) -> Column:
    lists = pa.LargeListArray.from_arrays(pa.array(start), texts)
    return pc.binary_join(lists, text(",")).cast(_KIND)


@attrs.frozen
class Shape:
    """A document cut at its marks.

    Attributes:
        pieces: Texts that stand in every document, and names of columns between them: name at odd places.
    """

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, document: str, marks: Mapping[str, str]) -> Shape:
        """Cut a document.

        Args:
            document: Of a value made of marks.
            marks: What stands there for each column; all of them are there.

        Raises:
            ValueError: A mark is not there: the document's format has changed.
        """
        by_mark = {mark: name for name, mark in marks.items()}
        longest = sorted(by_mark, key=len, reverse=True)
        pieces = re.split("(" + "|".join(map(re.escape, longest)) + ")", document)
        pieces[1::2] = [by_mark[one] for one in pieces[1::2]]
        missing = set(marks) - set(pieces[1::2])
        if missing:
            raise ValueError(f"the document has no {', '.join(sorted(missing))}")
        return cls(tuple(pieces))

    def laid_out(self, columns: Mapping[str, Column | list[Column]]) -> list[Column]:
        """Give the columns and what stands between them; a column may be laid out itself."""
        found: list[Column] = []
        for place, one in enumerate(self.pieces):
            if place % 2:
                column = columns[one]
                found += column if isinstance(column, list) else [column]
            elif one:
                found.append(text(one))
        return found

    def filled(self, columns: Mapping[str, Column | list[Column]]) -> Column:
        """Write the documents."""
        return joined(self.laid_out(columns))

    def around(self, names: Collection[str]) -> tuple[tuple[Shape, ...], tuple[str, ...]]:
        """Cut at some columns only: give what stands between them, and the columns in their order."""
        between: list[list[str]] = [[]]
        order = []
        for place, one in enumerate(self.pieces):
            if place % 2 and one in names:
                order.append(one)
                between.append([])
            else:
                between[-1].append(one)
        return tuple(Shape(tuple(part)) for part in between), tuple(order)


def literal(values: Column) -> Column:
    """Write plain texts as Python does; see :func:`is_plain`."""
    return joined([text("'"), values, text("'")])


def is_plain(values: Column) -> NDArray[np.bool_]:
    """Tell which texts Python writes between single quotes as they are."""
    return np.array(pc.match_substring_regex(values, _PLAIN))


def digests(texts: Column) -> list[str]:
    """Give the first digits of each text's SHA-256."""
    sha = hashlib.sha256
    column = arrow.texts(texts)
    data = memoryview(np.ascontiguousarray(column.data).data)
    return [sha(data[a:b]).hexdigest()[:_PROOF] for a, b in pairwise(column.offsets.tolist())]


def python_texts(texts: Column) -> list[str]:
    """Give a column as Python's texts."""
    found: list[str] = texts.to_numpy(zero_copy_only=False).tolist()
    return found
