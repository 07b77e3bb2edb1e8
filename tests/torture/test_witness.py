"""Whether answers fit one order of events."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from retailcrm.torture.books import Books, journals_of, told
from retailcrm.torture.commands import Command, grant, run
from retailcrm.torture.opening import open_it
from retailcrm.torture.racing import Seen
from retailcrm.torture.witness import misfits

FIRST = [grant("ann", 100, "first")]
COMMANDS = [
    Command("redeem", "one", ("ann", 7)),
    Command("transfer", "two", ("ann", "bob", 20)),
    Command("reserve", "three", ("ann", 5)),
    Command("capture", "four", ("three",), (("points", 2),)),
    Command("redeem", "five", ("bob", 3)),
]


@pytest.fixture
def history() -> tuple[list[Seen], dict[str, Any]]:
    """Give five commands that came one after the other, and the journals that they left."""
    with open_it("memory:") as shop:
        for command in FIRST:
            run(shop.loyalty, command)
        seen = [
            Seen(command, run(shop.loyalty, command), 100 + 10 * n, 105 + 10 * n)  # type: ignore[arg-type]  # all are done
            for n, command in enumerate(COMMANDS)
        ]
        return seen, journals_of(shop.loyalty, ("ann", "bob"))


def test_what_came_one_after_the_other_fits(history: Any) -> None:
    """No misfit in a history without any race."""
    seen, journals = history
    assert misfits(seen, journals, FIRST) == []


def test_an_answer_before_the_question_does_not_fit(history: Any) -> None:
    """The second was answered before the first was asked, and stands behind it."""
    seen, journals = history
    seen[1] = attrs.evolve(seen[1], begun=1, ended=5)
    assert misfits(seen, journals, FIRST) == ["ann: two stands behind one that began after it had ended"]


def test_another_version_or_amount_does_not_fit(history: Any) -> None:
    """An answer with a version that the journal does not have, or with other points than a replay gives."""
    seen, journals = history
    wrong = [*seen[:4], attrs.evolve(seen[4], outcome=attrs.evolve(seen[4].outcome, version=9))]
    assert any("says version 9" in one for one in misfits(wrong, journals, FIRST))
    wrong = [attrs.evolve(seen[0], outcome=attrs.evolve(seen[0].outcome, points=8)), *seen[1:]]
    assert any("in this order it comes to" in one for one in misfits(wrong, journals, FIRST))


def test_orders_that_contradict_each_other_do_not_fit() -> None:
    """Of two transfers each stands before the other in one of the accounts: no order fits."""
    with open_it("memory:") as shop:
        for command in (grant("ann", 100, "first"), grant("bob", 100, "second")):
            run(shop.loyalty, command)
        commands = [
            Command("transfer", "to", ("ann", "bob", 1)),
            Command("transfer", "fro", ("bob", "ann", 1)),
        ]
        seen = [Seen(command, run(shop.loyalty, command), 0, 9) for command in commands]  # type: ignore[arg-type]
        journals: dict[str, Any] = journals_of(shop.loyalty, ("ann", "bob"))
    *before, one, other = journals["bob"]
    journals["bob"] = (
        *before,
        attrs.evolve(other, version=one.version),
        attrs.evolve(one, version=other.version),
    )
    assert any("no order fits" in problem for problem in misfits(seen, journals))


def test_the_books_name_what_is_missing_and_what_nobody_was_told_of() -> None:
    """A command too many in the journal, and one too few."""
    books = Books()
    with open_it("memory:") as shop:
        for command in (*FIRST, COMMANDS[0]):
            books.settle(command, run(shop.loyalty, command))  # type: ignore[arg-type]  # all are done
        assert books.problems(shop.loyalty, ["ann"]) == []
        extra = run(shop.loyalty, COMMANDS[2])
        assert told(journals_of(shop.loyalty, ["ann"]))[COMMANDS[2].name] == 1
        assert books.problems(shop.loyalty, ["ann"]) == ["reserve three stands there, and nobody was told"]
        books.settle(COMMANDS[2], extra)  # type: ignore[arg-type]  # it is done
        books.settle(Command("redeem", "six", ("ann", 1)), attrs.evolve(extra, key="six"))  # type: ignore[type-var,arg-type]
        found = books.problems(shop.loyalty, ["ann"])
    assert "redeem six was acknowledged and stands there 0 times" in found
