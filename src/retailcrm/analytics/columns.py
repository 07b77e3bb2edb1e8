"""Columns of text and of amounts, without a Python object for each row.

Missing values: ``-1`` in codes, :data:`MISSING` in whole-number columns, ``NaT`` in instants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISSING: Final = int(np.iinfo(np.int64).min)
"""Stands for "no value" in ``int64`` columns of amounts and counts."""

INSTANT: Final = np.dtype("datetime64[us]")
"""Instants are UTC, to the microsecond."""

NO_INSTANT: Final = np.datetime64("NaT", "us")


@attrs.frozen(eq=False)
class Texts(Sequence[str]):
    """Many short texts in one block of UTF-8 bytes (the Apache Arrow large-string layout).

    Attributes:
        data: The bytes of all texts, one after the other; ``uint8``, shape ``(n_bytes,)``.
        offsets: Text ``i`` is ``data[offsets[i]:offsets[i + 1]]``; ``int64``, shape ``(n + 1,)``.

    Example:
        >>> names = Texts.of(["小明", "", "Ann"])
        >>> len(names), names[0], names.take(np.array([2, 0])).tolist()
        (3, '小明', ['Ann', '小明'])
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Pack Python strings."""
        raw = [text.encode() for text in texts]
        offsets = np.zeros(len(raw) + 1, np.int64)
        np.cumsum([len(r) for r in raw], out=offsets[1:])
        return cls(np.frombuffer(b"".join(raw), np.uint8), offsets)

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.offsets) - 1

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - one text or a slice; see `take` for many
        """Unpack one text, or pick a slice of them."""
        i = range(len(self))[index]
        if isinstance(i, range):
            return self.take(np.asarray(i, np.int64))
        return self.data[self.offsets[i] : self.offsets[i + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        """Unpack one text after the other."""
        return iter(self.tolist())

    def tolist(self) -> list[str]:
        """Unpack into Python strings."""
        raw = self.data.tobytes()
        return [raw[a:b].decode() for a, b in pairwise(self.offsets.tolist())]

    def take(self, indices: NDArray[np.integer[Any]]) -> Texts:
        """Pick texts by position, in that order, repeats allowed."""
        lengths = np.diff(self.offsets)[indices]
        offsets = np.zeros(len(indices) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        # Byte j of the result comes from: start of its text + its place within that text.
        where = np.repeat(self.offsets[:-1][indices] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Texts(self.data[where], offsets)

    @classmethod
    def concat(cls, parts: Sequence[Texts]) -> Texts:
        """Join blocks one after the other."""
        shifts = np.cumsum([0, *(p.offsets[-1] - p.offsets[0] for p in parts)])
        offsets = [p.offsets[:-1] - p.offsets[0] + s for p, s in zip(parts, shifts, strict=False)]
        data = [p.data[p.offsets[0] : p.offsets[-1]] for p in parts]
        empty = np.empty(0, np.uint8)
        starts = np.concatenate([*offsets, np.empty(0, np.int64)])
        return cls(np.concatenate([*data, empty]), np.append(starts, shifts[-1]))


@attrs.frozen(eq=False)
class Coded:
    """A column of texts that repeat: a code for each row into a short list of values.

    Attributes:
        codes: Position in ``values``, ``-1`` for missing; ``int32``, shape ``(n_rows,)``.
        values: The distinct texts; shape ``(n_values,)``.

    Example:
        >>> Coded.of(["上海", None, "上海"]).tolist()
        ['上海', None, '上海']
    """

    codes: NDArray[np.int32]
    values: Texts

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> Coded:
        """Encode Python strings; ``None`` is missing."""
        seen: dict[str, int] = {}
        codes = [-1 if text is None else seen.setdefault(text, len(seen)) for text in texts]
        return cls(np.asarray(codes, np.int32), Texts.of(seen))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def tolist(self) -> list[str | None]:
        """Decode into Python strings."""
        values = [*self.values.tolist(), None]
        return [values[code] for code in self.codes.tolist()]

    def take(self, indices: NDArray[np.integer[Any]]) -> Coded:
        """Pick rows by position, in that order."""
        return Coded(self.codes[indices], self.values)
