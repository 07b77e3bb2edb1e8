"""One block being read: its rows, and what is found wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.adapters.sources import value_kinds
from retailcrm.adapters.sources.field import Field, Kind
from retailcrm.domain.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from retailcrm.adapters.sources.rounded_numbers import RoundedNumbers
    from retailcrm.ports.raw import RawBlock
    from retailcrm.ports.sources import SourceFile

_MESSAGES: Final = {
    Kind.AMOUNT: "not an amount of money",
    Kind.PRICE: "not a unit price",
    Kind.COUNT: "not a whole number of pieces",
    Kind.INSTANT: "not a time that can be read",
    Kind.STATE: "an order state that is not known; taken as unknown",
    **value_kinds.MESSAGES,
}
_WARNED: Final = value_kinds.WARNED | {Kind.STATE}


@attrs.frozen(eq=False)
class Form:
    """What holds for all blocks of a file."""

    fields: Mapping[str, Field]
    places: Mapping[str, int]
    columns: Mapping[str, str]
    currency: str
    rounded: dict[str, RoundedNumbers]
    """Of the blocks that were given; those being read ahead are added in their turn."""


class EarlierBlocksDecideError(Exception):
    """Whether a number of this block is rounded depends on blocks that may still be read."""


@attrs.define(eq=False)
class Reading:
    """What one block has given so far.

    Attributes:
        file: The opened table.
        block: The block.
        ahead: Blocks before it may still be read.
        sound: Keys that have shown long numbers which are not rounded.
        problems: What is wrong so far.
        empty: Which rows have no value so far.
        rejected: Which rows are lost.
    """

    file: SourceFile
    block: RawBlock
    ahead: bool = False
    sound: set[str] = attrs.field(factory=set)
    problems: list[Problem] = attrs.field(factory=list)
    empty: NDArray[np.bool_] = attrs.field(init=False)
    rejected: NDArray[np.bool_] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.empty, self.rejected = np.ones(len(self.block), np.bool_), np.zeros(len(self.block), np.bool_)

    def mark(
        self,
        bad: NDArray[np.bool_],
        column: str,
        code: str,
        message: str,
        texts: Any = None,  # noqa: ANN401
        *,
        warn: bool = False,
    ) -> None:
        """Note the bad rows of a column, with the text found where it is not personal."""
        if not warn:
            self.rejected |= bad
        for i in np.flatnonzero(bad).tolist():
            self.problems.append(
                Problem(
                    source=self.file.name,
                    sheet=self.file.sheet,
                    record=int(self.block.records[i]),
                    first_line=int(self.block.first_line[i]),
                    last_line=int(self.block.last_line[i]),
                    column=column,
                    code=code,
                    message=message,
                    value=None if texts is None else texts[i].as_py(),
                    severity=Severity.WARNING if warn else Severity.REJECTED,
                )
            )

    def mark_values(self, bad: NDArray[np.bool_], column: str, field: Field, texts: Any = None) -> None:  # noqa: ANN401
        """Note the values of a field that could not be read, by its kind."""
        if bad.any():
            shown = None if field.kind in value_kinds.HIDDEN else texts
            warn = field.lenient or field.kind in _WARNED
            self.mark(bad, column, str(field.kind), _MESSAGES[field.kind], shown, warn=warn)

    def warn(self, column: str, code: str, message: str) -> None:
        """Note something about a column of the file as a whole."""
        self.problems.append(
            Problem(
                source=self.file.name, sheet=self.file.sheet, column=column, code=code, message=message,
                severity=Severity.WARNING,
            )
        )  # fmt: skip
