"""A shop's rules in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.adapters.stores.sql.codecs import micros, moment, proof
from retailcrm.ports.policies import KeptPolicy

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database

_NEWEST: Final = (
    "SELECT digest, valid_from, document FROM retailcrm_policies WHERE shop = ? "
    "ORDER BY valid_from DESC, digest LIMIT 1"
)
_KEEP: Final = sql.upsert("policies", "shop, digest, valid_from, document, proof", "shop, digest")


@attrs.frozen(eq=False)
class SqlPolicies:
    """A shop's rules in a database; see :class:`retailcrm.ports.policies.Policies`.

    Attributes:
        database: Where.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def newest(self) -> KeptPolicy | None:
        """Give the rules that were kept last, ``None`` if none were."""
        row = self.database.executor.one(_NEWEST, (self.shop,))
        if row is None:
            return None
        digest, valid_from, document = row
        return KeptPolicy(digest=digest, valid_from=moment(valid_from), document=document)

    def keep(self, policy: KeptPolicy) -> None:
        """Keep rules; those of a digest that is there already take the new moment."""
        with self.database.unit() as executor:
            values = (self.shop, policy.digest, micros(policy.valid_from), policy.document)
            executor.run(_KEEP, (*values, proof(*values)))
