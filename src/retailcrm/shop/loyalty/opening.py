"""Points that another system kept until now: ``shop.loyalty.opening``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.opening import Opened, OpeningRow, imported, open_balances
from retailcrm.domain.points.reconciling import Reconciliation, Stated, reconcile
from retailcrm.ports.ledger import Unit
from retailcrm.shop.loyalty.accounts import account_id, customer_of
from retailcrm.shop.loyalty.attempts import begun_anew

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen
class Opening:
    """Takes balances over, and compares what was taken with what the other system states."""

    _accounts: Accounts = attrs.field(repr=False)

    def take(
        self,
        rows: Sequence[OpeningRow],
        *,
        key: str,
        file: str,
        at: datetime | None = None,
        wallet: str = "",
    ) -> Opened:
        """Take over balances or lots, all of them together.

        Args:
            rows: Each with an id of its own there; ``account`` is the customer's id here.
            key: Name of the import, for the journal. Rows that were taken before are never taken twice.
            file: Name of the file, for problems.
            at: The cut-over, aware; now if left out.
            wallet: Name of the wallet; the first if empty.

        Returns:
            How many rows were taken, and a problem for each that was not.
        """
        return begun_anew(
            lambda: self._taken(rows, key, file, at, wallet), in_unit=lambda: self._accounts.ledger.in_unit
        )

    def _taken(
        self, rows: Sequence[OpeningRow], key: str, file: str, at: datetime | None, wallet: str
    ) -> Opened:
        """Take rows over in one unit: whoever writes to one of the accounts waits, or was first."""
        accounts, rules = self._accounts, self._accounts.programme.wallet(wallet)
        with accounts.ledger.unit():
            named = self._named(rows, wallet)
            accounts.ledger.lock(*(row.account for row in named))
            names = dict.fromkeys(row.account for row in named)
            current = {name: accounts.current(customer_of(name), rules.name) for name in names}
            found = open_balances(
                named, {name: one.account for name, one in current.items()}, file=file, key=key,
                now=accounts.clock(), known=imported(self._entries()), effective_at=at, expiry=rules.expiry,
                idle=rules.inactive,
            )  # fmt: skip
            done = {name: one for name, one in found.accounts.items() if one.entries}
            accounts.ledger.write(
                Unit(
                    changes=tuple(
                        current[name].change(one.account, one.entries) for name, one in done.items()
                    ),
                    awards=tuple(award for name in done for award in current[name].awards),
                    spendings=tuple(spent for name in done for spent in current[name].spendings),
                )
            )
        return found

    def compare(
        self, rows: Sequence[OpeningRow], stated: Stated, *, wallet: str = "", worst: int = 10
    ) -> Reconciliation:
        """Compare what was taken with the totals that the other system states.

        Args:
            rows: As they were taken.
            stated: Its totals; accounts in them are customers' ids here.
            wallet: Name of the wallet; the first if empty.
            worst: How many of the accounts that differ most to list.

        Returns:
            The figures side by side; ``agrees`` says whether all of them do.
        """
        rules = self._accounts.programme.wallet(wallet)
        name = {who: account_id(rules.name, self._accounts.customer(who)) for who in stated.by_account or ()}
        told = stated
        if stated.by_account is not None:
            told = attrs.evolve(
                stated, by_account={name[who]: points for who, points in stated.by_account.items()}
            )
        return reconcile(
            self._named(rows, wallet), self._entries(), told, zone=self._accounts.policy.zone, worst=worst
        )

    def _named(self, rows: Sequence[OpeningRow], wallet: str) -> list[OpeningRow]:
        name = self._accounts.programme.wallet(wallet).name
        return [
            attrs.evolve(row, account=account_id(name, self._accounts.customer(row.account))) for row in rows
        ]

    def _entries(self) -> list[Entry]:
        ledger = self._accounts.ledger
        return [entry for name in ledger.accounts() for entry in ledger.entries(name)]
