"""Order numbers for records that have none: a digest of the content, and a count of identical ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.hashing import hash_texts, hex_texts, mix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

_DIGEST, _ORDINAL = 16, 8
_WIDTH: Final = _DIGEST + 1 + _ORDINAL
_ABSENT: Final = np.uint64(1)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


@attrs.define(eq=False)
class SyntheticKeys:
    """Numbers the records of one file.

    The same records give the same numbers again, so that a second import changes nothing. Records that
    are equal in every field are told apart by how many of them came before.

    Attributes:
        names: Fields that go into the digest; their sequence does not matter.
    """

    names: tuple[str, ...] = attrs.field(converter=_sorted)
    _seen: list[NDArray[np.uint64]] = attrs.field(factory=list, init=False)

    def of(self, columns: Mapping[str, Any], rows: int) -> Texts:
        """Give the next records their numbers.

        Args:
            columns: Values by field name, each of the same length.
            rows: How many records there are.

        Returns:
            16 hexadecimal digits, a dash, 8 more; shape ``(rows,)``.
        """
        digest = self._digest(columns, rows)
        chars = np.full((rows, _WIDTH), ord("-"), np.uint8)
        chars[:, :_DIGEST] = hex_texts(digest)
        chars[:, _DIGEST + 1 :] = hex_texts(self._ordinals(digest).astype(np.uint64), _ORDINAL)
        return Texts(chars.reshape(-1), np.arange(rows + 1, dtype=np.int64) * _WIDTH)

    def _digest(self, columns: Mapping[str, Any], rows: int) -> NDArray[np.uint64]:
        digest = np.zeros(rows, np.uint64)
        for name in self.names:
            column = columns[name]
            if isinstance(column, Coded):
                part = np.append(hash_texts(column.values), _ABSENT)[column.codes]
            elif isinstance(column, Texts):
                part = hash_texts(column)
            else:
                part = mix(column.astype(np.int64).view(np.uint64))
            digest = mix(digest * np.uint64(31) + part)
        return digest

    def _ordinals(self, digest: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Count, for each record, the identical ones before it in the file, itself included."""
        order = np.argsort(digest, kind="stable")
        ranked = digest[order]
        begins = np.ones(len(ranked), np.bool_)
        begins[1:] = ranked[1:] != ranked[:-1]
        starts = np.flatnonzero(begins)
        lengths = np.diff(np.append(starts, len(ranked)))
        within = np.arange(len(ranked)) - np.repeat(starts, lengths) + 1
        before = np.zeros(len(ranked), np.int64)
        for seen in self._seen:
            before += np.searchsorted(seen, ranked, "right") - np.searchsorted(seen, ranked, "left")
        ordinal = np.empty(len(digest), np.int64)
        ordinal[order] = within + before
        self._remember(ranked)
        return ordinal

    def _remember(self, ranked: NDArray[np.uint64]) -> None:
        """Keep the digests in sorted runs, joining those of like size: few runs, each sorted seldom."""
        self._seen.append(ranked)
        while len(self._seen) > 1 and len(self._seen[-2]) < 2 * len(self._seen[-1]):
            last, one_before = self._seen.pop(), self._seen.pop()
            self._seen.append(np.sort(np.concatenate([one_before, last]), kind="stable"))
