"""What a merge would do, before anybody does it."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.identity.evidence import Evidence, merge_evidence
from retailcrm.domain.identity.keys import Identity, IdentityKind, Strength
from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.identity.aliases import Aliases, CustomerId


class MergeRefusal(StrEnum):
    """Why a merge is not offered."""

    SAME_CUSTOMER = "same_customer"
    ONLY_PHONE = "only_phone"
    NO_EVIDENCE = "no_evidence"


REFUSAL_LABELS: Final[Mapping[MergeRefusal, Label]] = MappingProxyType(
    {
        MergeRefusal.SAME_CUSTOMER: Label("两个编号已是同一顾客", "the two ids are one customer already"),
        MergeRefusal.ONLY_PHONE: Label(
            "只有电话相同：家人常共用一个号码", "only the phone is the same: households share phones"
        ),
        MergeRefusal.NO_EVIDENCE: Label(
            "没有证据：打码昵称、OAID、虚拟号不能作为依据",
            "no evidence: masked nicks, OAIDs and virtual numbers prove nothing",
        ),
    }
)
"""What to tell a person."""


@attrs.frozen
class Party:
    """One side of a merge.

    Attributes:
        customer: One of the customer's ids.
        identities: All identities of the customer.
        orders: Number of the customer's orders.
    """

    customer: CustomerId
    identities: frozenset[Identity]
    orders: int = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen(kw_only=True)
class MergePreview:
    """What would become one, and why; or why not.

    Attributes:
        keep: The side to keep, as asked; a merge names it, so that its un-merge parts the same two.
        gone: The other side, as asked.
        present: The id that all of them would resolve to.
        ids: All ids that would be one customer, sorted.
        identities: All identities that would be hers, sorted.
        orders: Number of orders that would be hers.
        evidence: What the merge rests on.
        refusal: Why it is not offered; ``None`` if it is.
    """

    keep: CustomerId
    gone: CustomerId
    present: CustomerId
    ids: tuple[CustomerId, ...]
    identities: tuple[Identity, ...]
    orders: int
    evidence: tuple[Evidence, ...]
    refusal: MergeRefusal | None


def preview_merge(aliases: Aliases, keep: Party, gone: Party) -> MergePreview:
    """Tell what a merge would join and why, or why it is refused.

    Args:
        aliases: Which ids are one today.
        keep: The side whose present id would stay.
        gone: The other side.

    Returns:
        The preview; :meth:`Aliases.merge` takes its ``keep``, ``gone`` and ``evidence``.

    Example:
        >>> from retailcrm.domain.identity import Aliases, CustomerId, Identity
        >>> a, b = CustomerId("c1"), CustomerId("c2")
        >>> nick = frozenset({Identity.of("taobao", "main", "nick", "小明")})
        >>> preview_merge(Aliases(), Party(a, nick, 3), Party(b, nick, 2)).orders
        5
        >>> mask = frozenset({Identity.of("taobao", "main", "nick", "小**明")})
        >>> print(preview_merge(Aliases(), Party(a, mask, 3), Party(b, mask, 2)).refusal)
        no_evidence
    """
    present = aliases.resolve(keep.customer)
    same = present == aliases.resolve(gone.customer)
    evidence = () if same else tuple(merge_evidence(keep.identities, gone.identities))
    refusal = MergeRefusal.SAME_CUSTOMER if same else None if evidence else _lacking(keep, gone)
    return MergePreview(
        keep=keep.customer,
        gone=gone.customer,
        present=present,
        ids=tuple(sorted(aliases.members(keep.customer) | aliases.members(gone.customer))),
        identities=tuple(sorted(keep.identities | gone.identities)),
        orders=keep.orders if same else keep.orders + gone.orders,
        evidence=evidence,
        refusal=refusal,
    )


def _lacking(a: Party, b: Party) -> MergeRefusal:
    """Tell a pair that shares a phone from one that shares nothing."""
    shared = _phones(a) & _phones(b)
    return MergeRefusal.ONLY_PHONE if shared else MergeRefusal.NO_EVIDENCE


def _phones(party: Party) -> set[str]:
    return {
        i.value for i in party.identities if i.kind == IdentityKind.PHONE and i.strength is not Strength.NONE
    }
