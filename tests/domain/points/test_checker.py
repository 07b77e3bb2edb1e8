"""The checker: every true derivation passes, every changed one is found out."""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.points.journals import HOUR, STEPS, VERBS, World
from tests.domain.points.tampering import WAYS, moved, rebuild

import retailcrm.domain.points.checker
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn, extend, set_free
from retailcrm.domain.points.checker import check, check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.explaining import explain_award, explain_balance, explain_quote, explain_refusal
from retailcrm.domain.points.opening import OpeningRow, open_balances
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import quote_redemption
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import capture, redeem, reserve, void
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import EarnBase, EarnRule, Redemption

FEW = settings(max_examples=50, deadline=None)
NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RATES = st.fractions(0, 3, max_denominator=7)
AMOUNTS = st.integers(0, 5000)


# ---- what is true passes -----------------------------------------------------------------------------------


def test_the_checker_is_made_of_the_standard_library_alone() -> None:
    """No file of it imports anything but the standard library and its own other files."""
    own = "retailcrm.domain.points.checker"
    files = sorted(Path(retailcrm.domain.points.checker.__file__).parent.glob("*.py"))
    assert len(files) == 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.startswith(own) or name.partition(".")[0] in sys.stdlib_module_names, (file, name)


@FEW
@given(STEPS)
def test_every_journal_passes(steps: Any) -> None:
    """Whatever the verbs write holds by the checker's own reading of the rules."""
    for journal in World(steps).journals.values():
        assert check_journal([entry_document(entry) for entry in journal]) == ()


@FEW
@given(STEPS, st.integers(-900, 3000), st.one_of(st.none(), st.integers(0, 900)))
def test_every_balance_passes(steps: Any, hours: int, ago: int | None) -> None:
    """Past, present and future, by what is known now or was known then, also after JSON."""
    world = World(steps)
    for journal in world.journals.values():
        known = None if ago is None else world.now - ago * HOUR
        document = explain_balance(journal, world.now + hours * HOUR, known=known)
        assert check(json.loads(json.dumps(document))) == ()


@FEW
@given(STEPS)
def test_every_refusal_passes(steps: Any) -> None:
    """What was refused was refused for the limit that it names."""
    for one in World(steps).refused:
        assert check(explain_refusal(one.refusal, one.entries, one.at, about=one.about)) == ()


@st.composite
def sales(draw: st.DrawFn) -> tuple[Earner, EarnRule, dict[str, Any]]:
    """Orders with discounts, postage, points and gift cards; rules of all kinds."""
    lines = tuple(
        LineAmount(
            id=str(n),
            price=(price := draw(AMOUNTS)),
            discount=draw(st.integers(0, price)),
            rate=draw(st.one_of(st.none(), RATES)),
            earns=draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    shipping, tax = draw(AMOUNTS), draw(AMOUNTS)
    whole = sum(line.price - line.discount for line in lines) + shipping + tax
    points = draw(st.integers(0, whole))
    order = Earner(
        reference="7", lines=lines, shipping=shipping, tax=tax, by_points=points,
        by_gift_card=draw(st.integers(0, whole - points)),
    )  # fmt: skip
    rule = EarnRule(
        rate=draw(RATES),
        base=EarnBase(**{name: draw(st.booleans()) for name in (
            "items", "shipping", "tax", "before_discounts", "paid_by_points", "paid_by_gift_card")}),
        rounding=draw(st.sampled_from(["down", "half_up", "up"])),
        round_at=draw(st.sampled_from(["order", "line"])),
        together=draw(st.sampled_from(["max", "add", "multiply"])),
        least=draw(st.sampled_from([0, 0, 900])),
    )  # fmt: skip
    given = {
        "unit": draw(st.sampled_from([1, 100])),
        "multipliers": draw(st.lists(st.fractions(1, 3, max_denominator=3), max_size=3)),
        "room": draw(st.one_of(st.none(), st.integers(-1, 200))),
    }
    return order, rule, given


@settings(max_examples=200, deadline=None)
@given(sales())
def test_every_award_passes(sale: Any) -> None:
    """Whatever an order earns follows from the order and the rule."""
    order, rule, given = sale
    award = award_of(order, rule, digest="d", **given)
    assert check(explain_award(order, award, rule, **given)) == ()


@st.composite
def purchases(draw: st.DrawFn) -> tuple[int, Cart, Redemption, dict[str, Any]]:
    """Accounts, carts and rules of redemption."""
    amounts = [draw(st.integers(0, 60)) for _ in range(3)]
    cart = Cart(
        goods=amounts[0], shipping=amounts[1], other=amounts[2], paid=draw(st.integers(0, sum(amounts)))
    )
    rule = Redemption(
        points_per_unit=draw(st.fractions(Fraction(1, 5), 12, max_denominator=5)),
        least=draw(st.integers(1, 12)),
        multiple=draw(st.integers(1, 7)),
        share_of_order=draw(st.sampled_from([Fraction(n, 3) for n in range(4)])),
        shipping=draw(st.booleans()),
        rounding=draw(st.sampled_from(["down", "up"])),
    )
    given = {
        "unit": draw(st.sampled_from([1, 100])),
        "wanted": draw(st.one_of(st.none(), st.integers(1, 99))),
    }
    return draw(st.integers(0, 99)), cart, rule, given


def quoted(purchase: Any, owing: int = 0) -> Any:
    """Derive the quote of a purchase."""
    points, cart, rule, given = purchase
    earned = earn(Account(id="ann"), points, lot="1", source="gift", key="1", now=NOON, activates_at=NOON)
    journal, account = list(earned.entries), earned.account
    if owing:
        told = Reversed(awarded=points + owing, lots=tuple(account.lots))
        taken = reverse(account, told, Fraction(1), key="r", now=NOON)
        journal, account = [*journal, *taken.entries], taken.account
    quote = quote_redemption(account, cart, given["wanted"], rule, unit=given["unit"], now=NOON)
    return explain_quote(quote, journal, NOON, cart=cart, redemption=rule, **given)


@settings(max_examples=300, deadline=None)
@given(purchases(), st.sampled_from([0, 0, 3]))
def test_every_quote_passes(purchase: Any, owing: int) -> None:
    """The most money, then the fewest points, the limit that binds, and the way past it."""
    assert check(quoted(purchase, owing)) == ()


# ---- what is changed is found ------------------------------------------------------------------------------


def specimens() -> list[list[dict[str, Any]]]:
    """Give journals of random worlds in which every verb occurs."""
    chance = Random(20240229)  # noqa: S311 - a test
    journals = []
    for _ in range(40):
        steps = [(chance.choice(VERBS), *(chance.randrange(12) for _ in range(3))) for _ in range(60)]
        journals += [journal for journal in World(steps).journals.values() if len(journal) > 5]
    return [[entry_document(entry) for entry in journal] for journal in journals]


JOURNALS = specimens()


def test_the_specimens_show_every_verb() -> None:
    """Tampering is tried where everything that can happen did."""
    seen = {entry["verb"] for journal in JOURNALS for entry in journal}
    assert seen | {"open"} == {verb.value for verb in Verb}
    assert len(WAYS) >= 60


@pytest.mark.parametrize("name", sorted(WAYS))
def test_tampering_is_found(name: str) -> None:
    """A journal in which something was changed, anywhere, does not pass."""
    chance, tried = Random(name), 0  # noqa: S311 - a test
    for journal in JOURNALS:
        changed = copy.deepcopy(journal)
        if not WAYS[name](changed, chance) or json.dumps(changed) == json.dumps(journal):
            continue
        tried += 1
        assert check_journal(changed), (name, journal, changed)
        if tried == 25:
            return
    assert tried >= 5, f"{name} was tried {tried} times"


def numbers(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the place of every number and every moment in a document."""
    if isinstance(document, dict):
        return [leaf for name, value in document.items() for leaf in numbers(value, (*path, name))]
    if isinstance(document, list):
        return [leaf for n, value in enumerate(document) for leaf in numbers(value, (*path, n))]
    if isinstance(document, bool) or document is None:
        return []
    return [path] if isinstance(document, int) or _is_moment(document) or _is_ratio(document) else []


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and value[10:11] == "T" and value.endswith("+00:00")


def _is_ratio(value: object) -> bool:
    return isinstance(value, str) and all(part.isdigit() for part in value.split("/")) and "/" in value


def changed(document: Any, path: tuple[Any, ...], chance: Random) -> Any:
    """Give a copy in which the number or moment in one place is another."""
    copied = copy.deepcopy(document)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    value = inner[path[-1]]
    if isinstance(value, int):
        inner[path[-1]] = value + chance.choice((-1, 1, 10))
    elif _is_ratio(value):
        other = Fraction(value) + chance.choice((1, Fraction(1, 3)))
        inner[path[-1]] = f"{other.numerator}/{other.denominator}"
    else:
        inner[path[-1]] = moved(value, microseconds=chance.choice((-1, 1, 3_600_000_000)))
    return copied


@FEW
@given(STEPS, st.integers(-900, 3000), st.one_of(st.none(), st.integers(0, 900)), st.randoms())
def test_any_number_changed_in_a_balance_is_found(
    steps: Any, hours: int, ago: int | None, chance: Random
) -> None:
    """Any number and any moment, wherever it stands: in the entries, the lots, the sums."""
    world = World(steps)
    for journal in world.journals.values():
        known = None if ago is None else world.now - ago * HOUR
        document = explain_balance(journal, world.now + hours * HOUR, known=known)
        places = [path for path in numbers(document) if path not in (("at",), ("known",))]
        for path in chance.sample(places, min(len(places), 8)):
            assert check(changed(document, path, chance)), path


@FEW
@given(STEPS, st.integers(-300, 300), st.integers(-99, 99))
def test_a_moment_moved_passes_only_where_the_answer_is_the_same(steps: Any, hours: int, by: int) -> None:
    """Saying that an answer is about another moment is found unless it is the answer there too."""
    world = World(steps)
    at = world.now + hours * HOUR
    for journal in world.journals.values():
        document, true = explain_balance(journal, at), explain_balance(journal, at + by * HOUR)
        if not check(document | {"at": true["at"]}):
            for name in ("balances", "lots", "debts", "holds"):
                assert document[name] == true[name]


@FEW
@given(STEPS, st.randoms())
def test_a_digest_written_anew_does_not_help(steps: Any, chance: Random) -> None:
    """Points changed in an entry are found by the sums, even if the digest is made to fit."""
    world = World(steps)
    for journal in world.journals.values():
        document = explain_balance(journal, world.now)
        places = [path for path in numbers(document["entries"]) if path[-1] == "points"]
        for path in chance.sample(places, min(len(places), 5)):
            forged = changed(document, ("entries", *path), chance)
            text = json.dumps(
                forged["entries"] + forged["due"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
            forged["journal"] = hashlib.sha256(text.encode()).hexdigest()
            assert check(forged), path


@pytest.mark.parametrize("part", ["entries", "due", "lots", "debts", "holds"])
def test_leaving_something_out_is_found(part: str) -> None:
    """An entry, a lot, a debt or a reservation that is left out of a derivation is missed."""
    chance, tried = Random(part), 0  # noqa: S311 - a test
    for seed in range(150):
        steps = [(chance.choice(VERBS), *(chance.randrange(12) for _ in range(3))) for _ in range(40)]
        world = World(steps)
        document = explain_balance(world.journals["ann"], world.now + seed * HOUR)
        if document[part]:
            tried += 1
            document[part].pop(chance.randrange(len(document[part])))
            assert check(document)
    assert tried > 10


@settings(max_examples=200, deadline=None)
@given(sales(), st.randoms())
def test_an_award_passes_if_and_only_if_it_is_true(sale: Any, chance: Random) -> None:
    """A number changed among the results is found; changed among what went in, it passes only if true."""
    order, rule, given = sale
    document = explain_award(order, award_of(order, rule, **given), rule, **given)
    results = {"excluded", "bases", "multiplier", "exact", "shares", "cut", "points"}
    for path in chance.sample(numbers(document), 3):
        other = changed(document, path, chance)
        if path[0] in results or path[0] == "schema":
            assert check(other), path
        else:
            assert (check(other) == ()) == _is_true(other), path


def _is_true(document: Any) -> bool:
    """Ask the ledger's own rule what the order of a document earns."""
    rule, sale = document["rule"], document["order"]
    lines = tuple(
        LineAmount(**line | {"rate": None if line["rate"] is None else Fraction(line["rate"])})
        for line in sale["lines"]
    )
    order = Earner(**sale | {"lines": lines, "reference": document["reference"]})
    words = {name: rule[name] for name in ("rounding", "round_at", "together", "least")}
    given = {"unit": document["unit"], "room": document["room"]}
    given["multipliers"] = tuple(Fraction(one) for one in document["multipliers"])
    try:
        again = EarnRule(rate=Fraction(rule["rate"]), base=EarnBase(**rule["base"]), **words)
        return explain_award(order, award_of(order, again, **given), again, **given) == document
    except (ValueError, ArithmeticError):
        return False


@settings(max_examples=150, deadline=None)
@given(purchases(), st.sampled_from([0, 0, 3]), st.randoms())
def test_any_result_changed_in_a_quote_is_found(purchase: Any, owing: int, chance: Random) -> None:
    """Points, value, what is left to pay, each step, and what is missing to the next coin."""
    document = quoted(purchase, owing)
    for name in ("points", "value", "remainder", "allowed", "steps", "missing", "balance"):
        places = [path for path in numbers(document) if path[0] == name and path[1:] != ("at",)]
        if name == "missing" and document["missing"]["order"] is None:
            continue  # no cart is large enough: what else is missing does not matter
        if places:
            path = chance.choice(places)
            assert check(changed(document, path, chance)), path


@settings(max_examples=150, deadline=None)
@given(purchases(), st.sampled_from([0, 0, 3]))
def test_a_limit_that_does_not_bind_is_found(purchase: Any, owing: int) -> None:
    """A quote that blames another limit passes only if that one stands in the way too."""
    document = quoted(purchase, owing)
    words = ("balance", "debt", "minimum", "multiple", "share_of_order", "order_total", "nothing", "weather")
    blamed = {word for word in words if not check(document | {"limit": word})}
    assert document["limit"] in blamed
    assert "weather" not in blamed
    assert ("debt" in blamed) == bool(owing)
    assert not {"share_of_order", "order_total"} <= blamed


@FEW
@given(STEPS, st.randoms())
def test_any_number_changed_in_a_refusal_is_found(steps: Any, chance: Random) -> None:
    """What was asked, what was allowed, how far apart they are, and the balance behind it."""
    for one in World(steps).refused[:4]:
        document = explain_refusal(one.refusal, one.entries, one.at, about=one.about)
        for name in ("asked", "allowed", "distance"):
            assert check(changed(document, (name,), chance)), name
        assert check(document | {"limit": "weather"})
        path = chance.choice(numbers(document["balance"]["balances"]))
        assert check(changed(document, ("balance", "balances", *path), chance))


# ---- by hand ---------------------------------------------------------------------------------------------


def waiting(points: int = 9, **more: Any) -> Any:
    return earn(Account(id="ann"), points, lot="1", source="a", key="a", now=NOON, **more)


def test_a_refusal_that_blames_the_wrong_limit_is_found() -> None:
    """Too few points is not a debt, an open reservation is not unknown, waiting points are not gone."""
    ready = waiting(activates_at=NOON)
    held = reserve(ready.account, 4, hold="h", ends_at=NOON + DAY, key="b", now=NOON)
    refusal = redeem(held.account, 6, key="c", now=NOON)
    assert isinstance(refusal, Refusal)
    document = explain_refusal(refusal, (*ready.entries, *held.entries), NOON, about="h")
    assert check(document) == ()
    assert document["distance"] == 1
    for word in ("debt", "unknown_hold", "unknown_lot", "refunded_share", "hold_total", "minimum"):
        assert check(document | {"limit": word}), word
    over = capture(held.account, "h", 5, key="d", now=NOON)
    assert isinstance(over, Refusal)
    told = explain_refusal(over, (*ready.entries, *held.entries), NOON, about="h")
    assert check(told) == ()
    assert check(told | {"allowed": 3, "distance": 2})


def test_a_debt_lies_between_a_customer_and_her_points() -> None:
    """Four points asked for with three owed: seven have to come in first."""
    ready = waiting(activates_at=NOON)
    spent = redeem(ready.account, 9, key="b", now=NOON)
    told = Reversed(awarded=9, lots=(spent.entries[-1].lots[0],))
    owing = reverse(spent.account, told, Fraction(1, 3), key="c", now=NOON)
    refusal = redeem(owing.account, 4, key="d", now=NOON)
    assert isinstance(refusal, Refusal)
    journal = (*ready.entries, *spent.entries, *owing.entries)
    document = explain_refusal(refusal, journal, NOON)
    assert (document["limit"], document["distance"]) == ("debt", 7)
    assert check(document) == ()
    assert check(document | {"limit": "balance", "allowed": 1, "distance": 6})


def test_points_that_were_never_there_repay_nothing() -> None:
    """A lot whose limit passed before its event lapses as it comes in; a debt that it repays is found."""
    ready = waiting(activates_at=NOON)
    spent = redeem(ready.account, 9, key="b", now=NOON)
    told = Reversed(awarded=9, lots=(spent.entries[-1].lots[0],))
    owing = reverse(spent.account, told, Fraction(1), key="c", now=NOON)
    late = earn(owing.account, 4, lot="2", source="b", key="d", now=NOON, limit_at=NOON + DAY)
    came = set_free(late.account, "2", key="e", now=NOON + 2 * DAY)
    parts = (ready, spent, owing, late, came)
    journal = [entry_document(entry) for part in parts for entry in part.entries]
    assert [entry["verb"] for entry in journal[-2:]] == ["activate", "expire"]
    assert check_journal(journal) == ()
    journal[-1] |= {"verb": "repay", "debt": -4}
    journal[-1]["movements"][0]["target"] = "reversed"
    rebuild(journal)
    assert check_journal(journal) == ("entry 7: lot 2 repays after it lapsed",)


def test_opening_balances_pass() -> None:
    """Balances that another system kept open spendable, or waiting, and lapse by their own limit."""
    rows = [
        OpeningRow(source="1", account="ann", points=300, awarded_at=NOON - 40 * DAY),
        OpeningRow(source="2", account="ann", points=40, expires_at=NOON + 3 * DAY),
        OpeningRow(source="3", account="ann", points=5, pending=True, activates_at=NOON + DAY),
        OpeningRow(source="4", account="ann", points=7, pending=True),
    ]
    told = open_balances(
        rows, {"ann": Account(id="ann")}, file="old.csv", key="k", now=NOON, known={},
        expiry=Expiry(months=1), idle=Expiry(days=20),
    )  # fmt: skip
    journal = told.accounts["ann"].entries
    assert len(journal) == 4
    assert check_journal([entry_document(entry) for entry in journal]) == ()
    for days in (-1, 0, 2, 90):
        assert check(explain_balance(journal, NOON + days * DAY)) == ()
    document = [entry_document(entry) for entry in journal]
    document[0]["lots"][0]["awarded_at"] = moved(document[0]["effective_at"], days=1)
    assert check_journal(document)


@pytest.mark.parametrize("late", ["expire", "grace", "reinstate"])
def test_points_that_return_late_pass(late: Any) -> None:
    """Whatever the rule does with points whose lot lapsed meanwhile, the checker follows."""
    ready = waiting(activates_at=NOON, expiry=Expiry(days=1), idle=Expiry(days=9))
    spent = redeem(ready.account, 9, key="b", now=NOON)
    lots = {lot.id: lot for lot in spent.entries[-1].lots}
    chosen = [type("A", (), {"lot": "1", "points": 9})()]
    policy = LatePolicy(late=late, grace=Expiry(days=5))
    back = give_back(
        spent.account,
        chosen,
        4,
        lots,
        key="c",
        now=NOON + 5 * DAY,
        policy=policy,  # type: ignore[arg-type]
    )
    journal = (*ready.entries, *spent.entries, *back.entries)
    assert check_journal([entry_document(entry) for entry in journal]) == ()
    assert check(explain_balance(journal, NOON + 90 * DAY)) == ()


def test_an_extension_beyond_what_idleness_allows_is_found() -> None:
    """Points that lapse when she does nothing last as long as the rule says from what she did, no longer."""
    ready = waiting(activates_at=NOON, idle=Expiry(days=9))
    longer = extend(ready.account, key="b", now=NOON + 2 * DAY, active_at=NOON + 2 * DAY)
    journal = [entry_document(entry) for entry in (*ready.entries, *longer.entries)]
    assert journal[-1]["lots"][0]["expires_at"] == "2024-02-12T00:00:00.000000+00:00"
    assert check_journal(journal) == ()
    for days in (1, -2):
        forged = copy.deepcopy(journal)
        lot = forged[-1]["lots"][0]
        lot["expires_at"] = moved(lot["expires_at"], days=days)
        assert check_journal(forged), days


def test_a_command_cut_in_two_is_judged_as_far_as_it_was_known() -> None:
    """Between a late activation and the repayment that belongs to it, what was known passes."""
    ready, later = waiting(activates_at=NOON), None
    spent = redeem(ready.account, 9, key="b", now=NOON)
    told = Reversed(awarded=9, lots=(spent.entries[-1].lots[0],))
    owing = reverse(spent.account, told, Fraction(1), key="c", now=NOON)
    later = earn(owing.account, 20, lot="2", source="b", key="d", now=NOON + DAY, activates_at=NOON + DAY)
    journal = (*ready.entries, *spent.entries, *owing.entries, *later.entries)
    assert [entry.verb.value for entry in later.entries] == ["earn", "activate", "repay"]
    known = later.entries[1].recorded_at
    assert check(explain_balance(journal, NOON + 2 * DAY, known=known)) == ()
    assert check_journal([entry_document(entry) for entry in journal[:-1]]) != ()


@pytest.mark.parametrize(
    "nonsense", [{}, {"schema": 1, "kind": "x"}, {"schema": 1, "kind": "balance"}, [], None]
)
def test_nonsense_is_a_problem_and_no_crash(nonsense: Any) -> None:
    """Whatever is handed in, problems come out."""
    assert check(nonsense)
    assert check_journal([nonsense])


def test_a_voided_reservation_passes() -> None:
    """Set aside, let go, spent: by hand, step by step."""
    ready = waiting(activates_at=NOON, expiry=Expiry(days=1))
    held = reserve(ready.account, 4, hold="h", ends_at=NOON + 3 * DAY, key="b", now=NOON)
    let_go = void(held.account, "h", key="c", now=NOON + 2 * DAY)
    journal = (*ready.entries, *held.entries, *let_go.entries)
    verbs = [entry.verb.value for entry in journal]
    assert verbs == ["earn", "activate", "reserve", "expire", "void", "expire"]
    assert check_journal([entry_document(entry) for entry in journal]) == ()
