"""One row a customer who ever had points; given to Arrow, CSV and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.csv

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.points.liability import point_value
from retailcrm.domain.money import exponent
from retailcrm.shop.scores import safe_texts

if TYPE_CHECKING:
    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables import Ints
    from retailcrm.domain.points.wallets import Redemption

VERSION: Final = 1
"""Version of the columns: they are only ever added to, at the end."""

_DIGITS: Final = 19
_MOST: Final = int(np.iinfo(np.int64).max)


@attrs.frozen(eq=False, kw_only=True)
class CustomerPoints:
    """The points of every customer who ever had any, in one wallet at one moment.

    Attributes:
        wallet: Its name.
        currency: ISO 4217 code of the values.
        zone: IANA zone of the days.
        as_of: The moment, UTC, exclusive.
        policy_digest: Of the policy in force.
        customer_ids: Whose; shape ``(n,)``.
        pending: Points awarded and not yet to be spent; ``int64``, shape ``(n,)``.
        available: Points that can be spent at the moment: what has had its last day is left out.
        held: Points reserved for a checkout.
        debt: Points owed.
        last_day: Last local day of the points that lapse next, days since 1970; MISSING if none ever do, or
            it is not known yet.
        lapsing: Points that lapse then; 0 if none do.
        value: What pending, available and held points pay when they are spent, minor units; ``None`` in a
            wallet that is never spent.
    """

    wallet: str
    currency: str
    zone: str
    as_of: np.datetime64
    policy_digest: str
    customer_ids: Texts
    pending: Ints
    available: Ints
    held: Ints
    debt: Ints
    last_day: Ints
    lapsing: Ints
    value: Ints | None

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customer_ids)

    @property
    def points(self) -> Ints:
        """What each customer has, pending, available and held together."""
        return self.pending + self.available + self.held

    def to_arrow(self) -> pa.Table:
        """Give a ``pyarrow.Table``: values as exact decimals, the last day as a date."""
        never = self.last_day == MISSING
        days = np.where(never, 0, self.last_day).astype(np.int32)
        value = pa.nulls(len(self), self._money) if self.value is None else self._amounts(self.value)
        columns = {
            "customer_id": arrow.arrow_texts(self.customer_ids).cast(pa.string()),
            "pending": pa.array(self.pending),
            "available": pa.array(self.available),
            "held": pa.array(self.held),
            "debt": pa.array(self.debt),
            "next_expiry": pa.array(days, pa.int32(), mask=never).cast(pa.date32()),
            "next_expiry_points": pa.array(self.lapsing),
            "value": value,
        }
        about = {
            "retailcrm.points": str(VERSION),
            "retailcrm.wallet": self.wallet,
            "retailcrm.policy": self.policy_digest,
            "retailcrm.currency": self.currency,
            "retailcrm.as_of": str(self.as_of),
            "retailcrm.zone": self.zone,
        }
        return pa.table(columns).replace_schema_metadata(about)

    def to_parquet(self, path: str | Path) -> None:
        """Write a Parquet file; the version of the columns stands in its metadata."""
        import pyarrow.parquet  # noqa: PLC0415 - only who writes Parquet pays for it

        pyarrow.parquet.write_table(self.to_arrow(), path)

    def to_csv(self, path: str | Path) -> None:
        """Write a CSV file in UTF-8 with a byte-order mark, so that spreadsheet programs read Chinese.

        Args:
            path: Where to. Ids that a spreadsheet could take for a formula get a leading apostrophe.
        """
        write_csv(self.to_arrow(), path)

    @property
    def _money(self) -> pa.DataType:
        return pa.decimal128(_DIGITS, exponent(self.currency))

    def _amounts(self, minor: Ints) -> Any:  # noqa: ANN401 - an Arrow array
        """Give minor units as exact decimals: a decimal is its unscaled whole number."""
        words = np.empty((len(minor), 2), np.int64)
        words[:, 0], words[:, 1] = minor, minor >> 63
        return pa.Array.from_buffers(self._money, len(minor), [None, pa.py_buffer(words)])


def write_csv(table: pa.Table, path: str | Path) -> None:
    """Write a table as CSV that spreadsheet programs read: a byte-order mark, and no text is a formula.

    Args:
        table: Its texts are plain strings, or dictionaries of them.
        path: Where to.
    """
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
            table = table.set_column(
                place, field.name, safe_texts(table.column(field.name).cast(pa.string()))
            )
    with Path(path).open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(quoting_style="needed"))


def value_of(points: Ints, redemption: Redemption, currency: str) -> Ints:
    """Say what some points pay when they are spent, by the wallet's own rounding.

    Args:
        points: How many, 0 or more; ``int64``.
        redemption: How they are spent.
        currency: ISO 4217 code.

    Returns:
        Minor units; ``int64``, same shape.

    Example:
        >>> from fractions import Fraction
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> value_of(np.array([299, 300]), Redemption(points_per_unit=Fraction(300)), "JPY").tolist()
        [0, 1]
    """
    each = point_value(redemption, currency)
    up = redemption.rounding == "up"
    if int(points.max(initial=0)) <= _MOST // max(each.numerator, 1) - each.denominator:
        whole: Ints = (points * each.numerator + (each.denominator - 1) * up) // each.denominator
        return whole
    exact = [divmod(one * each.numerator, each.denominator) for one in points.tolist()]
    return np.array([units + (up and rest > 0) for units, rest in exact], np.int64)
