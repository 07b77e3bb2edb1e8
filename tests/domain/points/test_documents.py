"""Entries, accounts and awards as documents: exact, strict, and hashed in one way."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.points.journals import STEPS, World

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.documents import (
    account_document,
    account_from,
    award_document,
    award_from,
    canonical,
    entry_document,
    entry_from,
    expiry_document,
    expiry_from,
    hold_document,
    hold_from,
    lot_document,
    lot_from,
    state_hash,
)
from retailcrm.domain.points.earning import Award, Earner, Excluded, LineAmount, award_of
from retailcrm.domain.points.entries import Entry
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.spending import redeem, reserve
from retailcrm.domain.points.wallets import EarnRule
from retailcrm.errors import InputError

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


def an_award() -> Award:
    lines = (LineAmount(id="a", price=1990, discount=90), LineAmount(id="b", price=500, earns=False))
    order = Earner(reference="7", lines=lines, shipping=800, by_gift_card=100)
    return award_of(order, EarnRule(rate=Fraction(1, 3)), multipliers=(Fraction(3, 2),), room=5, digest="abc")


def an_account() -> Account:
    """Give an account with a reservation over two lots, one of which waits for idleness."""
    first = earn(
        Account(id="ann"), 5, lot="1", source="order:1", key="a", now=NOON, activates_at=NOON,
        expiry=Expiry(months=1, snap="year", zone="Asia/Shanghai"), idle=Expiry(days=3),
    )  # fmt: skip
    second = earn(
        first.account, 4, lot="2", source="gift", key="b", now=NOON, activates_at=NOON,
        expiry=Expiry(on=date(2025, 1, 1)), limit_at=NOON + timedelta(days=9),
    )  # fmt: skip
    held = reserve(second.account, 7, hold="h", ends_at=NOON + timedelta(hours=1), key="c", now=NOON)
    return held.account


def test_an_entry_reads_as_it_is_written_down() -> None:
    """The document of a first award is the one written here by hand."""
    entry = earn(
        Account(id="ann"), 5, lot="1", source="order:1", key="a", now=NOON,
        activates_at=datetime(2024, 3, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        expiry=Expiry(days=1),
    ).entries[0]  # fmt: skip
    expected = {
        "schema": 1, "account": "ann", "version": 1, "verb": "earn", "key": "a",
        "effective_at": "2024-02-29T12:00:00.000000+00:00", "recorded_at": "2024-02-29T12:00:00.000000+00:00",
        "movements": [{"lot": "1", "source": None, "target": "pending", "points": 5}],
        "lots": [
            {
                "id": "1", "source": "order:1", "root": "1", "owners": [],
                "awarded_at": "2024-02-29T12:00:00.000000+00:00",
                "activates_at": "2024-03-01T00:00:00.000000+00:00",
                "expires_at": "2024-03-03T00:00:00.000000+00:00",
                "touched_at": "2024-02-29T12:00:00.000000+00:00",
                "limit_at": None, "idle": None,
                "expiry": {"months": None, "days": 1, "snap": "day", "on": None, "zone": "UTC"},
                "buckets": {
                    "pending": 5, "available": 0, "held": 0, "spent": 0,
                    "expired": 0, "reversed": 0, "moved": 0,
                },
            }
        ],
        "debt": 0, "forgiven": 0, "opens": None, "closes": "",
        "reference": "order:1", "reason": "", "actor": "",
    }  # fmt: skip
    assert entry_document(entry) == expected


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_journals_and_accounts_survive_json(steps: Any) -> None:
    """Whatever happened, entries and accounts come back from JSON text as the very same values."""
    world = World(steps)
    for name, journal in world.journals.items():
        texts = [json.dumps(entry_document(entry)) for entry in journal]
        read = [entry_from(json.loads(text)) for text in texts]
        account = world.accounts[name]
        assert read == journal
        assert account_from(json.loads(json.dumps(account_document(account)))) == account
        assert state_hash(replay(name, read)) == state_hash(account)


def test_parts_come_back_as_they_were() -> None:
    """Lots, reservations and rules of expiry are read back field by field."""
    account = an_account()
    for lot in account.lots:
        assert lot_from(lot_document(lot)) == lot
    assert hold_from(hold_document(account.holds[0])) == account.holds[0]
    rule = Expiry(on=date(2024, 2, 29), zone="Pacific/Apia")
    assert expiry_from(expiry_document(rule)) == rule


RATIOS = st.fractions(0, 3, max_denominator=7)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Award,
        points=st.integers(0, 99),
        shares=st.lists(st.integers(0, 9)).map(tuple),
        bases=st.lists(st.integers(0, 9)).map(tuple),
        exact=RATIOS,
        multiplier=RATIOS,
        excluded=st.lists(st.builds(Excluded, st.text(), st.integers(0, 99))).map(tuple),
        cut=st.integers(0, 9),
        rule=st.text(),
    )
)
def test_awards_survive_json(award: Award) -> None:
    """Exact fractions, shares and what was left out come back as they were."""
    assert award_from(json.loads(json.dumps(award_document(award)))) == award


def test_fractions_are_written_as_fractions() -> None:
    """A rate of a third stays a third."""
    document = award_document(an_award())
    # Of the 32.00 due a gift card paid 1.00; 1900 // 32 = 59 of that lie on the goods that earn.
    assert document["bases"] == [1841, 0, 0, 0]
    assert document["exact"] == "1841/200"
    assert document["multiplier"] == "3/2"


# ---- what is refused -------------------------------------------------------------------------------------


def leaves(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the place of every value in a document."""
    if isinstance(document, dict):
        return [leaf for name, value in document.items() for leaf in leaves(value, (*path, name))]
    if isinstance(document, list):
        return [leaf for n, value in enumerate(document) for leaf in leaves(value, (*path, n))]
    return [path]


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Give a copy with another value in one place."""
    copy = json.loads(json.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def documents() -> list[tuple[Any, Any]]:
    account = an_account()
    spent = redeem(an_account(), 1, key="d", now=NOON).entries[0]
    return [
        (entry_document(spent), entry_from),
        (account_document(account), account_from),
        (award_document(an_award()), award_from),
    ]


@pytest.mark.parametrize(("document", "read"), documents())
def test_every_field_is_asked_for(document: Any, read: Any) -> None:
    """A document without one of its fields, or with one too many, is refused, wherever that is."""
    for path in leaves(document):
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(holder, dict):
            lacking = put(document, path, None)
            inner = lacking
            for step in path[:-1]:
                inner = inner[step]
            del inner[path[-1]]
            with pytest.raises(InputError, match="missing"):
                read(lacking)
            with pytest.raises(InputError, match="nothing reads"):
                read(put(document, (*path[:-1], "surplus"), 1))


@pytest.mark.parametrize(("document", "read"), documents())
def test_numbers_are_whole_and_texts_are_texts(document: Any, read: Any) -> None:
    """A float, a truth value or a number where a text belongs is refused, not rounded."""
    for path in leaves(document):
        value = document
        for step in path:
            value = value[step]
        wrong = [7.0, True, "7"] if isinstance(value, int) else [7] if isinstance(value, str) else []
        for other in wrong:
            with pytest.raises(InputError):
                read(put(document, path, other))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("schema",), "1"),
        (("verb",), "steal"),
        (("effective_at",), "2024-02-29T12:00:00"),
        (("effective_at",), "yesterday"),
        (("movements", 0, "points"), 0),
        (("movements", 0, "source"), "pocket"),
        (("movements",), None),
        (("lots", 0, "buckets", "spent"), -1),
        (("lots", 0, "expiry", "days"), 0),
        (("lots", 0, "expiry", "snap"), "week"),
        (("lots", 0), []),
    ],
)
def test_nonsense_is_refused(path: tuple[Any, ...], value: Any) -> None:
    """Another version of the format, unknown words, moments without a zone, points below nothing."""
    spent = entry_document(redeem(an_account(), 1, key="d", now=NOON).entries[0])
    with pytest.raises(InputError, match="no document of"):
        entry_from(put(spent, path, value))


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    """What somebody else wrote with an offset is read as the instant that it names."""
    document = entry_document(redeem(an_account(), 1, key="d", now=NOON).entries[0])
    there = put(document, ("recorded_at",), "2024-02-29T20:00:00.000003+08:00")
    assert entry_from(there).recorded_at == NOON + timedelta(microseconds=3)


# ---- hashes ----------------------------------------------------------------------------------------------


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_canonical_text_is_what_the_standard_library_writes(document: object) -> None:
    """Sorted keys, no blanks, letters of all scripts as they are."""
    expected = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert canonical(document) == expected


def test_a_state_hash_is_sha_256_of_the_canonical_text() -> None:
    """The digest of an empty account is that of a text written by hand."""
    text = (
        '{"debt":0,"debt_at":null,"holds":[],"id":"安","lots":[],"recorded_at":null,"schema":1,'
        '"settled_at":null,"version":0}'
    )
    assert canonical(account_document(Account(id="安"))) == text
    assert state_hash(Account(id="安")) == hashlib.sha256(text.encode()).hexdigest()


def test_every_field_of_an_account_is_in_its_hash() -> None:
    """Changing any value anywhere changes the digest."""
    document = account_document(an_account())
    digest = hashlib.sha256(canonical(document).encode()).hexdigest()
    assert digest == state_hash(an_account())
    for path in leaves(document):
        other = put(document, path, "another")
        assert hashlib.sha256(canonical(other).encode()).hexdigest() != digest


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_the_same_operations_give_the_same_hash(steps: Any) -> None:
    """Done twice, by decisions or by replaying entries, the same things come to the same digests."""
    one, other = World(steps), World(steps)
    for name in one.accounts:
        hashes = {state_hash(world.accounts[name]) for world in (one, other)}
        assert hashes == {state_hash(replay(name, one.journals[name]))}


def test_documents_have_a_field_for_every_attribute() -> None:
    """A field that somebody adds to a value cannot be forgotten in its document."""
    document = entry_document(redeem(an_account(), 1, key="d", now=NOON).entries[0])
    assert set(document) == {field.name for field in attrs.fields(Entry)} | {"schema"}
    assert set(account_document(an_account())) == {f.name for f in attrs.fields(Account)} | {"schema"}
    assert set(award_document(an_award())) == {f.name for f in attrs.fields(Award)} | {"schema"}
    lot = document["lots"][0]
    assert set(lot) - {"buckets"} | set(lot["buckets"]) == {
        f.name for f in attrs.fields(type(an_account().lots[0]))
    }
