"""Commands whose store fails, is beaten to it, or writes in somebody else's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from retailcrm.domain.points.spending import redeem
from retailcrm.errors import ConflictError, IdempotencyConflictError, UnknownOutcomeError
from retailcrm.ports.ledger import Change, Unit
from retailcrm.ports.outcomes import Done, Staged, Unknown


def ledger_of(shop: Any) -> Any:
    """Give the ledger under a shop."""
    return shop.loyalty._accounts.ledger


def test_a_lost_answer_is_unknown_and_asking_again_tells(shop: Any, monkeypatch: Any) -> None:
    """The unit was written and the answer got lost: unknown; the same key gives what it came to."""
    ledger = ledger_of(shop)
    unit = type(ledger).unit

    @contextmanager
    def lose(self: Any) -> Iterator[None]:
        with unit(self):
            yield
        raise UnknownOutcomeError("connection lost after COMMIT")

    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "unit", lose)
        found = shop.loyalty.redeem("ann", 20, key="cart")
    assert found == Unknown(key="cart", reason="connection lost after COMMIT")
    again = shop.loyalty.redeem("ann", 20, key="cart")
    assert isinstance(again, Done)
    assert again.repeated
    assert shop.loyalty.balance("ann").available == 30


def test_a_write_that_never_was_happens_when_asked_again(shop: Any, monkeypatch: Any) -> None:
    """Nothing was written and the answer got lost: the same key does it, once."""
    ledger = ledger_of(shop)

    def fail(*_: Any) -> None:
        raise UnknownOutcomeError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "write", fail)
        assert isinstance(shop.loyalty.redeem("ann", 20, key="cart"), Unknown)
    assert not shop.loyalty.redeem("ann", 20, key="cart").repeated
    assert shop.loyalty.balance("ann").available == 30


def test_of_a_group_whose_commit_was_lost_all_is_unknown(shop: Any, monkeypatch: Any) -> None:
    """A repeat and a refusal rest on what the group itself did: they are no more known than that."""
    ledger = ledger_of(shop)
    unit = type(ledger).unit

    def gone() -> None:
        raise OSError("the server is gone")

    @contextmanager
    def lose(self: Any) -> Iterator[None]:
        try:
            with unit(self):
                yield
                gone()
        except OSError as error:
            raise UnknownOutcomeError(str(error)) from error

    commands = [
        lambda points, key=key, much=much: points.redeem("ann", much, key=key)
        for key, much in (("k", 20), ("k", 20), ("l", 40))
    ]
    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "unit", lose)
        (group,) = shop.loyalty.batch(commands)
    assert group == tuple(Unknown(key=key, reason="the server is gone") for key in ("k", "k", "l"))
    assert shop.loyalty.balance("ann").available == 50
    assert shop.loyalty.redeem("ann", 40, key="l").points == 40


def test_keys_belong_to_their_verb(shop: Any) -> None:
    """One key of two verbs is two commands; what names a redemption is one, whoever redeems."""
    assert shop.loyalty.adjust("ann", 10, key="w", reason="gift", actor="li").points == 10
    found = shop.loyalty.redeem("ann", 10, key="w")
    assert (found.points, found.repeated) == (10, False)
    shop.loyalty.reserve("ann", 10, key="w")
    with pytest.raises(IdempotencyConflictError, match="another redemption"):
        shop.loyalty.capture("w", key="w")


def test_in_somebody_elses_transaction_it_is_staged(shop: Any) -> None:
    """What stands only if the caller commits is no Done."""
    ledger_of(shop).borrowed = True
    assert isinstance(shop.loyalty.redeem("ann", 20, key="cart"), Staged)


def beaten(shop: Any, monkeypatch: Any, times: int) -> None:
    """Let somebody else write into Ann's account right before us, so many times."""
    ledger = ledger_of(shop)
    unit, left = type(ledger).unit, [times]

    @contextmanager
    def late(self: Any) -> Iterator[None]:
        if not left[0]:
            with unit(self):
                yield
            return
        with suppress(ConflictError), unit(self):
            yield
            raise ConflictError("what a store finds that let both decide at once")
        left[0] -= 1
        ann = ledger.account("points/ann")
        other = redeem(ann, 1, key=f"other {left[0]}", now=shop.loyalty._accounts.clock())
        ledger.write(Unit(changes=(Change(before=ann, after=other.account, entries=other.entries),)))
        raise ConflictError("beaten to it")

    monkeypatch.setattr(type(ledger), "unit", late)


def test_who_was_beaten_to_it_decides_again(shop: Any, monkeypatch: Any) -> None:
    """Another process spends a point three times in between: 50 - 3 - 20 are left, nothing is lost."""
    shop.loyalty.redeem("ann", 1, key="first")
    beaten(shop, monkeypatch, 3)
    assert isinstance(shop.loyalty.redeem("ann", 20, key="cart"), Done)
    assert shop.loyalty.balance("ann").available == 50 - 1 - 3 - 20


def test_who_is_always_beaten_to_it_gives_up(shop: Any, monkeypatch: Any) -> None:
    """After some attempts the conflict reaches the caller, and nothing of the command was written."""
    shop.loyalty.redeem("ann", 1, key="first")
    beaten(shop, monkeypatch, 99)
    with pytest.raises(ConflictError):
        shop.loyalty.redeem("ann", 20, key="cart")
    assert ledger_of(shop).effect("redeem", "cart") is None


def test_half_a_unit_is_never_written(shop: Any) -> None:
    """A transfer whose taker was changed meanwhile changes the giver neither."""
    ledger = ledger_of(shop)
    shop.loyalty.redeem("ann", 1, key="1")
    shop.loyalty.redeem("bob", 1, key="2")
    unit = None
    original = type(ledger).write

    def catch(_: Any, one: Any) -> None:
        nonlocal unit
        unit = one
        raise UnknownOutcomeError("kept for later")

    type(ledger).write = catch
    try:
        shop.loyalty.transfer("ann", "bob", 5, key="gift")
    finally:
        type(ledger).write = original
    shop.loyalty.redeem("bob", 1, key="3")
    ann = ledger.account("points/ann")
    with pytest.raises(ConflictError):
        ledger.write(unit)
    assert ledger.account("points/ann") == ann
    assert ledger.effect("transfer", "gift") is None
