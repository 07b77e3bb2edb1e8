"""Derivations: the numbers of a small shop worked out by hand, and told in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from tests.domain.points.journals import STEPS, World

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.documents import canonical, entry_document
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.explaining import (
    digest,
    explain_award,
    explain_balance,
    explain_quote,
    explain_refusal,
)
from retailcrm.domain.points.history import balance
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import NoQuote, Quote, quote_redemption
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.spending import redeem, reserve
from retailcrm.domain.points.telling import BUCKETS, LIMITS, VERBS, lines
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import EarnBase, EarnRule, Redemption
from retailcrm.errors import InputError

NOON = datetime(2024, 1, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def a_journal() -> tuple[Any, Account]:
    """Earn 9 that last two days, redeem 4, set 2 aside until tomorrow."""
    earned = earn(
        Account(id="ann"), 9, lot="1", source="order:1", key="a", now=NOON, activates_at=NOON,
        expiry=Expiry(days=2),
    )  # fmt: skip
    spent = redeem(earned.account, 4, key="b", now=NOON + timedelta(hours=1))
    held = reserve(spent.account, 2, hold="h", ends_at=NOON + DAY, key="c", now=NOON + timedelta(hours=2))
    return (*earned.entries, *spent.entries, *held.entries), held.account


def test_a_balance_says_where_every_point_is_and_why() -> None:
    """Nine points: three to be spent, two set aside, four spent, each by its entries."""
    journal, _ = a_journal()
    at = NOON + timedelta(hours=3)
    document = explain_balance(journal, at)
    assert document["balances"] == {"pending": 0, "available": 3, "held": 2, "debt": 0}
    assert document["lots"] == [
        {
            "id": "1",
            "source": "order:1",
            "points": 9,
            "activates_at": "2024-01-30T12:00:00.000000+00:00",
            "expires_at": "2024-02-02T00:00:00.000000+00:00",
            "buckets": {
                "pending": 0, "available": 3, "held": 2, "spent": 4, "expired": 0, "reversed": 0, "moved": 0,
            },
            "why": [
                {
                    "version": version, "verb": verb, "source": source, "target": target, "points": points,
                    "effective_at": f"2024-01-30T{hour}:00:00.000000+00:00",
                }
                for version, verb, source, target, points, hour in (
                    (1, "earn", None, "pending", 9, 12),
                    (2, "activate", "pending", "available", 9, 12),
                    (3, "redeem", "available", "spent", 4, 13),
                    (4, "reserve", "available", "held", 2, 14),
                )
            ],
        }
    ]  # fmt: skip
    assert document["holds"] == [{"id": "h", "points": 2, "ends_at": "2024-01-31T12:00:00.000000+00:00"}]
    assert (document["due"], document["debts"], document["known"]) == ([], [], None)
    assert document["journal"] == digest([entry_document(entry) for entry in journal])


def test_a_balance_to_come_shows_what_will_fall_due() -> None:
    """The reservation runs out after a day, and what is left lapses at the end of the second."""
    journal, _ = a_journal()
    document = explain_balance(journal, NOON + 9 * DAY)
    assert [(one["verb"], one["key"], one["version"]) for one in document["due"]] == [
        ("void", "due", 5),
        ("expire", "due", 6),
    ]
    assert document["balances"] == {"pending": 0, "available": 0, "held": 0, "debt": 0}
    assert document["lots"][0]["buckets"]["expired"] == 5


def test_a_balance_of_then_leaves_out_what_was_written_since() -> None:
    """By what was known before the purchase, all nine points are there."""
    journal, _ = a_journal()
    document = explain_balance(journal, NOON + timedelta(hours=3), known=NOON + timedelta(minutes=1))
    assert len(document["entries"]) == 2
    assert document["balances"]["available"] == 9
    assert document["known"] == "2024-01-30T12:01:00.000000+00:00"


def test_an_account_without_entries_has_a_derivation_too() -> None:
    """Nothing was written, so nothing is there."""
    document = explain_balance((), NOON)
    assert document["balances"] == {"pending": 0, "available": 0, "held": 0, "debt": 0}
    assert [line.zh for line in lines(document)] == ["2024-01-30 12:00(UTC):可用 0,待生效 0,预占 0,欠分 0"]


def test_the_digest_names_the_entries() -> None:
    """Two derivations of one journal have one digest; another entry gives another."""
    journal, _ = a_journal()
    one, other = explain_balance(journal, NOON + DAY / 2), explain_balance(journal, NOON + DAY / 3)
    assert one["journal"] == other["journal"]
    assert explain_balance(journal[:-1], NOON + DAY / 2)["journal"] != one["journal"]


def test_an_award_shows_all_that_went_in() -> None:
    """A discounted line, a line that earns nothing, postage, a gift card, a double day and a cap."""
    lines_of = (
        LineAmount(id="tea", price=2000, discount=100),
        LineAmount(id="book", price=1000, earns=False),
        LineAmount(id="cup", price=600, rate=Fraction(2)),
    )
    order = Earner(reference="A1", lines=lines_of, shipping=500, by_gift_card=400)
    rule = EarnRule(rate=Fraction(1, 2), base=EarnBase())
    award = award_of(order, rule, multipliers=(Fraction(2),), room=35, digest="abc123")
    document = explain_award(order, award, rule, multipliers=(Fraction(2),), room=35)
    # 1900 + 600 earn, of the 4000 due; the card's part of them is 400 * 2500 // 4000 = 250: 190 and 60.
    assert document["bases"] == [1710, 0, 540, 0, 0]
    # 17.10 * 1/2 * 2 + 5.40 * 2 * 2 = 17.1 + 21.6 = 38.7: 38 points, 17 and 21; 35 of them under the cap.
    assert document["exact"] == "387/10"
    assert (document["points"], document["cut"]) == (35, 3)
    # 35 * 17 / 38 = 15.66 and 35 * 21 / 38 = 19.34, the odd point to the larger rest.
    assert document["shares"] == [16, 0, 19, 0, 0]
    assert document["excluded"] == [
        {"what": "discount on tea", "amount": 100},
        {"what": "line book", "amount": 1000},
        {"what": "shipping", "amount": 500},
        {"what": "paid by gift card", "amount": 400},
    ]
    assert document["rule"]["digest"] == "abc123"
    assert (document["rule"]["rate"], document["multipliers"], document["multiplier"]) == (
        "1/2", ["2/1"], "2/1",
    )  # fmt: skip
    told = lines(document)
    assert told[-1].en == "order A1 earns 35 points, by line 16, 0, 19, 0, 0 [abc123]"
    assert told[-2].zh == "超过上限扣除 3"
    assert told[-3].en == "earns on 2250 minor units, 1/2 points a unit, times 2: 387/10 exactly"


def test_a_refusal_says_how_far_away_it_was() -> None:
    """Three are available where five are asked for: two are missing."""
    journal, account = a_journal()
    at = NOON + timedelta(hours=3)
    refusal = redeem(account, 5, key="d", now=at)
    assert isinstance(refusal, Refusal)
    document = explain_refusal(refusal, journal, at)
    assert [document[name] for name in ("limit", "asked", "allowed", "distance")] == ["balance", 5, 3, 2]
    assert document["balance"]["balances"]["available"] == 3
    assert lines(document)[-1] == (
        "拒绝:可用积分不足;要求 5,允许 3,相差 2",
        "refused: too few points are available; asked for 5, allowed 3, 2 apart",
    )


def test_a_refusal_counts_what_fell_due_meanwhile() -> None:
    """Asked ten days later, the rest has lapsed: the derivation holds the entries that say so."""
    journal, account = a_journal()
    refusal = redeem(account, 5, key="d", now=NOON + 10 * DAY)
    assert isinstance(refusal, Refusal)
    document = explain_refusal(refusal, journal, NOON + 10 * DAY)
    assert (document["allowed"], document["distance"]) == (0, 5)
    assert [one["verb"] for one in document["balance"]["entries"]][-2:] == ["void", "expire"]


def quoted(goods: int, wanted: int | None = None) -> tuple[Quote | NoQuote, Any]:
    journal, account = a_journal()
    at, cart, rule = NOON + timedelta(hours=3), Cart(goods=goods, shipping=8), Redemption()
    quote = quote_redemption(account, cart, wanted, rule, unit=100, now=at)
    return quote, explain_quote(quote, journal, at, cart=cart, redemption=rule, unit=100, wanted=wanted)


def test_a_quote_shows_its_numbers_and_its_limit() -> None:
    """Three points pay three of ten: the balance binds, and one point more would pay one more."""
    _, document = quoted(10)
    steps = {step["what"]: step["amount"] for step in document["steps"]}
    assert steps == {
        "eligible": 10, "due": 18, "share_of_order": 10, "most_value": 10, "needed": 10, "balance": 3,
        "debt": 0, "minimum": 1, "multiple": 1, "points": 3, "value": 3,
    }  # fmt: skip
    assert [document[name] for name in ("points", "value", "remainder", "limit")] == [3, 3, 15, "balance"]
    assert document["missing"] == {"points": 1, "wanted": 0, "order": 0}
    assert lines(document)[-1].en == (
        "3 points take 3 minor units off, 15 are left to pay; "
        "in the way of more: too few points are available"
    )


def test_what_cannot_be_quoted_is_derived_too() -> None:
    """Points pay no postage here: nothing of an order without goods."""
    quote, document = quoted(0)
    assert isinstance(quote, NoQuote)
    assert [document[name] for name in ("points", "value", "remainder", "limit")] == [0, 0, 8, "order_total"]
    assert "订单" in lines(document)[-1].zh


def test_a_debt_is_told_with_its_entry() -> None:
    """What was spent of a refunded order is owed, and the page says since when and by which entry."""
    earned = earn(Account(id="ann"), 9, lot="1", source="order:1", key="a", now=NOON, activates_at=NOON)
    spent = redeem(earned.account, 9, key="b", now=NOON)
    told = Reversed(awarded=9, lots=(spent.entries[-1].lots[0],))
    owing = reverse(spent.account, told, Fraction(1), key="c", now=NOON + DAY)
    document = explain_balance((*earned.entries, *spent.entries, *owing.entries), NOON + DAY)
    assert document["debts"] == [{"version": 4, "counts_from": "2024-01-31T12:00:00.000000+00:00", "debt": 9}]
    assert lines(document)[1] == (
        "2024-01-31 12:00 产生欠分 9(流水 4)",
        "2024-01-31 12:00: 9 points came to be owed (entry 4)",
    )


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_derivation_is_json_and_agrees_with_the_balance(steps: Any) -> None:
    """It survives JSON text, its sums are those of the ledger, and every lot comes to what it was awarded."""
    world = World(steps)
    for journal in world.journals.values():
        document = explain_balance(journal, world.now)
        assert json.loads(canonical(document)) == document
        told = balance(journal, world.now)
        assert document["balances"] == {
            "pending": told.pending, "available": told.available, "held": told.held, "debt": told.debt,
        }  # fmt: skip
        for lot in document["lots"]:
            born = sum(row["points"] for row in lot["why"] if row["source"] is None)
            assert born == lot["points"] == sum(lot["buckets"].values())
        assert all(line.zh and line.en for line in lines(document))
        assert len(lines(document)) == 1 + sum(len(document[part]) for part in ("lots", "debts", "holds"))


def test_every_word_has_both_languages() -> None:
    """Buckets, verbs and limits are told to both readers, and none is left out."""
    from typing import get_args

    from retailcrm.domain.points.entries import Verb
    from retailcrm.domain.points.lots import Bucket
    from retailcrm.domain.points.outcomes import Limit

    assert set(BUCKETS) == set(Bucket)
    assert set(VERBS) == set(Verb)
    assert set(LIMITS) == set(get_args(Limit))
    for words in (BUCKETS, VERBS, LIMITS):
        labels: list[Any] = list(words.values())
        assert all(not label.zh.isascii() and label.en.isascii() for label in labels)


def test_nothing_else_can_be_told() -> None:
    """A document that is no derivation is refused."""
    with pytest.raises(InputError, match="promise"):
        lines({"kind": "promise"})
