"""A customer's file: every value with its source and moment, the newest in force."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.customers.personal import Personal
from retailcrm.domain.customers.profile import Birthday, Customer, Gender
from retailcrm.domain.identity.values import is_blank
from retailcrm.domain.periods import in_utc
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.identity import CustomerId

Value = Personal | Birthday | Gender | str | datetime | frozenset[str]
"""What a field of a customer can hold."""

FIELDS: Final = tuple(field.name for field in attrs.fields(Customer) if field.name != "id")
"""The fields that a file keeps, by name."""

_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class FieldValue:
    """One value of one field, and where it comes from.

    Attributes:
        value: The value; personal texts print masked.
        source: What told it: a file, a platform, a person.
        observed_at: When it was told; aware, kept in UTC.
    """

    value: Value
    source: str
    observed_at: datetime = attrs.field(converter=in_utc)


def _grouped(history: Mapping[str, Iterable[FieldValue]]) -> Mapping[str, tuple[FieldValue, ...]]:
    unknown = sorted(set(history) - set(FIELDS))
    if unknown:
        raise InputError(f"a customer has no field {', '.join(unknown)}; there are: {', '.join(FIELDS)}")
    ranked = {
        name: tuple(sorted(set(history.get(name, ())), key=lambda v: _rank(name, v))) for name in FIELDS
    }
    return MappingProxyType({name: told for name, told in ranked.items() if told})


@attrs.frozen
class CustomerFile:
    """All that was ever told about one customer.

    The value in force is the newest that is not empty; at equal moments the source whose name sorts
    first. Two rules go before that: a masked name, phone, e-mail or address never replaces one in
    clear, and of ``first_seen`` the earliest is in force, whoever told it. The others are the history.
    The outcome does not depend on the order in which observations arrive, nor on repeats.

    Attributes:
        id: Our id of the customer.
        history: What was told of each field, the value in force first; unknown fields are left out.

    Raises:
        InputError: ``history`` names a field that customers do not have.

    Example:
        >>> from retailcrm.domain.customers import Customer, CustomerFile
        >>> from retailcrm.domain.identity import CustomerId
        >>> c1, file = CustomerId("c1"), CustomerFile(CustomerId("c1"))
        >>> march, may = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
        >>> file = file.with_observation(Customer(id=c1, level="金卡"), source="erp", observed_at=may)
        >>> file = file.with_observation(Customer(id=c1, level="银卡"), source="erp", observed_at=march)
        >>> file.profile().level, [told.value for told in file.history["level"]]
        ('金卡', ['金卡', '银卡'])
    """

    id: CustomerId
    history: Mapping[str, tuple[FieldValue, ...]] = attrs.field(factory=dict, converter=_grouped, hash=False)

    def with_observation(self, told: Customer, *, source: str, observed_at: datetime) -> CustomerFile:
        """Add what a source tells about the customer.

        Args:
            told: The customer as the source has her; fields it does not have are ``None``.
            source: What tells it.
            observed_at: When; aware.

        Returns:
            The file with all values that are not empty.

        Raises:
            InputError: It is about another customer, or the moment has no zone.
        """
        if told.id != self.id:
            raise InputError(f"this is the file of {self.id}, not of {told.id}")
        moment = in_utc(observed_at)
        new = {
            name: (FieldValue(value=value, source=source, observed_at=moment),)
            for name in FIELDS
            if not _is_empty(value := getattr(told, name))
        }
        return CustomerFile(self.id, _joined(self.history, new))

    def joined(self, other: CustomerFile) -> CustomerFile:
        """Read two files as one, for two ids that are one customer.

        Keep the files apart and join them when reading: then an un-merge has nothing to restore.

        Args:
            other: The file of the other id.

        Returns:
            A file under this one's id with the history of both.
        """
        return CustomerFile(self.id, _joined(self.history, other.history))

    def in_force(self, name: str) -> FieldValue | None:
        """Give the value in force of one field, with its source and moment; ``None`` if never told."""
        return next(iter(self.history.get(name, ())), None)

    def profile(self) -> Customer:
        """Give the customer as known today."""
        return Customer(id=self.id, **{name: told[0].value for name, told in self.history.items()})  # type: ignore[arg-type]


def _joined(
    a: Mapping[str, tuple[FieldValue, ...]], b: Mapping[str, tuple[FieldValue, ...]]
) -> dict[str, tuple[FieldValue, ...]]:
    return {name: (*a.get(name, ()), *b.get(name, ())) for name in a.keys() | b.keys()}


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any field's value
    text = value.text if isinstance(value, Personal) else value
    return is_blank(text) if isinstance(text, str) else not value


def _rank(name: str, told: FieldValue) -> tuple[Any, ...]:
    """Give what sorts the value in force to the front."""
    value = told.value
    if name == "first_seen":
        return (value, told.source, told.observed_at)
    hidden = isinstance(value, Personal) and not value.is_clear
    # The time left until the end of all times, so that newer sorts first.
    return (hidden, _FOR_EVER - told.observed_at, told.source, _text(value))


def _text(value: Value) -> str:
    """Write a value so that two different ones sort the same way in every process."""
    if isinstance(value, Personal):
        return value.text
    return "\n".join(sorted(value)) if isinstance(value, frozenset) else str(value)
