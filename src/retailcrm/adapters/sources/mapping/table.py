"""What the columns of a table mean, as an object that is checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.sources.field import Field, Kind
from retailcrm.adapters.sources.mapping.checks import CHECKS
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.orders import OrderState
    from retailcrm.ports.batches import BuyerKey, Grain


@attrs.frozen(kw_only=True)
class Cancel:
    """How a file says that a record takes something back.

    Attributes:
        number_prefix: Order numbers that begin so are credit notes.
        negative_quantity: Negative quantities are returns.
        states: State texts that mean the order was cancelled before it was paid.
    """

    number_prefix: str | None = None
    negative_quantity: bool = False
    states: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Keep:
    """Which rows are wanted.

    Attributes:
        names: Names of the column that tells, the first present one is taken.
        values: Texts that it must have; all other rows are left out, and counted.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]


@attrs.frozen(kw_only=True)
class TableMapping:
    """What the columns of a table mean.

    Attributes:
        name: Word for messages.
        platform: Where its order numbers and buyers are known; the name unless told otherwise.
        grain: What one row is.
        zone: IANA zone of its times; ``None`` takes the shop's.
        currency: ISO 4217 code of its amounts; ``None`` takes the shop's.
        fields: By field name, see the guide "map your own CSV"; the levels of a category that stand in
            several columns are ``category.1``, ``category.2``, ...
        optional: Fields whose column may be absent from a file.
        form: Encoding, delimiter, whether there is a header.
        columns: Column names of a file without header.
        buyer: What the buyer column holds.
        state: State of every record, where the file has no such column.
        amount: Amount of every record, where the file tells none; decimal text.
        quantity: Pieces of every line, where the file has no such column.
        cancel: How records are taken back.
        paid_is: Whether ``paid`` (or the amount of a line) is ``"gross"`` (before refunds) or ``"net"`` of
            them; must be said where ``paid`` and ``refunded`` are mapped and no ``total`` lets it be found
            out. Lines are net unless told otherwise.
        synthetic_key: Make order (or refund) numbers of the record's own content: the file has none.
        keep: Which rows are wanted; ``None`` for all.

    Raises:
        SettingsError: No record could be made by it, or something it says would never be read.
    """

    name: str
    platform: str
    grain: Grain
    fields: Mapping[str, Field]
    optional: frozenset[str] = frozenset()
    zone: str | None = None
    currency: str | None = None
    form: TextForm = TextForm()
    columns: tuple[str, ...] = ()
    buyer: BuyerKey | None = None
    state: OrderState | None = None
    amount: str | None = None
    quantity: int | None = None
    cancel: Cancel = Cancel()
    paid_is: str | None = None
    synthetic_key: bool = False
    keep: Keep | None = None

    def __attrs_post_init__(self) -> None:
        for check in CHECKS:
            reason = check(self)
            if reason:
                raise SettingsError(f"mapping {self.name}: {reason}")

    @property
    def wanted(self) -> Mapping[str, Field]:
        """Every column that is looked for, the one that tells which rows to keep among them."""
        if self.keep is None:
            return self.fields
        return {**self.fields, "keep": Field(names=self.keep.names, kind=Kind.TEXT)}
