"""What is wrong with whole rows of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.domain.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.reading import Piece
    from retailcrm.ports.sources import SourceFile


def marked(
    file: SourceFile,
    piece: Piece,
    rows: NDArray[np.bool_],
    field: str,
    *,
    code: str,
    message: str,
    severity: Severity = Severity.REJECTED,
) -> Iterator[Problem]:
    """Make a problem of each of some rows; what stands in them is not repeated.

    Args:
        file: The opened export.
        piece: Some of its rows.
        rows: Which of these; shape ``(n_rows,)``.
        field: The field whose column is named.
        code: Stable word.
        message: One sentence.
        severity: Whether the rows are left out.
    """
    block = piece.block
    for i in np.flatnonzero(rows).tolist():
        yield Problem(
            source=file.name, sheet=file.sheet, record=int(block.records[i]),
            first_line=int(block.first_line[i]), last_line=int(block.last_line[i]),
            column=piece.columns[field], code=code, message=message, severity=severity,
        )  # fmt: skip
