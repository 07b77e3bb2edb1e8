"""会员列表: one row a member, the latest to join first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.customers.profile import LUNAR
from retailcrm.simulate.contacts import email_parts, name_parts, phone_cells
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.lists import newest_list, older_list
from retailcrm.simulate.members import LEVELS, membership_of, spent_by
from retailcrm.simulate.pages import Calendar, cells_of, digits, number
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.shop import UTC_OFFSET, chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.lists import ListRows
    from retailcrm.simulate.pages import Cells, Part
    from retailcrm.simulate.shop import SimulatedShop

NEWEST_COLUMNS: Final = (
    *("会员昵称", "真实姓名", "性别", "生日", "手机号码", "电子邮箱"),
    *("省份", "城市", "入会时间", "会员等级", "积分余额", "接受短信"),
)
OLDER_COLUMNS: Final = (
    *("会员昵称", "真实姓名", "性别", "生日", "手机号码"),
    *("省份", "入会时间", "会员等级", "积分余额"),
)
_PAGE: Final = 1 << 13
_MARGIN: Final = 500
"""Days before the window that members can have joined in."""

_GENDERS: Final = ("女", "男", "保密", "")
_CONSENTS: Final = ("否", "是", "")
_NO_DAYS: Final = ("02-30", "13-05", "04-31", "00-12")
"""What stands in the place of impossible birthdays, after a year."""


def member_list(shop: SimulatedShop, *, dirty: bool = False) -> Iterator[bytes | bytearray]:
    """Write the member list of the end of the window page by page.

    Args:
        shop: The shop.
        dirty: Whether some birthdays are impossible days.

    Yields:
        Bytes: the header, then rows.
    """
    members, spent = membership_of(shop), spent_by(shop, shop.as_of)
    calendar = _calendar(shop)
    yield header(NEWEST_COLUMNS)
    for rows in chunks(np.arange(len(members)), _PAGE):
        listed = newest_list(shop, members.take(rows), spent, dirty=dirty)
        yield body(NEWEST_COLUMNS, _columns(shop, listed, calendar), len(rows))


def older_member_list(shop: SimulatedShop, moment: np.datetime64) -> Iterator[bytes | bytearray]:
    """Write the member list of an earlier moment page by page: fewer columns, older values.

    Args:
        shop: The shop.
        moment: UTC, exclusive.

    Yields:
        Bytes: the header, then rows.
    """
    members, spent = membership_of(shop), spent_by(shop, moment)
    calendar = _calendar(shop)
    yield header(OLDER_COLUMNS)
    for rows in chunks(np.flatnonzero(members.joined_at < moment), _PAGE):
        listed = older_list(shop, members.take(rows), spent)
        yield body(OLDER_COLUMNS, _columns(shop, listed, calendar), len(rows))


def _calendar(shop: SimulatedShop) -> Calendar:
    """Spell all days on which somebody can have joined."""
    first = np.datetime64(shop.spec.start) - _MARGIN
    return Calendar.of(first, _MARGIN + shop.spec.days + 1)


def _columns(shop: SimulatedShop, rows: ListRows, calendar: Calendar) -> dict[str, list[Part]]:
    """Lay out every column that one of the lists has."""
    draws, customer = shop.draws, rows.customer
    shy = 2 + customer % 2
    provinces = phrases.pool((*(p.province for p in PLACES), ""), ENCODING)
    cities = phrases.pool((*(p.city for p in PLACES), ""), ENCODING)
    return {
        "会员昵称": phrases.nick(draws, customer, ENCODING),
        "真实姓名": name_parts(draws, customer, ENCODING, rows.named),
        "性别": [phrases.pool(_GENDERS, ENCODING)[np.where(rows.gender < 0, shy, rows.gender)]],
        "生日": _birthdays(rows),
        "手机号码": [phone_cells(rows.phone, rows.masked)],
        "电子邮箱": email_parts(draws, customer, rows.email),
        "省份": [provinces[rows.place]],
        "城市": [cities[rows.place]],
        "入会时间": [calendar.stamps(rows.joined_at + UTC_OFFSET)],
        "会员等级": [phrases.pool(LEVELS, ENCODING)[rows.level]],
        "积分余额": [number(rows.points, 9)],
        "接受短信": [phrases.pool(_CONSENTS, ENCODING)[rows.consent]],
    }


def _birthdays(rows: ListRows) -> list[Part]:
    """Spell ``1990-05-01``, ``05-01``, ``农历1990-08-15``, ``农历08-15``, or a day that no calendar has."""
    told = np.where(rows.birthday < 0, 0, rows.birthday).astype(np.int64)
    lunar, plain = np.divmod(told, LUNAR)
    year, day = np.divmod(plain, 10_000)
    wrong = rows.impossible
    year = np.where(wrong, 1950 + rows.customer % 50, year)
    spelt = _days()[np.where(wrong, 10_000 + rows.customer % len(_NO_DAYS), day)]
    years = np.concatenate((digits(year, 4), np.full((len(year), 1), ord("-"), np.uint8)), axis=1)
    years[year == 0] = 0
    return [phrases.pool(("", "农历"), ENCODING)[lunar], years, spelt]


@cache
def _days() -> Cells:
    """Spell ``05-01`` for 501 and so on, nothing for 0, and from 10,000 on the days that there are not."""
    texts = [f"{code // 100:02d}-{code % 100:02d}" if code else "" for code in range(10_000)]
    return cells_of([*texts, *_NO_DAYS])
