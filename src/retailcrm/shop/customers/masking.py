"""Show that something is known of a person, without showing what: for screens and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.customers import Customer, Email, Name, Personal, Phone
from retailcrm.domain.customers.personal import SHOWN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HIDDEN = "***"


def masked(value: Personal) -> str:
    """Write a personal text so that whoever knows it recognises it, and nobody else learns it.

    Example:
        >>> from retailcrm.domain.customers import Address
        >>> masked(Name("张三")), masked(Phone("13800134821")), masked(Email("ann@example.com"))
        ('张**', '***4821', 'a***@example.com')
        >>> masked(Address("浙江省杭州市西湖区文三路1号"))
        '***'
    """
    way = _WAYS.get(type(value))
    return _HIDDEN if way is None else way(value.text)


def _phone(text: str) -> str:
    return f"{_HIDDEN}{text[-SHOWN_DIGITS:]}" if len(text) > 2 * SHOWN_DIGITS else _HIDDEN


def _email(text: str) -> str:
    name, _, host = text.rpartition("@")
    return f"{name[:1]}{_HIDDEN}@{host}" if len(name) > 1 else f"{_HIDDEN}@{host}"


_WAYS: Mapping[type[Personal], Callable[[str], str]] = {
    Name: lambda text: f"{text[:1]}**",
    Phone: _phone,
    Email: _email,
}


def masked_person(person: Customer) -> str:
    """Write what is known of a person in one line."""
    return " ".join(masked(v) for v in (person.name, person.phone, person.email) if v is not None)
