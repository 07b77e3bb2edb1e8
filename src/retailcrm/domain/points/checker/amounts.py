"""Work through what is said of money: what an order earned, what points pay of a cart."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from retailcrm.domain.points.checker.reading import Doc, whole, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def award(document: Doc, problems: list[str]) -> None:
    """Follow an award from the order and the rule, exactly."""
    rule, order = document["rule"], document["order"]
    excluded: list[Doc] = []
    bases = _less_paid(order, rule["base"], _amounts(order, rule["base"], excluded), excluded)
    if Fraction(rule["rate"]) < 0 or whole(rule["least"]) < 0:
        raise ValueError("a rule below nothing")
    times = _together([Fraction(one) for one in document["multipliers"]], rule["together"])
    rates = [Fraction(line["rate"] or rule["rate"]) for line in order["lines"]] + [Fraction(rule["rate"])] * 2
    exacts = [base * rate * times / whole(document["unit"]) for base, rate in zip(bases, rates, strict=True)]
    if sum(bases) < rule["least"]:
        exacts = [Fraction(0)] * len(exacts)
    exact = sum(exacts, Fraction(0))
    if rule["round_at"] == "order":
        shares = _shared(_rounded(exact, rule["rounding"]), exacts)
    else:
        shares = [_rounded(one, rule["rounding"]) for one in exacts]
    room = document["room"]
    points = sum(shares) if room is None else min(sum(shares), max(whole(room), 0))
    follows: Doc = {
        "excluded": excluded,
        "bases": bases,
        "multiplier": f"{times.numerator}/{times.denominator}",
        "exact": f"{exact.numerator}/{exact.denominator}",
        "shares": shares if points == sum(shares) else _shared(points, shares),
        "cut": sum(shares) - points,
        "points": points,
    }
    differences(document, follows, problems)


def differences(document: Doc, follows: Doc, problems: list[str]) -> None:
    """Name what a document says otherwise than it follows."""
    for name, value in follows.items():
        if written(document[name]) != written(value):
            problems.append(f"{name}: says {written(document[name])}, but {written(value)} follows")


def _amounts(order: Doc, base: Doc, excluded: list[Doc]) -> list[int]:
    """Give what each line, postage and tax earn on, and note what does not earn."""
    amounts: list[int] = []
    for line in order["lines"]:
        price, off = whole(line["price"]), whole(line["discount"])
        if not 0 <= off <= price:
            raise ValueError(f"line {line['id']}: discount {off} on {price}")
        amount = price if base["before_discounts"] else price - off
        if not (base["items"] and line["earns"]):
            excluded.append({"what": f"line {line['id']}", "amount": amount})
            amount = 0
        elif off and not base["before_discounts"]:
            excluded.append({"what": f"discount on {line['id']}", "amount": off})
        amounts.append(amount)
    for name in ("shipping", "tax"):
        amount = whole(order[name])
        if amount < 0:
            raise ValueError(f"{name} of {amount}")
        amounts.append(amount if base[name] else 0)
        if amount and not base[name]:
            excluded.append({"what": name, "amount": amount})
    return amounts


def _less_paid(order: Doc, base: Doc, amounts: list[int], excluded: list[Doc]) -> list[int]:
    """Take off what points and gift cards paid, where that earns nothing: in proportion, of all parts."""
    total = (
        sum(line["price"] - line["discount"] for line in order["lines"]) + order["shipping"] + order["tax"]
    )
    paid = {name: whole(order[name]) for name in ("by_points", "by_gift_card")}
    if min(paid.values()) < 0 or sum(paid.values()) > total:
        raise ValueError(f"paid {paid} of {total}")
    off = 0
    for name, amount in paid.items():
        if amount and not base[f"paid_{name}"]:
            off += amount
            excluded.append({"what": f"paid {name.replace('_', ' ')}", "amount": amount})
    if not off:
        return amounts
    taken = min(off * sum(amounts) // total, sum(amounts))
    return [amount - part for amount, part in zip(amounts, _shared(taken, amounts), strict=True)]


def _together(ratios: list[Fraction], how: str) -> Fraction:
    """Join multipliers: the greatest, what each adds to 1, or the product."""
    if how not in ("max", "add", "multiply"):
        raise ValueError(f"multipliers joined by {how!r}")
    result = max(ratios, default=Fraction(1)) if how == "max" else Fraction(1)
    for ratio in ratios if how != "max" else ():
        result = result + ratio - 1 if how == "add" else result * ratio
    return result


def _rounded(exact: Fraction, how: str) -> int:
    """Round points: down, up, or half a point up."""
    below, rest = exact.numerator // exact.denominator, exact % 1
    up = {"down": False, "up": rest > 0, "half_up": rest >= Fraction(1, 2)}[how]
    return below + up


def _shared(points: int, weights: Sequence[Any]) -> list[int]:
    """Share points out: each part rounded down, what is left to the largest remainders, the first first."""
    if not points:
        return [0] * len(weights)
    exacts = [Fraction(points) * weight / Fraction(sum(weights)) for weight in weights]
    shares = [exact.numerator // exact.denominator for exact in exacts]
    last = sorted(range(len(weights)), key=lambda n: (shares[n] - exacts[n], n))
    for n in last[: points - sum(shares)]:
        shares[n] += 1
    return shares


def quote(document: Doc, problems: list[str]) -> None:
    """Follow a quote from the cart, the rule and the balance: the most money, then the fewest points."""
    asked = {
        "wanted": None if document["wanted"] is None else whole(document["wanted"]),
        "goods": whole(document["cart"]["goods"]),
        **{name: whole(document["balance"]["balances"][name]) for name in ("available", "debt")},
        **{name: whole(document["rule"][name]) for name in ("least", "multiple")},
    }
    best = _best(document, asked)
    points, value = best["points"], best["value"]
    numbers = {name: best[name] for name in ("eligible", "due", "share_of_order", "most_value", "needed")}
    numbers |= {"balance": asked["available"], "debt": asked["debt"]}
    numbers |= {} if asked["wanted"] is None else {"wanted": asked["wanted"]}
    numbers |= {"minimum": asked["least"], "multiple": asked["multiple"], "points": points, "value": value}
    follows: Doc = {
        "steps": [{"what": what, "amount": amount} for what, amount in numbers.items()],
        "points": points,
        "value": value,
        "remainder": best["due"] - value,
        "allowed": _best(document, asked | {"wanted": None})["points"],
    }
    differences(document, follows, problems)
    if not _binds(document, asked, best):
        problems.append(f"limit {document['limit']} does not stand in the way of more")
    _missing(document, asked, value, problems)


def _best(document: Doc, asked: Doc) -> Doc:
    """Search for the most money and the fewest points that give it."""
    rule, cart = document["rule"], document["cart"]
    eligible = asked["goods"] + (whole(cart["shipping"]) if rule["shipping"] else 0)
    due = asked["goods"] + whole(cart["shipping"]) + whole(cart["other"]) - whole(cart["paid"])
    share = eligible * Fraction(rule["share_of_order"])
    most = min(share.numerator // share.denominator, eligible, due)
    needed = _first(lambda points: _worth(document, points) >= most)
    top = min(asked["available"], needed)
    top = top if asked["wanted"] is None else min(top, asked["wanted"])
    top = top // asked["multiple"] * asked["multiple"]
    value = min(most, _worth(document, top)) if top >= asked["least"] else 0
    points = 0
    if value > 0:
        step, least = asked["multiple"], asked["least"]
        points = step * _first(lambda n: n * step >= least and _worth(document, n * step) >= value)
    return {
        "eligible": eligible, "due": due, "share_of_order": share.numerator // share.denominator,
        "most_value": most, "needed": needed, "points": points, "value": max(value, 0),
    }  # fmt: skip


def _worth(document: Doc, points: int) -> int:
    """Give the money that points are worth, minor units."""
    rule = document["rule"]
    return _rounded(points * whole(document["unit"]) / Fraction(rule["points_per_unit"]), rule["rounding"])


def _first(holds: Callable[[int], bool]) -> int:
    """Find the first number from 0 from which on something holds."""
    high = 1
    while not holds(high):
        high *= 2
    low = -1  # does not hold, or is no number
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _binds(document: Doc, asked: Doc, best: Doc) -> bool:
    """Tell whether more could be had if the stated limit were not."""
    value, most, share = best["value"], best["most_value"], best["share_of_order"]
    free = asked | {"least": 1, "multiple": 1}
    enough = asked["wanted"] is not None and best["points"] == asked["wanted"]
    bound: dict[str, bool] = {
        "debt": asked["debt"] > 0,
        "multiple": _best(document, asked | {"multiple": 1})["value"] > value,
        "minimum": _best(document, free)["value"] > value,
        "share_of_order": value == most == share < min(best["eligible"], best["due"]),
        "order_total": value == most and share >= min(best["eligible"], best["due"]),
        "balance": value < most and _worth(document, asked["available"]) <= value,
        "nothing": enough or _best(document, free | {"wanted": None})["value"] > value,
    }
    return bound.get(str(document["limit"]), False)


def _missing(document: Doc, asked: Doc, value: int, problems: list[str]) -> None:
    """See that what is said to be missing gives a coin more, and a unit less of any of it does not."""
    missing = document["missing"]
    if missing["order"] is None:
        if Fraction(document["rule"]["share_of_order"]):
            problems.append("missing: some cart is large enough")
        return
    lacks = {name: whole(missing[name]) for name in ("points", "wanted", "order")}
    if min(lacks.values()) < 0:
        problems.append("missing: less than nothing")
    tries = [lacks] + [lacks | {name: amount - 1} for name, amount in lacks.items() if amount]
    for n, one in enumerate(tries):
        then = asked | {
            "available": asked["available"] - asked["debt"] + one["points"],
            "wanted": None if asked["wanted"] is None else asked["wanted"] + one["wanted"],
            "goods": asked["goods"] + one["order"],
        }
        if (_best(document, then)["value"] > value) != (n == 0):
            problems.append(f"missing: with {one} more it is otherwise")
