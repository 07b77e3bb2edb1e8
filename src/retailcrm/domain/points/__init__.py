"""Points: an append-only ledger of lots. Decisions are pure: entries, or a refusal with its limit."""

from retailcrm.domain.points.account import Account, apply, replay
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.outcomes import Accepted, Outcome, Refusal
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import capture, redeem, reserve, void

__all__ = [
    "NEVER",
    "Accepted",
    "Account",
    "Allocation",
    "Bucket",
    "Entry",
    "Expiry",
    "Hold",
    "LatePolicy",
    "Lot",
    "Movement",
    "Outcome",
    "Refusal",
    "Reversed",
    "Verb",
    "apply",
    "capture",
    "give_back",
    "redeem",
    "replay",
    "reserve",
    "reverse",
    "void",
]
