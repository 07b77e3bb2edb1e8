"""Referrals in a shop: who counts as brought, under which of her ids, and what takes both sides back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from retailcrm.domain.customers import Phone
from retailcrm.domain.identity import Evidence, Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.errors import CurrencyMismatchError, InputError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.ports.referral_checks import Contact

SAID = (Evidence.stated("she said so"),)


def day(n: int) -> datetime:
    """Give a day of March 2024."""
    return datetime(2024, 3, n, tzinfo=UTC)


def order(number: str = "9", who: str = "bob", at: int = 20, **told: Any) -> Any:
    """Give an order over 50.00, placed, paid and received on a day of March."""
    facts = {
        "placed_at": day(at), "paid_at": day(at), "completed_at": day(at), "gross": Money(5000, "CNY"),
        "state": OrderState.COMPLETED, "buyer": Identity.of("ours", "main", "id", who),
    } | told  # fmt: skip
    return fold([Observation(ref=OrderRef("ours", "main", number), observed_at=day(at), **facts)])


REFERENCE = "ours/main/9"


def brought(make_shop: Any, *, earn: bool = True, **referral: Any) -> Any:
    """Give a shop in which Ann brought Bob on the 10th, by his order of the 20th."""
    shop = make_shop(referral={"least": "20.00"} | referral)
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    if earn:
        shop.loyalty.earn(order(), key="earn")
    done = shop.loyalty.referrals.order(order(), key="order")
    assert isinstance(done, Done)
    assert done.detail["stage"] == "qualified"
    return shop


def of_referral(shop: Any, who: str) -> int:
    """Give the points of the referral that wait in an account."""
    account = shop.loyalty._accounts.current(who).account
    return sum(lot.pending for lot in account.lots if lot.root.startswith("referral:"))


def merged(shop: Any, bring: Any, keep: str, gone: str) -> None:
    """Decide that two are one; each has an order of the end of March in a file."""
    bring(shop, *({"id": who, "who": who, "at": "2024-03-28", "amount": "1.00"} for who in (keep, gone)))
    shop.customers.merge(keep, gone, evidence=SAID, by="li")


def both(shop: Any) -> tuple[int, int]:
    """Give what waits on both sides."""
    return of_referral(shop, "ann"), of_referral(shop, "bob")


# ---- who is brought ------------------------------------------------------------------------------------


def test_a_customer_of_the_files_is_not_brought(make_shop: Any, bring: Any) -> None:
    """Bob paid on the 5th, says a file; the link of the 10th brings nobody, and it says why."""
    shop = make_shop(referral={})
    bring(shop, {"id": "1", "who": "bob", "at": "2024-03-05", "amount": "5.00"})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    found = shop.loyalty.referrals.order(order(), key="order")
    assert isinstance(found, Refused)
    assert (found.limit, "had bought before" in found.message) == ("referral", True)
    assert both(shop) == (0, 0)


def test_a_customer_of_the_ledger_is_not_brought(make_shop: Any) -> None:
    """Bob earned with an order of the 5th that no file tells; in whichever wallet."""
    shop = make_shop(referral={}, wallet=[{"name": "status", "qualifying": True}])
    shop.loyalty.earn(order("1", at=5), key="earn", wallet="status")
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    assert shop.loyalty.referrals.order(order(), key="order").limit == "referral"


def test_who_bought_after_the_link_is_brought(make_shop: Any, bring: Any) -> None:
    """Bob's order of the 12th is too small, and Cat's link of the 15th too late: Ann brought him."""
    shop = make_shop(referral={"least": "20.00"})
    bring(shop, {"id": "1", "who": "bob", "at": "2024-03-12", "amount": "5.00"})
    referrals = shop.loyalty.referrals
    referrals.link("ann", "bob", key="click", at=day(10))
    referrals.link("cat", "bob", key="click 2", at=day(15))
    assert referrals.order(order(), key="order").detail["referrer"] == "ann"


def test_the_order_itself_is_no_earlier_one(make_shop: Any, bring: Any) -> None:
    """The file tells of the very order that is to count, paid before the link, placed after: no matter."""
    shop = make_shop(referral={})
    bring(shop, {"id": "9", "who": "bob", "at": "2024-03-09", "amount": "50.00"})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    assert isinstance(shop.loyalty.referrals.order(order(), key="order"), Done)


# ---- under whichever id --------------------------------------------------------------------------------


def test_a_merged_customer_was_brought_before(make_shop: Any, bring: Any) -> None:
    """Bob turns out to be Bea: she is not brought again, and his order's refund takes both sides back."""
    shop = brought(make_shop)
    merged(shop, bring, "bea", "bob")
    referrals = shop.loyalty.referrals
    assert referrals.of("bea") == referrals.of("bob")
    assert referrals.of("bea").stage == "qualified"
    assert referrals.link("cat", "bea", key="click 2", at=day(21)).limit == "referral"
    assert "once" in referrals.order(order("10", "bea", 25), key="order 2").message
    back = order(refunded=Money(5000, "CNY"), refunded_at=day(25))
    assert referrals.order(back, key="refund").detail["stage"] == "returned"
    assert (of_referral(shop, "ann"), of_referral(shop, "bea")) == (0, 0)


def test_links_of_all_her_ids_count(make_shop: Any, bring: Any) -> None:
    """Ann's link was followed as Bob; the order is Bea's, who is the same."""
    shop = make_shop(referral={})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    merged(shop, bring, "bea", "bob")
    shop.loyalty.referrals.link("cat", "bea", key="click 2", at=day(8))
    assert shop.loyalty.referrals.order(order(who="bea"), key="order").detail["referrer"] == "ann"
    assert shop.loyalty.referrals.of("bob").stage == "qualified"


def test_a_merged_referrer_gives_back_what_she_spent(make_shop: Any, bring: Any, clock: Any) -> None:
    """Ann spent all 100 and became Amy: the lot is closed in Ann's old account, and Amy owes the 100."""
    shop = brought(make_shop)
    clock.set("2024-04-10")
    assert shop.loyalty.redeem("ann", 100, key="spent").points == 100
    merged(shop, bring, "amy", "ann")
    shop.loyalty.reverse(REFERENCE, Money(5000, "CNY"), key="refund")
    assert shop.loyalty.balance("amy").debt == 100
    assert shop.loyalty.referrals.of("bob").stage == "returned"


# ---- it goes back --------------------------------------------------------------------------------------


def test_a_refund_that_is_earned_on_takes_both_back(make_shop: Any) -> None:
    """The backend hands the order in again, refunded, to earn: both sides lose their points, once."""
    shop = brought(make_shop)
    assert both(shop) == (100, 100)
    back = order(state=OrderState.REFUNDED, refunded=Money(5000, "CNY"), refunded_at=day(25))
    shop.loyalty.earn(back, key="back")
    assert both(shop) == (0, 0)
    assert shop.loyalty.referrals.of("bob").stage == "returned"
    history = shop.loyalty.history("ann")
    assert shop.loyalty.earn(back, key="back").repeated
    shop.loyalty.earn(back, key="back again")
    assert shop.loyalty.history("ann") == history


@pytest.mark.parametrize("verb", ["reverse", "refund"])
def test_refunds_add_up_to_the_least_amount(make_shop: Any, verb: str) -> None:
    """Of 50.00, 30.00 go back: 20.00 are enough. A fen more, and both sides lose their points."""
    shop = brought(make_shop)
    tell = getattr(shop.loyalty, verb)
    tell(REFERENCE, Money(3000, "CNY"), key="first")
    assert both(shop) == (100, 100)
    tell(REFERENCE, Money(1, "CNY"), key="second")
    assert both(shop) == (0, 0)
    before = shop.loyalty.history("ann"), shop.loyalty.history("bob")
    tell(REFERENCE, Money(1, "CNY"), key="second")
    assert (shop.loyalty.history("ann"), shop.loyalty.history("bob")) == before


def test_who_is_stopped_between_the_two_goes_on(make_shop: Any, monkeypatch: Any) -> None:
    """The award was reversed and the machine stopped: the same command again takes the referral back."""
    shop = brought(make_shop)
    with monkeypatch.context() as patch:
        patch.setattr("retailcrm.shop.loyalty.loyalty.with_referral", lambda _, done, *__: done)
        shop.loyalty.reverse(REFERENCE, Money(5000, "CNY"), key="refund")
    assert both(shop) == (100, 100)
    assert shop.loyalty.reverse(REFERENCE, Money(5000, "CNY"), key="refund").repeated
    assert both(shop) == (0, 0)


def test_a_refund_before_the_referral_was_told_counts(make_shop: Any) -> None:
    """The backend hands in the order as it was; 40.00 of it had gone back by then: it is too small."""
    shop = make_shop(referral={"least": "20.00"})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    shop.loyalty.earn(order(), key="earn")
    shop.loyalty.reverse(REFERENCE, Money(4000, "CNY"), key="back")
    assert "refunds taken off" in shop.loyalty.referrals.order(order(), key="order").message


def test_a_refund_that_a_file_tells_is_found_when_time_goes_by(make_shop: Any, bring: Any) -> None:
    """The file shows the order as refunded; the next run takes both sides back and tells of it, once."""
    shop = brought(make_shop, earn=False)
    row = {"id": "9", "who": "bob", "at": "2024-03-20", "done": "2024-03-20", "amount": "50.00"}
    bring(shop, row)
    now = datetime(2024, 4, 1, tzinfo=UTC)
    shop.advance(now)
    assert both(shop) == (100, 100)
    bring(shop, row | {"back": "50.00", "back_at": "2024-03-25"})
    found = shop.advance(now)
    told = [(event.customer, event.what, event.points, event.at) for event in found.events]
    assert ("ann", "reverse", 100, day(25)) in told
    assert ("bob", "reverse", 100, day(25)) in told
    assert both(shop) == (0, 0)
    assert shop.advance(now).events == ()


def test_a_smaller_amount_in_a_file_is_no_refund(make_shop: Any, bring: Any) -> None:
    """A file that counts an order otherwise takes nothing back, for nobody refunded anything."""
    shop = brought(make_shop, earn=False)
    bring(shop, {"id": "9", "who": "bob", "at": "2024-03-20", "amount": "15.00"})
    shop.advance(datetime(2024, 4, 1, tzinfo=UTC))
    assert both(shop) == (100, 100)


# ---- flags ---------------------------------------------------------------------------------------------

PHONE = Phone("13800000001")


def contacts() -> tuple[Contact, Contact]:
    """Give two customers with one phone."""
    return Contact(customer="ann", phones=[PHONE]), Contact(customer="bob", phones=[PHONE])


def test_flags_can_be_read_after_a_refusal(make_shop: Any) -> None:
    """The refusal names the flag, its key is free, and the referral is over with what was noticed."""
    shop = make_shop(referral={})
    referrals = shop.loyalty.referrals
    assert referrals.of("bob") is None
    referrals.link("ann", "bob", key="click", at=day(10))
    for _ in range(2):
        found = referrals.order(order(), key="order", contacts=contacts())
        assert isinstance(found, Refused)
        assert (found.limit, "same_phone" in found.message) == ("referral", True)
    assert referrals.of("bob").stage == "refused"
    assert [flag.code for flag in referrals.of("bob").flags] == ["same_phone"]
    assert PHONE.text not in repr(referrals.of("bob"))
    assert referrals.waiting() == ()
    assert both(shop) == (0, 0)


def test_what_waits_for_a_person_is_listed(make_shop: Any) -> None:
    """Held with its flag until somebody decides; a refund takes it away before that."""
    shop = make_shop(referral={"flagged": "wait"})
    referrals = shop.loyalty.referrals
    referrals.link("ann", "bob", key="click", at=day(10))
    assert referrals.order(order(), key="order", contacts=contacts()).detail["stage"] == "held"
    (held,) = referrals.waiting()
    assert (held.referred, held.referrer, [flag.code for flag in held.flags]) == (
        "bob",
        "ann",
        ["same_phone"],
    )
    referrals.decide("bob", release=False, actor="li", key="no")
    assert referrals.waiting() == ()
    assert "declined" in referrals.order(order(), key="again").message


# ---- what an order tells -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("untold", "message"),
    [
        ({"buyer": None}, "tells no buyer$"),
        ({"gross": None}, "tells no amount$"),
        ({"placed_at": None, "paid_at": None}, "tells no moment: neither placed nor paid$"),
        ({"buyer": None, "gross": None}, "tells no buyer, no amount$"),
    ],
)
def test_what_an_order_does_not_tell_is_named(make_shop: Any, untold: dict[str, None], message: str) -> None:
    """Each missing fact by its name."""
    shop = make_shop(referral={})
    with pytest.raises(InputError, match=message):
        shop.loyalty.referrals.order(order(**untold), key="order")


def test_an_order_without_its_beginning_is_taken_by_its_payment(make_shop: Any) -> None:
    """Nobody knows when it was placed: it was paid on the 20th, after the link."""
    shop = make_shop(referral={})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=day(10))
    assert isinstance(shop.loyalty.referrals.order(order(placed_at=None), key="order"), Done)


def test_an_order_in_another_currency_is_refused(make_shop: Any) -> None:
    """Fifty dollars are not fifty yuan."""
    shop = make_shop(referral={})
    with pytest.raises(CurrencyMismatchError):
        shop.loyalty.referrals.order(order(gross=Money(5000, "USD")), key="order")


def test_an_order_that_was_wholly_refunded_comes_to_nothing(make_shop: Any) -> None:
    """The export says refunded and no amount: it never counts, and takes back what counted."""
    shop = make_shop(referral={})
    referrals = shop.loyalty.referrals
    referrals.link("ann", "bob", key="click", at=day(10))
    gone = order(state=OrderState.REFUNDED, refunded=None)
    assert "refunds taken off" in referrals.order(gone, key="gone").message
    referrals.order(order(), key="order")
    assert referrals.order(gone, key="gone").detail["stage"] == "returned"
