"""Points: an append-only ledger of lots. Decisions are pure: entries, or a refusal with its limit.

The floor begins with :class:`Account`, :class:`Lot` and :class:`Entry`; every verb takes an account and gives
an :data:`Outcome`. The rules of a programme are values too: :class:`Programme` and its wallets.
"""

from retailcrm.domain.points.account import Account, apply, replay
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn, extend, reschedule, set_free
from retailcrm.domain.points.earning import Award, Earner, LineAmount, award_of
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.moving import Moved, merge, split, transfer
from retailcrm.domain.points.outcomes import Accepted, Outcome, Refusal
from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
from retailcrm.domain.points.quotes import NoQuote, Quote, quote_redemption
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import capture, redeem, reserve, void
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Redemption, Waiting, Wallet

__all__ = [
    "NEVER",
    "Accepted",
    "Account",
    "Activity",
    "Allocation",
    "Award",
    "Bucket",
    "Campaign",
    "Cap",
    "Cart",
    "EarnBase",
    "EarnRule",
    "Earner",
    "Entry",
    "Expiry",
    "Hold",
    "LatePolicy",
    "LineAmount",
    "Lot",
    "Moved",
    "Movement",
    "NoQuote",
    "Outcome",
    "Programme",
    "Quote",
    "Redemption",
    "Referral",
    "Refusal",
    "Reversed",
    "Reward",
    "Verb",
    "Waiting",
    "Wallet",
    "adjust",
    "apply",
    "award_of",
    "capture",
    "earn",
    "extend",
    "give_back",
    "merge",
    "quote_redemption",
    "redeem",
    "replay",
    "reschedule",
    "reserve",
    "reverse",
    "set_free",
    "split",
    "transfer",
    "void",
]
