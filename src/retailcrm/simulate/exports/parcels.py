"""物流轨迹: one row an event of a parcel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.parcels import PARCEL_EVENT_LABELS, ParcelEvent
from retailcrm.simulate import words
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.parcels import carriers_of, events_of, tracking
from retailcrm.simulate.shop import chunks
from retailcrm.simulate.tables.parcels import happenings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.exports.views import View
    from retailcrm.simulate.pages import Part

COLUMNS: Final = ("订单编号", "快递公司", "运单号", "状态", "时间", "说明")
_PAGE: Final = 1 << 12
_REMARKS: Final = {
    ParcelEvent.SHIPPED: "包裹已由商家交给快递",
    ParcelEvent.ARRIVED: "快件已到达收件城市网点, 等待派送",
    ParcelEvent.ATTEMPT_FAILED: "派送未成功, 将再次派送",
    ParcelEvent.UNREACHABLE: "联系不上收件人",
    ParcelEvent.SIGNED: "已签收, 感谢使用",
    ParcelEvent.RETURNED: "快件已退回商家",
}


def parcel_events(view: View) -> Iterator[bytes | bytearray]:
    """Write the events of parcels page by page, order by order, earliest first.

    Args:
        view: Orders to look through, earliest first.

    Yields:
        Bytes: the header, then rows.
    """
    statuses = phrases.pool(tuple(PARCEL_EVENT_LABELS[event].zh for event in ParcelEvent), ENCODING)
    remarks = phrases.pool(tuple(_REMARKS[event] for event in ParcelEvent), ENCODING)
    companies = phrases.pool(tuple(company for company, _ in words.CARRIERS), ENCODING)
    yield header(COLUMNS)
    for positions in chunks(np.arange(len(view)), _PAGE):
        orders = view.take(positions)
        row, event, at = events_of(happenings(view.shop, orders.rows, view.moment))
        part = orders.take(row)
        columns: dict[str, list[Part]] = {
            "订单编号": [part.number()],
            "快递公司": [companies[carriers_of(part.draws, part.key)]],
            "运单号": tracking(part.draws, part.key),
            "状态": [statuses[event]],
            "时间": [part.stamp(at)],
            "说明": [remarks[event]],
        }
        yield body(COLUMNS, columns, len(part))
