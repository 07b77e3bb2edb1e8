"""Members: who joins, what they tell, and how the lists of two moments differ."""

from collections import Counter, defaultdict
from datetime import date

import attrs
import numpy as np
import pytest

from retailcrm.domain.customers import GENDERS, Birthday, Gender
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.simulate import ShopSpec, contact_table, member_table, simulate_shop
from retailcrm.simulate.lists import newest_list, older_list
from retailcrm.simulate.members import birthdays_of, genders_of, membership_of, people_of, spent_by
from retailcrm.simulate.randomness import Draws

MANY = np.arange(0, 200_000, 2)  # even numbers are nobody's second nick
SPEC = ShopSpec(seed=11)
DRAWS = Draws(11)


@pytest.fixture(scope="module")
def shop():
    """A shop of the demo's size."""
    return simulate_shop(ShopSpec(seed=7))


@pytest.fixture(scope="module")
def members(shop):
    """Its members."""
    return membership_of(shop)


def test_seven_of_ten_buyers_and_some_others_join(shop, members):
    """Seventy percent of the buyers but for those who join later (five sigma: 3.3 %), and 400 others."""
    buyers = members.customer[members.customer < shop.customers]
    assert 0.64 < len(buyers) / shop.customers < 0.733
    others = members.customer[members.customer >= shop.customers]
    assert sorted(others.tolist()) == list(range(5000, 5400))
    assert people_of(shop) == 5400
    assert len(np.unique(members.customer)) == len(members)


def test_the_latest_to_join_come_first(shop, members):
    """Times fall from row to row and lie before the end."""
    assert (np.diff(members.joined_at) <= np.timedelta64(0)).all()
    assert members.joined_at[0] < shop.as_of


def test_most_buyers_join_with_their_first_order(shop, members):
    """Sixty percent within three hours of it, others later, or up to 400 days before."""
    first = {}
    for customer, at in zip(shop.customer.tolist(), shop.placed_at, strict=True):
        first.setdefault(customer, at)
    rows = [i for i, c in enumerate(members.customer.tolist()) if c in first]
    waits = np.array([members.joined_at[i] - first[members.customer[i]] for i in rows])
    at_once = (waits > np.timedelta64(0)) & (waits <= np.timedelta64(3 * 3600, "s"))
    assert abs(at_once.mean() - 0.6) < 0.05
    assert waits.max() <= np.timedelta64(60, "D")
    assert waits.min() >= -np.timedelta64(400, "D")
    assert abs((waits < np.timedelta64(0)).mean() - 0.15) < 0.03


def test_the_spec_says_how_many_join_and_are_women():
    """With 100 and 0 percent everybody joins and nobody is a woman; other values are refused."""
    shop = simulate_shop(ShopSpec(seed=3, customers=500, member_percent=100, women_percent=0))
    members = membership_of(shop)
    assert (members.customer < 500).sum() > 450
    told = member_table(shop).gender
    assert set(told.tolist()) == {-1, GENDERS.index(Gender.MALE)}
    for name in ("member_percent", "women_percent"):
        with pytest.raises(SettingsError, match=name):
            ShopSpec(**{"seed": 1, name: 101})


def test_genders_follow_the_spec():
    """Ninety-three of a hundred tell it, sixty-six of those are women (five sigma of 100,000: 0.8 %)."""
    gender = genders_of(DRAWS, SPEC, MANY)
    told = gender[gender >= 0]
    assert abs(len(told) / len(MANY) - 0.93) < 0.005
    assert abs((told == GENDERS.index(Gender.FEMALE)).mean() - 0.66) < 0.008


def test_birthdays_are_days_of_their_calendars():
    """Every code unpacks to a day there is; all days of the year occur, the 29th of February too."""
    codes = birthdays_of(DRAWS, SPEC, MANY)
    days = [Birthday.of_code(code) for code in np.unique(codes[codes >= 0]).tolist()]
    solar = {(day.month, day.day) for day in days if not day.lunar}
    assert len(solar) == 366
    assert {(day.month, day.day) for day in days if day.lunar} == {
        (m, d) for m in range(1, 13) for d in range(1, 30)
    }


def test_birthdays_come_in_every_form():
    """Of a hundred 58 tell all, 12 no year, 3 a lunar day with and 3 without year, 24 nothing."""
    codes = birthdays_of(DRAWS, SPEC, MANY)
    told = [Birthday.of_code(code) if code >= 0 else None for code in codes.tolist()]
    forms = Counter(None if day is None else (day.lunar, day.year is None) for day in told)
    expected = {None: 24, (False, False): 58, (False, True): 12, (True, False): 3, (True, True): 3}
    assert forms.keys() == expected.keys()
    for form, percent in expected.items():
        spread = 5 * (percent * (100 - percent) / len(MANY)) ** 0.5
        assert abs(forms[form] / len(MANY) * 100 - percent) < spread, form


def test_members_are_grown_up_and_born_all_year_round():
    """Ages 18 to 80, 38 % from 25 to 35; each month has its share of days (five sigma of 58,000: 0.6 %)."""
    codes = birthdays_of(DRAWS, SPEC, MANY)
    days = [Birthday.of_code(code) for code in codes[codes >= 0].tolist()]
    full = [date(d.year, d.month, d.day) for d in days if d.year and not d.lunar]
    ages = np.array([SPEC.end.year - d.year for d in full])
    assert ages.min() == 18
    assert ages.max() == 79
    assert abs(((ages >= 25) & (ages < 35)).mean() - 0.38) < 0.011
    months = Counter(d.month for d in full)
    lengths = {
        m: (date(2001, m % 12 + 1, 1) - date(2000 if m == 12 else 2001, m, 1)).days % 366 for m in months
    }
    lengths[12] = 31
    for month, length in lengths.items():
        assert abs(months[month] / len(full) - length / 365.25) < 0.006


def test_levels_and_points_follow_from_what_was_spent(shop, members):
    """Completed orders less refunds, added up one by one: levels by thresholds, a point a yuan at most."""
    spent = defaultdict(int)
    for i in np.flatnonzero(shop.state == OrderState.COMPLETED).tolist():
        spent[int(shop.customer[i])] += int(shop.total[i] - shop.refunded[i])
    ours = spent_by(shop, shop.as_of)
    assert ours.tolist() == [spent[c] for c in range(people_of(shop))]
    table = member_table(shop)
    thresholds = ((300_000, "至尊VIP"), (100_000, "VIP会员"), (30_000, "高级会员"), (0, "普通会员"))
    rows = zip(members.customer.tolist(), table.level.tolist(), table.points.tolist(), strict=True)
    for customer, level, points in rows:
        amount = spent[customer]
        assert level == next(name for least, name in thresholds if amount >= least)
        most = 100 + amount // 100
        assert most * 41 // 100 <= points <= most
    assert set(table.level.tolist()) == {name for _, name in thresholds}


def test_the_older_list_has_older_values(shop, members):
    """What was spent by then, other provinces and phones for a few, and nothing that it has no column for."""
    moment = np.datetime64("2023-12-31T16:00", "us")
    then, now = spent_by(shop, moment), spent_by(shop, shop.as_of)
    old, new = older_list(shop, members, then), newest_list(shop, members, now)
    assert (then <= now).all()
    assert (old.level <= new.level).all()
    both = (old.place >= 0) & (new.place >= 0)
    assert 0.01 < (old.place != new.place)[both].mean() < 0.05
    phones = (old.phone >= 0) & (new.phone >= 0)
    changed = old.phone[phones] - new.phone[phones]
    assert set(changed.tolist()) == {0, 10_000}
    assert not old.email.any()
    assert set(old.consent.tolist()) == {-1}
    assert not old.masked.any()


def test_the_newest_list_masks_and_loses(shop, members):
    """Thirty percent of the phones are masked, four of a hundred cells of each kind are lost."""
    spent = spent_by(shop, shop.as_of)
    new, old = newest_list(shop, members, spent), older_list(shop, members, spent)
    assert abs(new.masked[new.phone >= 0].mean() - 0.3) < 0.04
    for name in ("gender", "birthday", "phone", "place"):
        told = getattr(old, name) >= 0
        assert abs((getattr(new, name)[told] < 0).mean() - 0.04) < 0.02, name
    assert not new.impossible.any()
    dirty = newest_list(shop, members, spent, dirty=True)
    assert 0 < dirty.impossible.mean() < 0.03
    assert (dirty.birthday[dirty.impossible] == -1).all()
    assert attrs.asdict(new).keys() == attrs.asdict(dirty).keys()


def test_second_nicks_share_name_phone_and_mail(shop):
    """Members who are one person under two nicks tell the same of themselves: the duplicates to be found."""
    contacts = contact_table(shop)
    people = defaultdict(list)
    for i, person in enumerate(contacts.person.tolist()):
        people[person].append(i)
    twice = [rows for rows in people.values() if len(rows) > 1]
    assert len(twice) > 15
    table = member_table(shop)
    for first, second in twice:
        assert contacts.ids[first] != contacts.ids[second]
        for texts in (contacts.name, contacts.email):
            assert texts[first] == texts[second] or "" in (texts[first], texts[second])
        phones = {contacts.phone[first], contacts.phone[second]}
        # Each list loses and masks on its own; one of the two may be the number of before.
        tails = {phone[-4:] for phone in phones if phone}
        assert len(tails) <= 1
        for codes in (table.gender, table.birthday):
            assert codes[first] == codes[second] or -1 in (codes[first], codes[second])


def test_nobody_is_real(shop):
    """E-mail addresses end in example.com, phones read 1xx0000xxxx (or 0001 for the number of before)."""
    contacts = contact_table(shop)
    assert {mail.partition("@")[2] for mail in contacts.email.tolist() if mail} == {"example.com"}
    middles = Counter(phone[3:7] for phone in contacts.phone.tolist() if phone)
    assert set(middles) == {"0000", "0001", "****"}
    assert len(contacts.ids) == len(set(contacts.ids.tolist()))
