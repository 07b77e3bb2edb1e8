"""Raw blocks: some records of a file as Arrow columns of undecoded bytes, with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True)
class BadRecord:
    """A record that could not be split into its columns.

    Attributes:
        record: Record number from 1.
        first_line: First physical line.
        last_line: Last physical line.
        code: Stable word for the reason.
        message: One sentence for a person.
    """

    record: int
    first_line: int
    last_line: int
    code: str
    message: str


@attrs.frozen(kw_only=True, eq=False)
class RawBlock:
    """Records that follow each other in a file.

    Attributes:
        columns: By position in the header: ``pyarrow`` binary or dictionary arrays, undecoded. (Typed
            loosely, so that this floor does not depend on Arrow.)
        encoding: Of the bytes in ``columns``.
        records: Record number of each row; ``int64``, shape ``(n_rows,)``.
        first_line: First physical line of each row; ``int64``.
        last_line: Last physical line of each row; ``int64``.
        bad: Records of this block that are not among the rows.
        blank: Blank records passed over in this block.
    """

    columns: Mapping[int, Any]
    encoding: str
    records: NDArray[np.int64]
    first_line: NDArray[np.int64]
    last_line: NDArray[np.int64]
    bad: tuple[BadRecord, ...] = ()
    blank: int = 0

    def __len__(self) -> int:
        return len(self.records)


class RawTable(Protocol):
    """A table that can be read in raw blocks: a text file, a sheet, an Arrow stream."""

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the records once.

        Args:
            plain: Columns to give as they are (order numbers, amounts, times).
            coded: Columns to give dictionary-encoded (states, places, buyers).
        """
        ...
