"""Province and city from a Taobao delivery address: ``省 市 区 detail(zip)``, blank separated."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded

_LONGEST_PROVINCE: Final = 8


def province_and_city(address: Coded) -> tuple[Coded, Coded]:
    """Split the first two words off each distinct address; the rest is personal and is dropped."""
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    parts = pc.utf8_split_whitespace(arrow.arrow_texts(address.values), max_splits=2)
    words = pc.list_value_length(parts)
    # A report cut down to the province holds that one word; a longer single word is no place.
    alone = pc.less_equal(pc.utf8_length(arrow.arrow_texts(address.values)), _LONGEST_PROVINCE)
    province = pc.or_(pc.greater_equal(words, 2), pc.and_(pc.equal(words, 1), alone))
    return _word(address, parts, 0, province), _word(address, parts, 1, pc.greater_equal(words, 2))


def _word(address: Coded, parts: Any, place: int, there: Any) -> Coded:  # noqa: ANN401 - Arrow has no types
    """Take one word of each distinct address, where it is there."""
    import pyarrow.compute as pc  # noqa: PLC0415 - only who reads files loads Arrow

    rows = pc.indices_nonzero(there)
    words = pc.list_element(pc.take(parts, rows), place).dictionary_encode()
    code_of = np.full(len(address.values) + 1, -1, np.int32)
    code_of[rows.to_numpy()] = words.indices.to_numpy()
    values = arrow.texts(words.dictionary)
    return Coded(code_of[address.codes], values)
