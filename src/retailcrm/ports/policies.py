"""The rules that a shop was opened with, kept with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from datetime import datetime


@attrs.frozen(kw_only=True)
class KeptPolicy:
    """Rules as they were kept.

    Attributes:
        digest: Of the rules: equal rules, equal digest.
        valid_from: When the shop was first opened with them, or with them again.
        document: What they are read back from.
    """

    digest: str
    valid_from: datetime
    document: str


class Policies(Protocol):
    """A shop's rules, past ones included."""

    def newest(self) -> KeptPolicy | None:
        """Give the rules that were kept last, ``None`` if none were."""

    def keep(self, policy: KeptPolicy) -> None:
        """Keep rules; those of a digest that is there already take the new moment.

        Raises:
            ConflictError: Others have been writing all the time.
        """
