"""Groups take keys for new; whoever sends some of them again is told what they came to, on every store."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from retailcrm import open_shop
from retailcrm.errors import IdempotencyConflictError
from retailcrm.ports.outcomes import Done, Refused, Staged
from retailcrm.shop.loyalty.grouping import GroupLedger
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retailcrm import Shop
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty import Loyalty

NOW = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Give a shop in which Ann has 100 points and Bob 10."""
    kind = request.param
    url = "memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    with closing(open_shop(url, policy=rules, clock=lambda: NOW)) as opened:
        for name, points in (("ann", 100), ("bob", 10)):
            opened.loyalty.adjust(name, points, key=name, reason="gift", actor="li")
        yield opened


def redeem(who: str, points: int, key: str) -> Callable[[Loyalty], Outcome]:
    """Give a command."""
    return lambda verbs: verbs.redeem(who, points, key=key)


def told(results: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """Say what commands came to in short: whether they were done before, or what stood in the way."""
    words = {Done: "repeated", Refused: "limit"}
    return [
        (type(one).__name__, getattr(one, words[type(one)]) if type(one) in words else None)
        for one in results
    ]


def test_a_group_that_comes_again_is_told_what_it_came_to(shop: Shop) -> None:
    """Nothing happens twice, also where the same key comes twice in the group."""
    group = [redeem("ann", 7, f"k{n}") for n in (1, 2, 2)]
    (first,) = shop.loyalty.batch(group)
    assert told(first) == [("Done", False), ("Done", False), ("Done", True)]
    (again,) = shop.loyalty.batch(group)
    assert again == first
    assert told(again) == [("Done", True)] * 3
    assert shop.loyalty.balance("ann").available == 100 - 2 * 7


def test_old_and_new_keys_of_one_group_are_told_apart(shop: Shop) -> None:
    """What was done before is told, what is new is done, what asks for something else is an error."""
    shop.loyalty.redeem("ann", 7, key="old")
    shop.loyalty.reserve("bob", 2, key="held")
    commands = [
        redeem("bob", 3, "new"),
        redeem("ann", 7, "old"),
        redeem("ann", 8, "old"),
        # Another verb's key, but the name of a redemption is nobody else's.
        lambda verbs: verbs.capture("held", key="old"),
        redeem("ann", 1, "new too"),
    ]
    (found,) = shop.loyalty.batch(commands)
    assert told(found) == [
        ("Done", False), ("Done", True), ("IdempotencyConflictError", None),
        ("IdempotencyConflictError", None), ("Done", False),
    ]  # fmt: skip
    balances = [shop.loyalty.balance(name) for name in ("ann", "bob")]
    assert [(one.available, one.held) for one in balances] == [(100 - 7 - 1, 0), (10 - 3 - 2, 2)]


def test_a_redemption_that_could_not_be_done_again_was_done(shop: Shop) -> None:
    """All of Bob's points are spent: the second time nobody hears that there are too few."""
    assert told(*shop.loyalty.batch([redeem("bob", 10, "all")])) == [("Done", False)]
    assert told(*shop.loyalty.batch([redeem("bob", 10, "all")])) == [("Done", True)]
    assert told(*shop.loyalty.batch([redeem("bob", 10, "more")])) == [("Refused", "balance")]


def test_once_a_key_was_not_new_each_is_looked_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of commands that comes again is not decided twice from its second group on."""
    began: list[bool] = []
    init = GroupLedger.__init__

    def noted(self: GroupLedger, ledger: Any, trusting: bool = False) -> None:
        began.append(trusting)
        init(self, ledger, trusting)

    commands = [redeem("ann", 1, f"k{n}") for n in range(6)]
    run = partial(shop.loyalty.batch, commands, size=2)
    for group in run():
        assert told(group) == [("Done", False)] * 2
    monkeypatch.setattr(GroupLedger, "__init__", noted)
    for group in run():
        assert told(group) == [("Done", True)] * 2
    assert began[0]
    assert not any(began[1:])


def test_in_a_transaction_of_the_callers_each_key_is_looked_up(tmp_path: Path) -> None:
    """She cannot be asked to begin anew for a key that will never be new."""
    path = tmp_path / "shop.db"
    rules = policy_from_table({"points": {}})
    with closing(open_shop(f"sqlite:///{path}", policy=rules, clock=lambda: NOW)) as shop:
        shop.loyalty.adjust("ann", 10, key="ann", reason="gift", actor="li")
        shop.loyalty.redeem("ann", 1, key="old")
        connection = shop._database.database._sessions.get().connection
        with shop._database.unit():
            (found,) = shop.loyalty.using(connection).batch(
                [redeem("ann", 1, "old"), redeem("ann", 1, "new")]
            )
        assert [type(one) for one in found] == [Staged, Staged]
        assert [one.done.repeated for one in found if isinstance(one, Staged)] == [True, False]
        assert shop.loyalty.balance("ann").available == 8


def test_inside_a_unit_of_somebody_elses_each_key_is_looked_up(shop: Shop) -> None:
    """Her unit would fail as a whole."""
    shop.loyalty.redeem("ann", 1, key="old")
    with shop.loyalty._accounts.ledger.unit():
        (found,) = shop.loyalty.batch([redeem("ann", 1, "old"), redeem("ann", 1, "new")])
    assert told(found) == [("Done", True), ("Done", False)]
    with pytest.raises(IdempotencyConflictError):
        shop.loyalty.redeem("ann", 2, key="new")
    assert shop.loyalty.balance("ann").available == 98
