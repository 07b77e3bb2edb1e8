"""Whether a points programme fits the rest of the policy: its tiers exist, its days are the shop's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.adapters.sources.mapping.reading import nearest
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.tiers import Ladder


def check_points(programme: Programme, *, ladder: Ladder | None, zone: str) -> None:
    """Refuse a programme that asks for what the shop does not have.

    Args:
        programme: The programme.
        ladder: The shop's tiers, if it has any.
        zone: IANA zone of the shop.

    Raises:
        SettingsError: It names a tier that does not exist, or its days are in another zone.
    """
    tiers = [] if ladder is None else [tier.name for tier in ladder.tiers]
    for where, named in _named(programme):
        for name in named:
            if ladder is None:
                raise SettingsError(f"{where} is for tier {name!r}, but there is no [ladder]")
            if name not in tiers:
                raise SettingsError(f"{where} tiers: no tier {name!r} in [ladder]{nearest(name, tiers)}")
    for what, rule in _expiries(programme):
        if rule.zone != zone:
            raise SettingsError(
                f"{what}: its days are in {rule.zone}, the shop's in {zone}; "
                "retailcrm.shop.policy.in_zone gives a programme the shop's"
            )


def _named(programme: Programme) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, campaign in enumerate(programme.campaigns, 1):
        yield f"[[points.campaign]] {number} ({campaign.name})", campaign.tiers
    for number, reward in enumerate(programme.rewards, 1):
        yield f"[[points.reward]] {number} ({reward.id})", reward.tiers


def _expiries(programme: Programme) -> Iterator[tuple[str, Expiry]]:
    """Give every rule that has days; the days of caps are those of the wallet's expiry."""
    for wallet in programme.wallets:
        yield f"points of wallet {wallet.name!r}", wallet.expiry
        others = (
            ("inactive", wallet.inactive),
            ("late", wallet.late.grace),
            ("late_by_shop", wallet.late_by_shop.grace),
        )
        for what, rule in others:
            if rule is not None and rule != type(rule)():
                yield f"{what} of wallet {wallet.name!r}", rule
