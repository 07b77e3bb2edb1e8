"""Read a points programme out of the ``[points]`` table of a policy file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
from retailcrm.domain.points.reversal import LatePolicy
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Redemption, Waiting, Wallet
from retailcrm.errors import SettingsError
from retailcrm.shop.policy.points_settings import OF_A_WALLET, Place, known, made, names, read

GRACE_DAYS: Final = 30
"""Days of grace where the policy says grace and not how long."""

_LISTS: Final = ("campaign", "activity", "reward", "wallet")


def programme_from_table(table: object, *, currency: str, zone: str) -> Programme:
    """Build a points programme from the parsed ``[points]`` table of a policy file.

    Args:
        table: ``margin``, ``tier_at`` and ``fuse_days``; the sections ``earn``, ``waiting``, ``expiry``,
            ``inactive``, ``redemption`` and ``refunds`` of its wallet; ``referral``; and the lists
            ``campaign``, ``activity``, ``reward`` and ``wallet``. Every one may be left out.
        currency: ISO 4217 code of the shop's amounts.
        zone: IANA zone of the shop, in which all of the programme's days are.

    Returns:
        The programme; settings left out have their defaults.

    Raises:
        SettingsError: A setting is unknown (the message suggests the nearest), missing, of the wrong type
            or never read, or settings contradict each other.

    Example:
        >>> table = {"earn": {"rate": "1/3"}, "redemption": {"points_per_unit": "50"}}
        >>> programme = programme_from_table(table, currency="CNY", zone="Asia/Shanghai")
        >>> programme.wallet().earn.rate, programme.wallet().expiry.zone
        (Fraction(1, 3), 'Asia/Shanghai')
    """
    place = Place(currency, zone)
    said = known("[points]", table, names("points", *OF_A_WALLET, "referral", *_LISTS))
    values = read("[points]", said, "points", place)
    first = _wallet("points", {key: said[key] for key in OF_A_WALLET if key in said}, place)
    further = [_further(number, one, place) for number, one in _tables(said, "wallet")]
    referral = said.get("referral")
    values |= {
        "wallets": (first, *further),
        "campaigns": tuple(_listed(said, "campaign", Campaign, place)),
        "activities": tuple(_activity(number, one, place) for number, one in _tables(said, "activity")),
        "referral": None if referral is None else _plain("[points.referral]", referral, "referral", place),
        "rewards": tuple(_listed(said, "reward", Reward, place)),
    }
    programme: Programme = made("[points]", "points", Programme, values)
    return programme


def in_zone(programme: Programme, zone: str) -> Programme:
    """Give a programme made in Python the shop's zone for all its days.

    Args:
        programme: As made, its expiries perhaps in UTC.
        zone: IANA zone of the shop.

    Example:
        >>> in_zone(Programme(), "Asia/Shanghai").wallet().expiry.zone
        'Asia/Shanghai'
    """

    def there(rule: Expiry | None) -> Any:  # noqa: ANN401 - an Expiry, or None as it came
        return None if rule is None else attrs.evolve(rule, zone=zone)

    return attrs.evolve(
        programme,
        wallets=tuple(
            attrs.evolve(
                wallet,
                expiry=there(wallet.expiry),
                inactive=there(wallet.inactive),
                late=attrs.evolve(wallet.late, grace=there(wallet.late.grace)),
                late_by_shop=attrs.evolve(wallet.late_by_shop, grace=there(wallet.late_by_shop.grace)),
            )
            for wallet in programme.wallets
        ),
    )


def _tables(said: Mapping[str, Any], name: str) -> list[tuple[int, Any]]:
    """Give the tables of a list with their numbers."""
    entries = said.get(name, [])
    if not isinstance(entries, list | tuple):
        raise SettingsError(f"[points]: {name} is a list of tables, each headed [[points.{name}]]")
    return list(enumerate(entries, 1))


def _listed(said: Mapping[str, Any], name: str, kind: type, place: Place) -> list[Any]:
    return [
        made(
            f"[[points.{name}]] {number}",
            name,
            kind,
            _values(f"[[points.{name}]] {number}", one, name, place),
        )
        for number, one in _tables(said, name)
    ]


def _values(where: str, said: object, section: str, place: Place) -> dict[str, Any]:
    return read(where, known(where, said, names(section)), section, place)


_KINDS: Final[Mapping[str, type]] = {
    "earn.base": EarnBase,
    "earn.caps": Cap,
    "redemption": Redemption,
    "referral": Referral,
}


def _plain(where: str, said: object, section: str, place: Place) -> Any:  # noqa: ANN401 - the section's kind
    """Read a section whose settings are the fields of its rule."""
    return made(where, section, _KINDS[section], _values(where, said, section, place))


def _further(number: int, said: object, place: Place) -> Wallet:
    where = f"[[points.wallet]] {number}"
    table = known(where, said, names("wallet", *OF_A_WALLET))
    own = read(where, table, "wallet", place)
    sections = {key: table[key] for key in OF_A_WALLET if key in table}
    if own.get("qualifying"):
        _refuse_spending(where, sections)
    rest: Wallet = _wallet(f"points.wallet.{own['name']}", sections, place)
    wallet: Wallet = made(where, "wallet", lambda **values: attrs.evolve(rest, **values), own)
    return wallet


def _refuse_spending(where: str, sections: Mapping[str, Any]) -> None:
    """Refuse what a wallet that is never spent would not read."""
    if "redemption" in sections:
        raise SettingsError(f"{where}: points that qualify are never spent: redemption would not be read")
    refunds = sections.get("refunds", {})
    unread = [key for key in refunds if key != "shortfall"] if isinstance(refunds, Mapping) else []
    if unread:
        raise SettingsError(
            f"{where}: points that qualify are never given back: {unread[0]} would not be read"
        )


def _wallet(path: str, said: Mapping[str, Any], place: Place) -> Wallet:
    """Read the sections that every wallet has."""
    values: dict[str, Any] = _expiry(f"[{path}.expiry]", said.get("expiry", {}), place)
    values |= _refunds(f"[{path}.refunds]", said.get("refunds", {}), place)
    if "earn" in said:
        values["earn"] = _earn(f"{path}.earn", said["earn"], place)
    if values.get("earn", EarnRule()) is None and "waiting" in said:
        raise SettingsError(f"[{path}.waiting]: orders earn nothing here: it would not be read")
    if "waiting" in said:
        values["waiting"] = _waiting(f"[{path}.waiting]", said["waiting"], place)
    if "inactive" in said:
        values["inactive"] = _inactive(f"[{path}.inactive]", said["inactive"], place)
    if "redemption" in said:
        values["redemption"] = _plain(f"[{path}.redemption]", said["redemption"], "redemption", place)
    return Wallet(**values)


def _earn(path: str, said: object, place: Place) -> EarnRule | None:
    where = f"[{path}]"
    if said is False:
        return None
    if not isinstance(said, Mapping):
        raise SettingsError(
            f"{where}: a table was expected, or false where orders earn nothing; got {said!r}"
        )
    table = known(where, said, names("earn", "base", "caps"))
    values = read(where, table, "earn", place)
    if "base" in table:
        values["base"] = _plain(f"[{path}.base]", table["base"], "earn.base", place)
    caps = table.get("caps", [])
    if not isinstance(caps, list | tuple):
        raise SettingsError(f'{where} caps is a list, as [{{ points = 1000, per = "day" }}]; got {caps!r}')
    values["caps"] = tuple(
        _plain(f"{where} caps {number}", one, "earn.caps", place) for number, one in enumerate(caps, 1)
    )
    if len({cap.per for cap in values["caps"]}) < len(caps):
        raise SettingsError(f"{where} caps: two limits for the same time; the higher would not be read")
    rule: EarnRule = made(where, "earn", EarnRule, values)
    return rule


def _waiting(where: str, said: object, place: Place) -> Waiting:
    table = known(where, said, names("waiting"))
    never = table.get("days") == "never"
    values = read(
        where, {key: value for key, value in table.items() if key != "days" or not never}, "waiting", place
    )
    if never:
        values["days"] = None
    if values.get("until") == "paid":
        _unread(where, table, ("days", "since"), 'until = "paid"')
    if never:
        _unread(where, table, ("since",), 'days = "never"')
    waiting: Waiting = made(where, "waiting", Waiting, values)
    return waiting


def _unread(where: str, table: Mapping[str, Any], settings: tuple[str, ...], reason: str) -> None:
    """Refuse settings that nobody would look at."""
    for name in settings:
        if name in table:
            raise SettingsError(f"{where} {name} would not be read with {reason}")


def _expiry(where: str, said: object, place: Place) -> dict[str, Any]:
    """Read when points lapse, and from when on that counts."""
    table = known(where, said, names("expiry"))
    values = read(where, table, "expiry", place)
    fields: dict[str, Any] = {key: values.pop(key) for key in ("expiry_from",) if key in values}
    if "never" in values and not values.pop("never"):
        raise SettingsError(f"{where} never = false says nothing: leave it out, or say when points lapse")
    if "never" in table:
        _unread(where, table, ("months", "days", "on", "snap", "from"), "never = true")
        return {"expiry": Expiry(zone=place.zone)}
    if "on" in table:
        _unread(where, table, ("months", "days", "snap", "from"), "on")
        return {"expiry": Expiry(on=values["on"], zone=place.zone)}
    if "days" not in values:
        values = {"months": 12, "snap": "year", **values}
    elif "months" in values:
        raise SettingsError(f"{where}: points lapse after months or after days, not both")
    fields["expiry"] = made(where, "expiry", Expiry, {**values, "zone": place.zone})
    return fields


def _inactive(where: str, said: object, place: Place) -> Expiry:
    values = _values(where, said, "inactive", place)
    if len(values) != 1:
        raise SettingsError(f"{where}: give months or days, one of the two")
    rule: Expiry = made(where, "inactive", Expiry, {**values, "zone": place.zone})
    return rule


def _refunds(where: str, said: object, place: Place) -> dict[str, Any]:
    values = _values(where, said, "refunds", place)
    late = values.pop("late", "expire"), values.pop("grace_days", None)
    by_shop = values.pop("late_by_shop", "grace"), values.pop("grace_days_by_shop", None)
    return {
        **values,
        "late": _late(where, "", *late, place),
        "late_by_shop": _late(where, "_by_shop", *by_shop, place),
    }


def _late(where: str, ending: str, late: Any, days: int | None, place: Place) -> LatePolicy:  # noqa: ANN401 - a checked word
    if late != "grace":
        if days is not None:
            raise SettingsError(f'{where} grace_days{ending} is only read with late{ending} = "grace"')
        return LatePolicy(late=late, grace=Expiry(zone=place.zone))
    try:
        grace = Expiry(days=GRACE_DAYS if days is None else days, zone=place.zone)
    except SettingsError as error:
        raise SettingsError(f"{where} grace_days{ending}: {error}") from error
    return LatePolicy(late=late, grace=grace)


def _activity(number: int, said: object, place: Place) -> Activity:
    where = f"[[points.activity]] {number}"
    table = known(where, said, names("activity", "streak"))
    values = read(where, table, "activity", place)
    if "streak" in table:
        values["streak"] = _streak(f"{where} streak", table["streak"])
    activity: Activity = made(where, "activity", Activity, values)
    return activity


def _streak(where: str, said: object) -> tuple[tuple[int, int], ...]:
    """Read days and the points on top of each; TOML's keys are text."""
    if not isinstance(said, Mapping) or not said:
        raise SettingsError(f"{where} must be a table of days and points, as {{ 7 = 20 }}; got {said!r}")
    pairs = []
    for day, points in said.items():
        if not str(day).isdecimal() or len(str(day)) > 4 or type(points) is not int:  # noqa: PLR2004 - digits
            raise SettingsError(f"{where}: {day} = {points!r} are not a day and its points")
        pairs.append((int(day), points))
    return tuple(sorted(pairs))
