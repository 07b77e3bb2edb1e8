"""Referrals: one customer brings another, both earn, and both give back if the order goes back.

A referral goes ``attributed -> qualified -> returned``, with ``held`` between the first two where a check
raised a flag and a person decides, and ``refused`` as another end. A customer is brought once for ever: an
end is an end, whatever she orders later.

Clicks count by the moment of the order, not of its completion: who sent her a link while her parcel was on
its way has not brought her. Nor has who sent one to a customer who had bought before: such clicks do not
count, whenever they come. So it does not matter in which order clicks and orders are told of, as long as
they are before an order qualifies her.
"""

from retailcrm.domain.points.referrals.moves import decide, qualify, refunded
from retailcrm.domain.points.referrals.states import (
    BothSides,
    Brought,
    Click,
    CompletedOrder,
    Flag,
    Hindrance,
    NotBrought,
    Side,
    Stage,
    attributed,
    clicked,
)

__all__ = [
    "BothSides",
    "Brought",
    "Click",
    "CompletedOrder",
    "Flag",
    "Hindrance",
    "NotBrought",
    "Side",
    "Stage",
    "attributed",
    "clicked",
    "decide",
    "qualify",
    "refunded",
]
