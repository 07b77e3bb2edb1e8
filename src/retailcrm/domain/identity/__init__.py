"""Who is who: keys of orders and people, how far each can be trusted, merging and un-merging."""

from retailcrm.domain.identity.aliases import Aliases, CustomerId, Merged, Unmerged
from retailcrm.domain.identity.evidence import Evidence, EvidenceKind, merge_evidence
from retailcrm.domain.identity.keys import (
    KIND_STRENGTH,
    Identity,
    IdentityKind,
    OrderRef,
    Strength,
    phone_name_key,
    strength_of,
)
from retailcrm.domain.identity.preview import REFUSAL_LABELS, MergePreview, MergeRefusal, Party, preview_merge
from retailcrm.domain.identity.values import is_masked, is_virtual_number, normalised

__all__ = [
    "KIND_STRENGTH",
    "REFUSAL_LABELS",
    "Aliases",
    "CustomerId",
    "Evidence",
    "EvidenceKind",
    "Identity",
    "IdentityKind",
    "MergePreview",
    "MergeRefusal",
    "Merged",
    "OrderRef",
    "Party",
    "Strength",
    "Unmerged",
    "is_masked",
    "is_virtual_number",
    "merge_evidence",
    "normalised",
    "phone_name_key",
    "preview_merge",
    "strength_of",
]
