"""Points that another system kept until now, taken over into a shop's accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.opening import Opened, OpeningRow, imported, open_balances
from retailcrm.ports.ledger import Unit
from retailcrm.shop.loyalty.accounts import account_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from retailcrm.shop.loyalty.accounts import Accounts


def opened(
    accounts: Accounts, rows: Sequence[OpeningRow], key: str, file: str, at: datetime | None, wallet: str
) -> Opened:
    """Write the balances of another system, all of them together; rows that were written before are not."""
    rules, now = accounts.programme.wallet(wallet), accounts.clock()
    named = [
        attrs.evolve(row, account=account_id(rules.name, accounts.customer(row.account))) for row in rows
    ]
    current = {row.account: accounts.current(row.account.partition("/")[2], rules.name) for row in named}
    known = imported(entry for name in accounts.ledger.accounts() for entry in accounts.ledger.entries(name))
    found = open_balances(
        named, {name: one.account for name, one in current.items()}, file=file, key=key, now=now,
        known=known, effective_at=at, expiry=rules.expiry, idle=rules.inactive,
    )  # fmt: skip
    changes = tuple(
        current[name].change(done.account, done.entries)
        for name, done in found.accounts.items()
        if done.entries
    )
    awards = tuple(award for one in current.values() for award in one.awards)
    accounts.ledger.write(Unit(changes=changes, awards=awards if changes else ()))
    return found
