"""Customers: who they are by all that files said, and where each piece comes from."""

from retailcrm.domain.customers.files import CustomerFile, FieldValue
from retailcrm.domain.customers.personal import Address, Email, Name, Personal, Phone
from retailcrm.domain.customers.profile import GENDER_LABELS, GENDERS, Birthday, Customer, Gender

__all__ = [
    "GENDERS",
    "GENDER_LABELS",
    "Address",
    "Birthday",
    "Customer",
    "CustomerFile",
    "Email",
    "FieldValue",
    "Gender",
    "Name",
    "Personal",
    "Phone",
]
