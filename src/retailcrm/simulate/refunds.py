"""Why and when money is asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.randomness import Choice, Stream, below
from retailcrm.simulate.words import REFUND_REASONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants, Progress
    from retailcrm.simulate.randomness import Draws

_WEIGHTS_BEFORE: Final = {"不喜欢/不想要": 45, "拍错/多拍": 35, "未按约定时间发货": 20}
_WEIGHTS_AFTER: Final = {
    "商品破损/少件": 36,
    "口味不合适": 32,
    "不喜欢/不想要": 18,
    "生产日期/保质期不符": 14,
}
_BEFORE: Final = Choice.of([_WEIGHTS_BEFORE.get(reason, 0) for reason in REFUND_REASONS])
_AFTER: Final = Choice.of([_WEIGHTS_AFTER.get(reason, 0) for reason in REFUND_REASONS])
_LEAST, _SPREAD = 10, 80


def reasons_of(draws: Draws, key: NDArray[np.uint64], shipped: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Say why refunds are asked for: before shipping people change their mind, later the goods are wrong.

    Args:
        draws: The shop's random numbers.
        key: Key of each order; ``uint64``, shape ``(n,)``.
        shipped: Whether its parcel had left by then.

    Returns:
        Positions in ``words.REFUND_REASONS``; ``int32``.
    """
    bits = draws.of(Stream.REFUND_REASON, key)
    return np.where(shipped, _AFTER.pick(bits), _BEFORE.pick(bits))


def asked_at(draws: Draws, key: NDArray[np.uint64], known: Progress, settled: Instants) -> Instants:
    """Say when refunds are asked for: between the last step of the order and the settlement.

    Args:
        draws: The shop's random numbers.
        key: Key of each order.
        known: What has happened to the orders.
        settled: When the refund is settled, paid or refused.

    Returns:
        The moments, whole seconds; NaT where ``settled`` is.
    """
    start: Instants = np.where(np.isnat(known.shipped_at), known.paid_at, known.shipped_at)
    percent = _LEAST + below(draws.of(Stream.REFUND_REASON, key), _SPREAD, low=True)
    seconds = (settled - start).astype("timedelta64[s]").astype(np.int64) * percent // 100
    asked: Instants = np.where(np.isnat(settled), settled, start + seconds.astype("timedelta64[s]"))
    return asked
