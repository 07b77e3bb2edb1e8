"""Refunds of orders, told by verbs and by files: money and points go back once, to where they came from."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from retailcrm.domain.identity import Evidence, Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Line, Observation, Order, OrderState, fold
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import IdempotencyConflictError, InputError

ORDER = "ours/main/1"


def yuan(amount: str) -> Money:
    """An amount in yuan."""
    return Money(round(float(amount) * 100), "CNY")


def an_order(amount: str) -> Order:
    """Give order web/main/7 of Ann's as a backend hands it in."""
    at = datetime(2024, 3, 30, tzinfo=UTC)
    seen = Observation(
        ref=OrderRef("web", "main", "7"), observed_at=at, paid_at=at, gross=yuan(amount),
        state=OrderState.PAID, buyer=Identity.of("web", "main", "id", "ann"),
    )  # fmt: skip
    return fold([seen])


@pytest.fixture
def paid(make_shop: Callable[..., Any], bring: Callable[..., None]) -> Any:
    """Ann's order 1 of 100.00 earned 100 points at once; she had 500 before, and Bob has 200."""
    shop = make_shop(waiting={"until": "paid"})
    shop.loyalty.adjust("ann", 500, key="ann", reason="start", actor="li")
    shop.loyalty.adjust("bob", 200, key="bob", reason="start", actor="li")
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "100.00"})
    return shop


def refunded(bring: Any, shop: Any, amount: str) -> None:
    """Let a later file show what was paid back of order 1."""
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "100.00", "back": amount,
                 "back_at": "2024-03-20"})  # fmt: skip


def available(shop: Any, who: str = "ann") -> int:
    """Give what somebody can spend."""
    return int(shop.loyalty.balance(who).available)


def test_a_reversal_takes_what_is_left_and_no_more(paid: Any) -> None:
    """40 of 100 points, then 60 however much more than the price is told, then none; she keeps her 500."""
    told = (("r1", "40", 40), ("r2", "5000", 60), ("r3", "1", 0))
    for key, amount, points in told:
        assert paid.loyalty.reverse(ORDER, yuan(amount), key=key).points == points
    assert available(paid) == 500


def test_a_file_and_a_verb_tell_of_one_refund(paid: Any, bring: Any, clock: Any) -> None:
    """Half of order 1 goes back; whichever tells of it first, 50 points are taken once."""
    refunded(bring, paid, "50.00")
    assert available(paid) == 550
    assert paid.loyalty.reverse(ORDER, yuan("50"), key="r1").points == 0
    assert available(paid) == 550
    assert paid.loyalty.reverse(ORDER, yuan("50"), key="r2").points == 50
    clock.set("2024-04-02")
    refunded(bring, paid, "100.00")
    assert available(paid) == 500


def test_all_redemptions_of_an_order_share_its_refunds(paid: Any) -> None:
    """100.00 in money and 50 + 30 points (0.80): never more than 100.00 goes back, and every point."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    paid.loyalty.redeem("ann", 30, key="b", order=ORDER)
    told = [paid.loyalty.refund(ORDER, yuan(part), key=part) for part in ("60", "40.79", "0.01")]
    assert sum(one.detail["cash"] for one in told) == 10000
    assert sum(one.points for one in told) == 80
    assert available(paid) == 500


def test_no_more_goes_back_than_the_order_cost(paid: Any) -> None:
    """Of 100.50, 60 went back: 40.51 is refused with what is left, 40.50 is done, and once."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    assert paid.loyalty.refund(ORDER, yuan("500"), key="big").allowed == 10050
    paid.loyalty.refund(ORDER, yuan("60"), key="r1")
    refused = paid.loyalty.refund(ORDER, yuan("40.51"), key="r2")
    assert (refused.limit, refused.asked, refused.allowed) == ("refund_total", 4051, 4050)
    assert available(paid) == 500 + 100 - 50 + 29 - 59  # of 50 spent 60 / 100.5 came back, of 100 earned too
    for repeated in (False, True):
        done = paid.loyalty.refund(ORDER, yuan("40.50"), key="r2")
        assert done.repeated is repeated
        assert available(paid) == 500
    assert paid.loyalty.refund(ORDER, yuan("0.01"), key="r3").allowed == 0


def test_what_a_file_told_of_a_refund_is_said(paid: Any, bring: Any, clock: Any) -> None:
    """A file shows 100.00 as paid back; told again by a verb, 0.50 of points' worth is all that is new."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    clock.set("2024-04-02")
    refunded(bring, paid, "100.00")
    done = paid.loyalty.refund(ORDER, yuan("100.50"), key="r")
    assert (done.detail["cash"], done.detail["told_already"]) == (0, 10000)
    assert available(paid) == 500


def test_what_files_gave_back_is_given_back_once(paid: Any, bring: Any, clock: Any) -> None:
    """Half of order 1 by a file, all of order 2 by a verb, then the rest of 1: each point returns once."""
    bring(paid, {"id": "2", "who": "ann", "at": "2024-03-01", "amount": "10.00"})
    paid.loyalty.redeem("ann", 100, key="a", order=ORDER)
    paid.loyalty.redeem("ann", 40, key="b", order="ours/main/2")
    clock.set("2024-04-02")
    refunded(bring, paid, "50.00")
    assert paid.loyalty.refund("ours/main/2", yuan("10.40"), key="r2").points == 40
    assert available(paid) == 500 + 100 - 50 - 50
    assert paid.loyalty.refund(ORDER, yuan("101"), key="r1").points == 50
    clock.set("2024-04-03")
    refunded(bring, paid, "100.00")
    assert available(paid) == 500


def test_points_of_two_people_return_to_each(paid: Any) -> None:
    """Ann's order; she spent 40 on it and Bob twice 30: with the refund each has her own again."""
    paid.loyalty.redeem("ann", 40, key="a", order=ORDER)
    for key in "bc":
        paid.loyalty.redeem("bob", 30, key=key, order=ORDER)
    assert paid.loyalty.refund(ORDER, yuan("101"), key="r").points == 100
    assert (available(paid), available(paid, "bob")) == (500, 200)


def test_money_is_known_once_the_order_is_handed_in(paid: Any) -> None:
    """Points paid 3.00 of a cart of 100.00; whether the other 97.00 was ever paid says the order alone."""
    order, cart = "web/main/7", Cart(goods=10000)
    assert paid.loyalty.redeem("ann", 300, key="a", cart=cart, order=order).detail["remainder"] == 9700
    assert paid.loyalty.refund(order, yuan("50"), key="r").limit == "unknown_order"
    paid.loyalty.earn(an_order("97"), key="e")
    half = paid.loyalty.refund(order, yuan("50"), key="r")
    assert (half.detail["cash"], half.points) == (4850, 150)
    assert paid.loyalty.refund(order, yuan("50.01"), key="s").allowed == 5000


@pytest.mark.parametrize("points", [400, 300])
def test_a_reservation_paid_all_or_not(paid: Any, points: int) -> None:
    """400 points are set aside for a cart of 4.00: all captured, nothing was money; of 300 nobody knows."""
    held = paid.loyalty.reserve("ann", 400, key="c", cart=Cart(goods=400), order="web/main/7")
    assert held.detail["remainder"] == 0
    captured = paid.loyalty.capture("c", key="a", points=points)
    assert captured.detail["remainder"] == 400 - points
    done = paid.loyalty.refund("web/main/7", yuan("4"), key="r")
    if points == 400:
        assert (done.detail["cash"], done.points) == (0, 400)
    else:
        assert done.limit == "unknown_order"


def test_two_redemptions_may_pay_all(paid: Any) -> None:
    """3.00 and then 1.00 of a cart of 4.00: all of it was points, and all of them return."""
    paid.loyalty.redeem("ann", 300, key="a", cart=Cart(goods=400), order="web/main/7")
    paid.loyalty.redeem("ann", 100, key="b", cart=Cart(goods=400, paid=300), order="web/main/7")
    done = paid.loyalty.refund("web/main/7", yuan("4"), key="r")
    assert (done.detail["cash"], done.points) == (0, 400)


def test_another_wallet_knows_the_order_too(make_shop: Any) -> None:
    """Gold points are never earned with orders; what the order cost is known where points are."""
    shop = make_shop(waiting={"until": "paid"}, wallet=[{"name": "gold", "earn": False}])
    shop.loyalty.adjust("ann", 300, key="ann", reason="start", actor="li", wallet="gold")
    shop.loyalty.redeem("ann", 300, key="a", order="web/main/7", wallet="gold")
    shop.loyalty.earn(an_order("97"), key="e")
    done = shop.loyalty.refund("web/main/7", yuan("100"), key="r", wallet="gold")
    assert (done.detail["cash"], done.points) == (9700, 300)


def test_money_that_was_paid_back_already(paid: Any) -> None:
    """100.00 went back before: only the points' worth of 0.50 is left to go back."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    paid.loyalty.reverse(ORDER, yuan("100"), key="r")
    assert paid.loyalty.refund(ORDER, yuan("100.50"), key="s").allowed == 50
    done = paid.loyalty.refund(ORDER, yuan("0.50"), key="s")
    assert (done.detail["cash"], done.points) == (0, 50)


def test_files_bring_spent_points_back(paid: Any, bring: Any, clock: Any) -> None:
    """500 points went for order 1: half of it back brings 250, all of it all; once."""
    paid.loyalty.redeem("ann", 500, key="a", order=ORDER)
    clock.set("2024-04-02")
    refunded(bring, paid, "50.00")
    assert available(paid) == 600 - 500 + 250 - 50
    clock.set("2024-04-03")
    refunded(bring, paid, "100.00")
    refunded(bring, paid, "100.00")
    assert available(paid) == 500
    paid.loyalty.adjust("ann", 1, key="write", reason="write", actor="li")
    assert available(paid) == 501


def test_an_order_paid_with_points_alone(paid: Any) -> None:
    """Nobody earned anything with it, and its refund is not blocked: the points return."""
    paid.loyalty.redeem("ann", 300, key="a", cart=Cart(goods=300), order="ours/main/free")
    done = paid.loyalty.refund("ours/main/free", yuan("3"), key="r")
    assert (done.points, done.detail["cash"], available(paid)) == (300, 0, 600)
    assert paid.loyalty.refund("ours/main/nobody", yuan("3"), key="s").limit == "nothing"


def test_an_order_of_which_nobody_said_what_it_cost(paid: Any) -> None:
    """Money back is never said to be 0 where nobody knows: refused, until the order is handed in."""
    paid.loyalty.redeem("ann", 300, key="a", order="web/main/7")
    refused = paid.loyalty.refund("web/main/7", yuan("3"), key="r")
    assert (refused.limit, refused.allowed) == ("unknown_order", 0)
    paid.loyalty.earn(an_order("97"), key="e")
    done = paid.loyalty.refund("web/main/7", yuan("100"), key="r")
    assert (done.detail["cash"], done.points, done.detail["taken_back"]) == (9700, 300, 97)


def test_a_refund_after_points_were_given_back(paid: Any) -> None:
    """20 of 50 points came back before: the refund brings the other 30, and is not blocked."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    paid.loyalty.give_back("a", key="g", points=20)
    assert paid.loyalty.refund(ORDER, yuan("100.50"), key="r").points == 30
    assert available(paid) == 500


def test_a_refund_after_a_merge(paid: Any) -> None:
    """Ann's order and redemption; then she and Bob are one: both points and award go back."""
    paid.loyalty.redeem("ann", 50, key="a", order=ORDER)
    paid.customers.decided.merge(
        "bob", "ann", evidence=(Evidence.stated("one"),), actor="li", at=datetime(2024, 4, 1, tzinfo=UTC)
    )
    assert available(paid, "bob") == 750
    done = paid.loyalty.refund(ORDER, yuan("100.50"), key="r")
    assert (done.points, done.detail["taken_back"]) == (50, 100)
    assert available(paid, "bob") == 700


def test_another_wallets_key_is_another_command(make_shop: Any, bring: Any) -> None:
    """The same key in another wallet stands for something else: an error, not a silent nothing."""
    shop = make_shop(waiting={"until": "paid"}, wallet=[{"name": "gold", "waiting": {"until": "paid"}}])
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "100.00"})
    shop.loyalty.redeem("ann", 10, key="touch", order=ORDER)
    shop.loyalty.redeem("ann", 10, key="gold", order=ORDER, wallet="gold")
    shop.loyalty.refund(ORDER, yuan("100"), key="r")
    with pytest.raises(IdempotencyConflictError):
        shop.loyalty.refund(ORDER, yuan("100"), key="r", wallet="gold")


def test_a_redemption_has_one_name(make_shop: Any) -> None:
    """A reward under the key of a redemption would leave nobody to say which comes back."""
    shop = make_shop(reward=[{"id": "mug", "points": 10}])
    shop.loyalty.adjust("ann", 100, key="ann", reason="start", actor="li")
    shop.loyalty.redeem("ann", 40, key="k")
    with pytest.raises(IdempotencyConflictError, match="another redemption"):
        shop.loyalty.rewards.buy("ann", "mug", key="k")
    shop.loyalty.rewards.buy("ann", "mug", key="m")
    with pytest.raises(InputError, match="bring its pieces back"):
        shop.loyalty.give_back("m", key="g")


def test_a_reservation_of_before_a_merge(paid: Any) -> None:
    """Bob reserves, is merged with Ann and parted again: his reservation is still captured, once."""
    paid.loyalty.reserve("bob", 40, key="cart")
    at = datetime(2024, 4, 1, tzinfo=UTC)
    number = paid.customers.decided.merge("ann", "bob", evidence=(Evidence.stated("one"),), actor="li", at=at)
    assert paid.loyalty.balance("ann").held == 40
    paid.customers.decided.undo(number, actor="li", at=at)
    assert available(paid, "bob") == 160
    assert paid.loyalty.capture("cart", key="paid").points == 40
    assert paid.loyalty.balance("ann").held == 0


def test_limits_hold_for_the_person_not_the_id(make_shop: Any) -> None:
    """One mug each and one sign-in a day: two ids that are one person have one of each."""
    shop = make_shop(reward=[{"id": "mug", "points": 10, "each": 1}],
                     activity=[{"kind": "signin", "points": 5}])  # fmt: skip
    for who in ("ann", "bob"):
        shop.loyalty.adjust(who, 100, key=who, reason="start", actor="li")
    shop.loyalty.rewards.buy("bob", "mug", key="m")
    shop.loyalty.activity("bob", "signin", key="s")
    shop.customers.decided.merge(
        "ann", "bob", evidence=(Evidence.stated("one"),), actor="li", at=datetime(2024, 4, 1, tzinfo=UTC)
    )
    assert shop.loyalty.rewards.buy("ann", "mug", key="n").limit == "each"
    assert shop.loyalty.activity("ann", "signin", key="t").limit == "cap"


def test_a_line_takes_its_own_points_back(make_shop: Any) -> None:
    """Two lines of 30 and 69 yuan: the second goes back and takes 69 points; the rest takes the rest."""
    shop = make_shop(waiting={"until": "paid"})
    at = datetime(2024, 3, 30, tzinfo=UTC)
    lines = tuple(
        Line(product=p, quantity=1, amount=Money(m, "CNY")) for p, m in (("tea", 3000), ("cup", 6900))
    )
    order = fold([Observation(
        ref=OrderRef("web", "main", "5"), observed_at=at, paid_at=at, gross=Money(9900, "CNY"),
        state=OrderState.PAID, buyer=Identity.of("web", "main", "id", "carl"), lines=lines,
    )])  # fmt: skip
    assert shop.loyalty.earn(order, key="e").points == 99
    cup = Money(6900, "CNY")
    assert shop.loyalty.reverse("web/main/5", cup, key="r", lines={"1": cup}).points == 69
    assert shop.loyalty.reverse("web/main/5", Money(3000, "CNY"), key="s").points == 30


def test_a_reward_set_aside(make_shop: Any, clock: Any) -> None:
    """Points and piece wait for the checkout; captured they are bought, and after 30 minutes both return."""
    shop = make_shop(reward=[{"id": "mug", "points": 20, "stock": 1}])
    shop.loyalty.adjust("ann", 50, key="start", reason="start", actor="li")
    rewards = shop.loyalty.rewards
    rewards.reserve("ann", "mug", key="cart")
    assert (rewards.left("mug"), shop.loyalty.balance("ann").held) == (0, 20)
    rewards.void("cart", key="no")
    assert (rewards.left("mug"), available(shop)) == (1, 50)
    rewards.reserve("ann", "mug", key="again")
    assert rewards.capture("again", key="paid").detail["reward"] == "mug"
    assert (rewards.left("mug"), available(shop)) == (0, 30)
    rewards.bring_back("paid", key="back")
    rewards.reserve("ann", "mug", key="late")
    clock.set("2024-04-01T00:30")
    assert (rewards.left("mug"), available(shop)) == (1, 50)
    assert rewards.capture("late", key="too late").limit == "unknown_hold"


def test_a_checkout_holds_no_longer_than_the_wallet_lets_it(paid: Any) -> None:
    """Half an hour by default: none at all and a day are errors."""
    for minutes in (0, 24 * 60):
        with pytest.raises(InputError, match="30 minutes"):
            paid.loyalty.reserve("ann", 10, key="cart", minutes=minutes)


def test_a_cart_binds_the_reservation_too(make_shop: Any) -> None:
    """Half of 4.00 at 10 points a yuan: 20 points are set aside of the 100 asked for."""
    shop = make_shop(redemption={"points_per_unit": "10", "share_of_order": "0.5"})
    shop.loyalty.adjust("ann", 500, key="ann", reason="start", actor="li")
    done = shop.loyalty.reserve("ann", 100, key="cart", cart=Cart(goods=400))
    assert (done.points, done.detail["value"]) == (20, 200)
