"""A file that joins order numbers to buyers, where the shop has one and exports mask the nick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.sources.field import Field, Kind, find_fields
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import Batch, BuyerKey, Grain
from retailcrm.ports.sources import Match, Sample, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from retailcrm.domain.problems import Problem

_FIELDS: Final = {
    "number": Field(
        names=("订单编号", "主订单编号", "订单号", "order_id", "order number", "order", "number", "订单"),
        kind=Kind.KEY,
        required=True,
    ),
    "buyer": Field(
        names=(
            "买家会员名",
            "买家会员昵称",
            "买家昵称",
            "会员名",
            "买家",
            "buyer",
            "customer_id",
            "customer",
            "open_uid",
            "nick",
        ),
        kind=Kind.NAME,
        required=True,
    ),
}


class BuyersFile:
    """Reads pairs of order number and buyer key.

    The keys are taken as nicks of Taobao, so that they meet the plain nicks of older exports.
    """

    name = "buyers"
    platform = "taobao"

    def identify(self, sample: Sample) -> Match:
        """Find the two columns.

        Raises:
            ImportRefusedError: One of them is not there.
        """
        for row, cells in enumerate(sample.rows):
            if len(find_fields(cells, _FIELDS)) == len(_FIELDS):
                return Match(strength=100, reason="order number and buyer", header_row=row)
        found = ", ".join(sample.rows[0]) if sample.rows else "none"
        raise ImportRefusedError(
            f"{sample.name}: a buyers file needs a column of order numbers (订单编号 / order_id) and one of "
            f"buyers (买家会员名 / buyer). Columns found: {found}",
            code="buyers-file",
        )

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - the port's signature
        """Say nothing: its name follows no rule."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield who placed which order, and nothing else of it."""
        from retailcrm.adapters.sources.reading import read_fields, taken  # noqa: PLC0415 - loads Arrow

        key = BuyerKey(platform="taobao", kind="nick", strength=2)
        for piece in read_fields(file, _FIELDS, find_fields(file.header, _FIELDS)):
            yield from piece.problems
            columns = {name: taken(column, piece.keep) for name, column in piece.values.items()}
            records = piece.block.records[piece.keep]
            yield Batch(
                grain=Grain.ORDERS,
                records=records,
                columns=columns,
                currency=file.currency,
                buyer_key=key,
                blank=piece.blank,
            )
