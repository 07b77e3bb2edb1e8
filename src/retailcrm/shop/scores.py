"""Every customer scored, as columns; given to Arrow, pandas, polars, CSV and Parquet."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.activity import ACTIVITY_STATES, Activity
from retailcrm.analytics.value_class import VALUE_CLASSES, ValueCuts
from retailcrm.domain.money import exponent
from retailcrm.errors import MissingPackageError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.columns import Coded, Texts
    from retailcrm.analytics.rfm import RfmScores
    from retailcrm.analytics.rfm_map import SegmentMap
    from retailcrm.analytics.summary import Coverage
    from retailcrm.analytics.tables import CustomerSummary
    from retailcrm.domain.labels import Label

VERSION: Final = 1
"""Version of the columns: they are only ever added to, at the end."""

_DANGEROUS: Final = r"^([ \t\r\n]*[=+\-@＝＋－＠\t\r\n\x00])"
"""What a spreadsheet program could take for a formula (OWASP, CSV injection)."""

_DIGITS: Final = 19
"""Decimal digits that hold every 64-bit amount."""


@attrs.frozen(kw_only=True, eq=False)
class Scores:
    """The score of every customer with at least one counted order.

    Attributes:
        summary: Orders, days and money of each customer.
        customer_ids: Ids, in the order of the summary.
        strength: Identity strength of each: 2 stable, 1 weak; ``int8``.
        rfm: R, F and M with the cut points.
        segment_map: The map.
        segment: Segment keys.
        activity: Activity states with their rules.
        value_cuts: Cut points of the value classes.
        value_class: Value-class keys.
        tier: Tier names, -1 throughout without a ladder.
        tier_labels: Label of each tier name.
        coverage: How much of the trade has a known buyer.
        policy_digest: Of the policy in force.
        notes: What a reader must know.
    """

    summary: CustomerSummary
    customer_ids: Texts
    strength: Any
    rfm: RfmScores
    segment_map: SegmentMap
    segment: Coded
    activity: Activity
    value_cuts: ValueCuts
    value_class: Coded
    tier: Coded
    tier_labels: Mapping[str, Label]
    coverage: Coverage
    policy_digest: str
    notes: tuple[Label, ...]

    def __len__(self) -> int:
        return len(self.summary)

    def to_arrow(self) -> pa.Table:
        """Give a ``pyarrow.Table``: amounts as exact decimals, times as instants in the shop's zone."""
        s = self.summary
        columns = {
            "customer_id": arrow.arrow_texts(self.customer_ids).cast(pa.string()),
            "orders": pa.array(s.orders),
            "purchase_days": pa.array(s.purchase_days),
            "first_order_at": _instants(s.first_at, s.zone),
            "last_order_at": _instants(s.last_at, s.zone),
            "days_since_last": pa.array(self.rfm.days_since_last),
            "gross": _amounts(s.gross, s.currency),
            "refunded": _amounts(s.refunded, s.currency),
            "net": _amounts(s.net, s.currency),
            "r_score": pa.array(self.rfm.r),
            "f_score": pa.array(self.rfm.f),
            "m_score": pa.array(self.rfm.m),
            "segment": arrow.arrow_coded(self.segment),
            "activity": arrow.arrow_coded(self.activity.states),
            "value_class": arrow.arrow_coded(self.value_class),
            "tier": arrow.arrow_coded(self.tier),
        }
        about = {
            "retailcrm.scores": str(VERSION),
            "retailcrm.policy": self.policy_digest,
            "retailcrm.currency": s.currency,
            "retailcrm.as_of": str(s.as_of),
            "retailcrm.zone": s.zone,
        }
        return pa.table(columns).replace_schema_metadata(about)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Speak the Arrow stream protocol, so that any dataframe library can read the scores."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is optional
        """Give a ``pandas.DataFrame``.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        _need("pandas")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:  # noqa: ANN401 - polars is optional
        """Give a ``polars.DataFrame``.

        Raises:
            MissingPackageError: polars is not installed.
        """
        return _need("polars").from_arrow(self.to_arrow())

    def to_parquet(self, path: str | Path) -> None:
        """Write a Parquet file; the version of the columns stands in its metadata."""
        import pyarrow.parquet  # noqa: PLC0415 - only who writes Parquet pays for it

        pyarrow.parquet.write_table(self.to_arrow(), path)

    def to_csv(self, path: str | Path, *, lang: str | None = None) -> None:
        """Write a CSV file in UTF-8 with a byte-order mark, so that spreadsheet programs read Chinese.

        Args:
            path: Where to.
            lang: ``"zh"`` or ``"en"`` writes labels for people; ``None`` writes the stable keys.

        Raises:
            SettingsError: There is no such language.

        Texts that a spreadsheet could take for a formula get a leading apostrophe, which our own
        importer takes off again.
        """
        if lang not in (None, "zh", "en"):
            raise SettingsError(f"no language {lang!r}; there are zh and en")
        table = self.to_arrow()
        for name in table.column_names:
            table = table.set_column(
                table.column_names.index(name), name, self._written(name, table.column(name), lang)
            )
        with Path(path).open("wb") as file:
            file.write(b"\xef\xbb\xbf")
            pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(quoting_style="needed"))

    def _written(self, name: str, column: Any, lang: str | None) -> Any:  # noqa: ANN401
        kind = column.type
        if pa.types.is_timestamp(kind):
            whole_seconds = pc.floor_temporal(column, unit="second").cast(pa.timestamp("s", kind.tz))
            return pc.strftime(whole_seconds, "%Y-%m-%d %H:%M:%S", locale="C")
        if pa.types.is_dictionary(kind):
            labels = self._labels(name)
            column = column.combine_chunks()
            keys = column.dictionary.to_pylist()
            words = keys if lang is None else [getattr(labels[key], lang) for key in keys]
            column = pc.take(pa.array(words, pa.string()), column.indices)
        elif not pa.types.is_string(kind):
            return column
        return safe_texts(column)

    def _labels(self, name: str) -> Mapping[str, Label]:
        segments = {segment.key: segment.label for segment in self.segment_map.segments}
        return {
            "segment": segments,
            "activity": ACTIVITY_STATES,
            "value_class": VALUE_CLASSES,
            "tier": self.tier_labels,
        }[name]


def safe_texts(column: Any) -> Any:  # noqa: ANN401
    """Put an apostrophe before texts that a spreadsheet program could take for a formula."""
    return pc.replace_substring_regex(column, _DANGEROUS, r"'\1")


def _instants(at: Any, zone: str) -> Any:  # noqa: ANN401
    return pa.array(at.view(np.int64), pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))


def _amounts(minor: Any, currency: str) -> Any:  # noqa: ANN401
    """Give minor units as exact decimals, without a loop: a decimal is its unscaled whole number."""
    words = np.empty((len(minor), 2), np.int64)
    words[:, 0], words[:, 1] = minor, minor >> 63
    return pa.Array.from_buffers(
        pa.decimal128(_DIGITS, exponent(currency)), len(minor), [None, pa.py_buffer(words)]
    )


def _need(package: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(f"scores as a {package} frame", package=package) from error
