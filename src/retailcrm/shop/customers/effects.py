"""What a merge would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from retailcrm.domain.customers import CustomerFile, FieldValue
    from retailcrm.domain.identity import CustomerId, MergePreview
    from retailcrm.shop.customers.cards import CustomerCard


@attrs.frozen(kw_only=True)
class FieldInForce:
    """Whose value of a field would be in force after a merge.

    Attributes:
        field: Name of the field.
        value: The value, with its source and moment; personal texts print masked.
        of: The customer of whom it was told.
        instead_of: What is in force of the other one now; ``None`` if nothing was told of her.
    """

    field: str
    value: FieldValue
    of: CustomerId
    instead_of: FieldValue | None


@attrs.frozen(kw_only=True)
class MergeEffect:
    """What a merge would change.

    Attributes:
        preview: Who would be one, and why; or why the merge is not offered.
        keep: The customer to keep, as she is now.
        gone: The other one.
        together: Both as one: orders, money, tier.
        fields: Whose value of each field would be in force, of the fields that anybody told.
    """

    preview: MergePreview
    keep: CustomerCard
    gone: CustomerCard
    together: CustomerCard
    fields: tuple[FieldInForce, ...]


def fields_in_force(keep: CustomerFile, gone: CustomerFile) -> tuple[FieldInForce, ...]:
    """Tell whose value of each field would be in force.

    Args:
        keep: The file of the one to keep.
        gone: The file of the other.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.customers import Customer, CustomerFile
        >>> from retailcrm.domain.identity import CustomerId
        >>> a, b = (CustomerFile(CustomerId(i)).with_observation(Customer(id=CustomerId(i), level=level),
        ...         source="list", observed_at=datetime(2024, month, 1, tzinfo=UTC))
        ...         for i, level, month in (("a", "gold", 1), ("b", "silver", 2)))
        >>> [(f.field, f.value.value, f.of, f.instead_of.value) for f in fields_in_force(a, b)]
        [('level', 'silver', 'b', 'gold')]
    """
    found = []
    for name in keep.joined(gone).history:
        value = keep.joined(gone).in_force(name)
        assert value is not None  # noqa: S101 - the field was told
        ours, theirs = keep.in_force(name), gone.in_force(name)
        of, other = (keep.id, theirs) if value == ours else (gone.id, ours)
        found.append(FieldInForce(field=name, value=value, of=of, instead_of=other))
    return tuple(found)
