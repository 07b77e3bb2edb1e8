"""Orders: lines, refunds, observations, and the life cycle as one table."""

from retailcrm.domain.orders.checks import WARNING_LABELS, check
from retailcrm.domain.orders.folding import fold, known_at
from retailcrm.domain.orders.states import (
    ENDS,
    STATE_LABELS,
    TRANSITIONS,
    OrderState,
    life_cycle_mermaid,
    map_state,
    state_key,
)
from retailcrm.domain.orders.values import (
    TIMES,
    Line,
    Observation,
    Order,
    Provenance,
    Refund,
    RefundStatus,
    settled_refunds,
)
from retailcrm.domain.orders.views import UndatedRefund, facts_as_of

__all__ = [
    "ENDS",
    "STATE_LABELS",
    "TIMES",
    "TRANSITIONS",
    "WARNING_LABELS",
    "Line",
    "Observation",
    "Order",
    "OrderState",
    "Provenance",
    "Refund",
    "RefundStatus",
    "UndatedRefund",
    "check",
    "facts_as_of",
    "fold",
    "known_at",
    "life_cycle_mermaid",
    "map_state",
    "settled_refunds",
    "state_key",
]
