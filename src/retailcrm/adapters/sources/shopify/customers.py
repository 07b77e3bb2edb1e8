"""The customers export read into batches of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.adapters.sources.reading import read_fields, taken
from retailcrm.adapters.sources.shopify.columns import CONTACT, CUSTOMER
from retailcrm.adapters.sources.shopify.problems import marked
from retailcrm.adapters.sources.shopify.texts import address_of, first_told, joined
from retailcrm.ports.batches import Batch, Grain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailcrm.adapters.sources.reading import Piece
    from retailcrm.domain.problems import Problem
    from retailcrm.ports.sources import SourceFile

_AS_READ: Final = ("phone", "email", "province", "city", "tags", "consent", "consent_email", "consent_sms")
_NAME: Final = ("first_name", "last_name")
_NO_CONTACT: Final = (
    "neither an e-mail address nor a telephone number: orders have no customer number, so that this person "
    "cannot be joined to any"
)


def read_customers(file: SourceFile, places: Mapping[str, int]) -> Iterator[Batch | Problem]:
    """Read a customers export; a person without any contact is rejected.

    Args:
        file: The opened export.
        places: The column of each field.
    """
    for piece in read_fields(file, CUSTOMER, places):
        contact = piece.values["contact_email"]
        if "contact_phone" in piece.values:
            contact = first_told(contact, piece.values["contact_phone"])
        reached = np.diff(contact.offsets) > 0
        keep = piece.keep & reached
        yield from piece.problems
        yield from marked(
            file, piece, piece.keep & ~reached, "contact_email", code="no-contact", message=_NO_CONTACT
        )
        columns = {"buyer": contact, **_columns(piece)}
        yield Batch(
            grain=Grain.CUSTOMERS,
            records=piece.block.records[keep],
            columns={name: taken(column, keep) for name, column in columns.items()},
            currency=file.currency,
            buyer_key=CONTACT,
            blank=piece.blank,
        )


def _columns(piece: Piece) -> dict[str, Any]:
    values = piece.values
    columns = {name: values[name] for name in _AS_READ if name in values}
    names = [values[name] for name in _NAME if name in values]
    if names:
        columns["name"] = joined(names, " ")
    address = address_of(values)
    if address is not None:
        columns["address"] = address
    return columns
