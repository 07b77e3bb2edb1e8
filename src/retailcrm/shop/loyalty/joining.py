"""Points follow who is who: at once when somebody decides, in the very same unit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.identity import CustomerId
from retailcrm.ports.ledger import Unit
from retailcrm.shop.loyalty.accounts import account_id, customer_of, wallet_of
from retailcrm.shop.loyalty.at_once import Written, at_once, heads_of, owners
from retailcrm.shop.loyalty.attempts import begun_anew
from retailcrm.shop.loyalty.known_orders import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.ports.ledger import Spending
    from retailcrm.shop.loyalty.accounts import Accounts


def followed(accounts: Accounts | None) -> Callable[[Sequence[str]], None]:
    """Give what brings points up to date before and after a merge, or before and after one is taken back.

    What files told before the decision is written of those whose it was then: else a refund of the one would
    take points of the other, and whoever bought nothing for long would have what lapsed back.

    Args:
        accounts: The shop's accounts; ``None``: there are no points.

    Returns:
        Takes the ids that the decision names; call it inside the unit of the decision, on both sides of it.
    """

    def follow(ids: Sequence[str]) -> None:
        if accounts is None:
            return
        present = accounts.merges.present()
        customers = sorted({present.get(one, one) for one in ids})
        members = {str(m) for one in customers for m in accounts.merges.aliases.members(CustomerId(one))}
        with accounts.ledger.unit():
            for wallet in accounts.programme.wallets:
                names = sorted(account_id(wallet.name, one) for one in members)
                accounts.ledger.lock(*names)
                # Where nobody's points are written yet, orders tell all; a till's file may come from before.
                if any(accounts.ledger.account(name).version for name in names):
                    for one in customers:
                        _up_to_date(accounts, one, wallet.name)

    return follow


def still(accounts: Accounts, *wallets: str) -> Accounts:
    """Write what accounts do not have yet of who is who, and give them to be read in a snapshot.

    Args:
        accounts: The shop's accounts.
        wallets: Names of the wallets that will be read; the first if empty.

    Raises:
        SettingsError: There is no such wallet.
    """
    for wallet in wallets:
        caught_up(accounts, accounts.programme.wallet(wallet).name)
    return attrs.evolve(accounts, still=True)


def caught_up(accounts: Accounts, wallet: str) -> None:
    """Write what a wallet's accounts do not have yet of who is who today.

    Args:
        accounts: The shop's accounts.
        wallet: Its name.
    """
    ledger, written = accounts.ledger, Written.of(accounts)
    names = [name for name, head in heads_of(accounts, wallet).items() if not written.by(head)]
    for customer in dict.fromkeys(owners(at_once(accounts), names).values()):
        begun_anew(partial(joined, accounts, customer, wallet), in_unit=lambda: ledger.in_unit)


def as_known(accounts: Accounts, spent: Spending) -> Spending:
    """Write what is known of the orders that points were spent of, before any of those points return.

    Of an order that was refunded meanwhile, what lapsed unused is taken first. Points that return before
    the refund is followed may be spendable again, and would be taken in its place.

    Args:
        accounts: The shop's accounts.
        spent: What was spent.

    Returns:
        What is spent of it still: a refund that a file tells of may have returned some.
    """
    ledger, wallet = accounts.ledger, wallet_of(spent.account)
    lots = ledger.lots(spent.account)
    # They may be of orders of somebody else: of one whom she was taken for when she spent them.
    roots = {lots[one.lot].root for one in spent.allocations}
    homes = {ledger.awarded(wallet, root.removeprefix("order:")) for root in roots}
    for customer in sorted({customer_of(name) for name in (spent.account, *homes) if name is not None}):
        _up_to_date(accounts, customer, wallet)
    return ledger.spending(spent.key) or spent


def _up_to_date(accounts: Accounts, customer: str, wallet: str) -> None:
    """Join or part accounts, and write what is known of the orders that are hers now."""
    current = accounts.current(customer, wallet)
    if current.entries or current.awards or current.spendings:
        change = (current.change(current.account),)
        accounts.ledger.write(Unit(changes=change, awards=current.awards, spendings=current.spendings))
