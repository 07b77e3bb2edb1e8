"""An orders export made ready to be read: its currency looked up, its times put into a common form."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import cleaning
from retailcrm.adapters.sources.field import REPEATING, Kind
from retailcrm.adapters.sources.opening import OpenedTable
from retailcrm.domain.money import exponent
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from retailcrm.adapters.sources.field import Field
    from retailcrm.ports.raw import RawBlock
    from retailcrm.ports.sources import SourceFile

_TIME: Final = len("2025-11-06 15:24:16")
_ZONED: Final = len("2025-11-06 15:24:16 +0530")
_ASCII: Final = 0x7F
_SPACED: Final = r"([0-9]{1,2}:[0-9]{2}:[0-9]{2}) ([+-][0-9]{2}:?[0-9]{2})"


def opened(file: SourceFile, fields: Mapping[str, Field], places: Mapping[str, int]) -> OpenedTable:
    """Make an orders export ready.

    Args:
        file: The export.
        fields: What will be read of it.
        places: The column of each field.

    Returns:
        The same table, to be read once: its currency is the one that its rows name, its times are
        instants or ISO 8601.
    """
    coded = {places[key] for key in places if fields[key].kind in REPEATING or fields[key].coded}
    blocks = file.blocks(set(places.values()) - coded, coded)
    begun, currency = [], file.currency
    for block in blocks:
        begun.append(block)
        if len(block):
            break
    if begun and "currency" in places:
        currency = _currency(begun[-1].columns[places["currency"]], begun[-1].encoding, file.currency)
    times = frozenset(places[key] for key in places if fields[key].kind is Kind.INSTANT)
    return OpenedTable(
        name=file.name, sheet=file.sheet, header=file.header, zone=file.zone, currency=currency,
        raw=_Timed(itertools.chain(begun, blocks), times), personal=file.personal, region=file.region,
    )  # fmt: skip


def _currency(column: Any, encoding: str, shops: str) -> str:  # noqa: ANN401 - Arrow has no types
    """Tell a file's currency: the shop's if the first rows name it, else the first that they name."""
    once = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = once.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = codes[np.sort(np.unique(codes, return_index=True)[1])]
    texts, _ = cleaning.decoded(once.dictionary, encoding)
    said = cleaning.cleaned(texts).to_pylist()
    named = [said[code].upper() for code in order.tolist() if code >= 0 and said[code]]
    known = [name for name in named if _is_known(name)]
    return shops if shops in known or not known else known[0]


def _is_known(currency: str) -> bool:
    try:
        exponent(currency)
    except InputError:
        return False
    return True


@attrs.frozen(eq=False)
class _Timed:
    """Blocks whose times are in a form that all sources know."""

    read: Iterator[RawBlock]
    times: frozenset[int]

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:  # noqa: ARG002 - chosen already
        """Give the blocks, which can be done once."""
        for block in self.read:
            timed = {i: _instants(block.columns[i]) for i in self.times}
            yield attrs.evolve(block, columns={**block.columns, **timed})


def _instants(column: Any) -> Any:  # noqa: ANN401
    """Read ``2025-11-06 15:24:16 +0530`` on every row, or else drop the blank before the offset."""
    if not (pa.types.is_binary(column.type) or pa.types.is_string(column.type)):
        return column
    read = _plain_instants(column)
    return pc.replace_substring_regex(column, _SPACED, r"\1\2") if read is None else read


def _plain_instants(column: Any) -> Any:  # noqa: ANN401
    """Read a column in which every cell is empty or such a time; ``None`` if one is not."""
    cells = column.cast(pa.binary()).fill_null(b"")
    _, places, data = cells.buffers()
    if data is None:
        return None
    ends = np.frombuffer(places, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    told = ends[1:] > ends[:-1]
    if not (np.diff(ends)[told] == _ZONED).all():
        return None
    # Empty cells take no room: those that are not stand side by side.
    block = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].reshape(-1, _ZONED)
    if block.max(initial=0) > _ASCII or not (block[:, _TIME] == ord(" ")).all():
        return None
    spans = np.arange(len(block) + 1, dtype=np.int32) * (_ZONED - 1)
    texts = pa.StringArray.from_buffers(
        len(block), pa.py_buffer(spans), pa.py_buffer(np.delete(block, _TIME, 1))
    )
    try:
        times = pc.cast(texts, pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return None
    return pc.replace_with_mask(pa.nulls(len(cells), times.type), pa.array(told), times)
