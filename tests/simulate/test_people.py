"""Invented people: kinds, unique nicks, addresses, phones."""

from collections import Counter

import numpy as np
import pytest

from retailcrm.simulate import CustomerKind, CustomerMix, ShopSpec, people, simulate_shop, words
from retailcrm.simulate.exports import phrases
from retailcrm.simulate.pages import texts_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.randomness import Draws

MANY = np.arange(200_000)
DRAWS = Draws(11)


@pytest.fixture(scope="module")
def nicks():
    """Nicks of many customers."""
    return texts_of(phrases.nick(DRAWS, MANY, "utf-8"), len(MANY)).tolist()


def test_kinds_follow_the_mix():
    """540, 220, 200 and 40 of a thousand (five sigma of 200,000 draws is 0.6 %)."""
    kinds = people.kinds_of(DRAWS, MANY, CustomerMix())
    shares = [(kinds == kind).mean() for kind in CustomerKind]
    assert np.allclose(shares, [0.54, 0.22, 0.2, 0.04], atol=0.006)


def test_numbers_are_scrambled_one_to_one():
    """Every 24-bit number is reached exactly once."""
    scrambled = people._scramble(np.arange(1 << 24), 12345)
    assert np.bincount(scrambled, minlength=1 << 24).max() == 1


def test_nicks_are_all_different(nicks):
    """Two hundred thousand customers, as many nicks."""
    assert len(set(nicks)) == len(nicks)


def test_pieces_of_nicks_cannot_be_read_in_two_ways():
    """Different syllables never join into the same text, and end in no digit of their own."""
    joined = Counter(m + e for m in words.NICK_MIDS for e in words.NICK_ENDS)
    heads = [h for pool in (words.NICK_HEADS, words.RARE_HEADS, words.ODD_HEADS) for h in pool]
    assert max(joined.values()) == 1
    assert len(set(heads)) == len(heads)
    assert all(head.endswith("的") and head.count("的") == 1 for head in heads)
    assert all(head.endswith("_") and head.count("_") == 1 for head in words.LATIN_HEADS)
    assert not any(ch.isdigit() or ch == "的" for text in joined for ch in text)


def test_nicks_hold_what_breaks_readers(nicks):
    """Characters of four GB18030 bytes, commas, quotes and formula signs occur, all of them rarely."""
    text = "\n".join(nicks)
    for sign in ("𠮷", "䶮", ",", '"', "\n=", "\n@"):
        assert 0 < text.count(sign) < len(nicks) // 20


def test_phones_look_made_up_and_no_two_people_share_one():
    """Eleven digits, 1xx0000xxxx; as many numbers as people, and those of second nicks are shared."""
    phones = texts_of(phrases.phone(DRAWS, MANY, masked=False), len(MANY)).tolist()
    assert all(
        phone.isdigit() and (len(phone), phone[0], phone[3:7]) == (11, "1", "0000") for phone in phones
    )
    persons = people.persons_of(DRAWS, MANY).tolist()
    assert len(set(phones)) == len(set(persons))
    assert dict(zip(persons, phones, strict=True)) == dict(zip(persons[::-1], phones[::-1], strict=True))


def test_phones_stay_different_in_the_largest_shops():
    """Sixteen million people have as many phones, none of which is somebody's earlier one."""
    persons = np.arange(0, 16_000_000, 2)  # even numbers are nobody's second nick
    phones = people.phones_of(DRAWS, persons)
    middle = phones // 10_000 % 10_000
    assert len(np.unique(phones)) == len(persons)
    assert not (middle % 2).any()
    assert phones.min() >= 13_000_000_000
    assert phones.max() < 19_000_000_000


def test_some_people_come_back_under_a_second_nick():
    """Two of a hundred of every second customer (five sigma of 100,000: 0.2 %): same name, phone, home."""
    persons = people.persons_of(DRAWS, MANY)
    second = persons != MANY
    assert abs(second[1::2].mean() - 0.02) < 0.0023
    assert not second[::2].any()
    assert np.array_equal(persons[second], MANY[second] - 1)
    for parts in (people.names_of, people.streets_of):
        for column in parts(DRAWS, MANY):
            assert np.array_equal(column[second], column[MANY[second] - 1])
    place = people.places_of(DRAWS, MANY)
    assert np.array_equal(place[second], place[MANY[second] - 1])


def test_addresses_name_every_province():
    """Thirty-one provinces, the first word of an address; Guangdong leads, the zip stands in brackets."""
    addresses = texts_of(phrases.address(DRAWS, MANY, "utf-8", masked=False), len(MANY)).tolist()
    provinces = Counter(address.split(" ")[0] for address in addresses)
    assert len(provinces) == 31 == len({place.province for place in PLACES})
    assert provinces.most_common(1)[0][0] == "广东省"
    assert all(len(address.split(" ")) == 4 and address[-8] == "(" for address in addresses)


def test_kinds_behave_as_they_are_called():
    """One-timers order once, the lapsed stop early, big spenders order most and most at a time."""
    shop = simulate_shop(ShopSpec(seed=8, customers=4000))
    kinds, orders = shop.kinds(), np.bincount(shop.customer)
    spend = np.bincount(shop.customer, shop.total) / orders
    mean = {kind: orders[kinds == kind].mean() for kind in CustomerKind}
    assert orders[kinds == CustomerKind.ONE_TIMER].max() == 1
    assert mean[CustomerKind.BIG_SPENDER] > mean[CustomerKind.REGULAR] > mean[CustomerKind.LAPSED] > 1.5
    assert spend[kinds == CustomerKind.BIG_SPENDER].mean() > 1.5 * spend[kinds == CustomerKind.REGULAR].mean()
    last = np.zeros(4000, "M8[us]")
    np.maximum.at(last, shop.customer, shop.placed_at)
    silent = (shop.as_of - last) / np.timedelta64(1, "D")
    assert np.median(silent[kinds == CustomerKind.REGULAR]) < 70
    assert np.median(silent[kinds == CustomerKind.LAPSED]) > 120
