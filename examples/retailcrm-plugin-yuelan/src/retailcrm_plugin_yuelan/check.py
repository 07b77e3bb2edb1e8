"""A check of referrals: somebody who brings many customers on one day pays people to sign up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import local_date
from retailcrm.domain.points.referrals import Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.ports.referral_checks import Contact, ReferralFacts

MOST: Final = 3
"""So many in one local day may be friends of one office; the next is looked at by a person."""


class ManyInADay:
    """Notices the fourth referral of one customer whose order falls on one day of the shop's zone."""

    name = "yuelan_many_in_a_day"

    def flags(self, referrer: Contact, referred: Contact, facts: ReferralFacts) -> Sequence[Flag]:
        """Give one flag if the day was full before this referral; who the two are does not matter."""
        today = local_date(facts.at, facts.zone)
        before = sum(local_date(moment, facts.zone) == today for moment in facts.earlier)
        if before < MOST:
            return []
        return [
            Flag(
                self.name, Label(f"同一天已有 {before} 次推荐", f"{before} referrals on the same day before")
            )
        ]
