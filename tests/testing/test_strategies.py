"""The kit's strategies draw what they say: valid tables, meaningful texts, keys of each strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from retailcrm.analytics.metrics import metrics
from retailcrm.domain.identity import Strength, normalised, strength_of
from retailcrm.domain.money import parse_amount
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import KEYS, Batch, Grain
from retailcrm.testing import strategies

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.identity import Identity

AS_OF = np.datetime64("2025-06-01T00:00:00", "us")


@given(strategies.amount_texts())
def test_an_amount_text_means_its_fen(drawn: tuple[str, int]) -> None:
    """Whatever it is written like, it reads as the amount drawn with it."""
    text, fen = drawn
    assert parse_amount(text, "CNY") == fen


@given(strategies.nicks())
def test_nicks_in_clear_are_stable(nick: str) -> None:
    """A drawn member name tells people apart."""
    assert strength_of("nick", nick) is Strength.STABLE


@given(strategies.masked_nicks())
def test_masked_nicks_are_nobody(nick: str) -> None:
    """A drawn mask tells nobody apart."""
    assert strength_of("nick", nick) is Strength.NONE


@given(strategies.mobiles())
def test_mobiles_have_one_form(text: str) -> None:
    """However written, a number of eleven digits that is weak."""
    plain = normalised("phone", text)
    assert len(plain) == 11
    assert plain.startswith("1")
    assert strength_of("phone", text) is Strength.WEAK


@given(strategies.identities())
def test_identities_are_of_every_strength(identity: Identity) -> None:
    """They are valid; and below: all three strengths occur."""
    assert identity.value


@pytest.mark.parametrize("strength", list(Strength))
def test_each_strength_is_found(strength: Strength) -> None:
    """Hypothesis finds an identity of each strength."""
    assert find(strategies.identities(), lambda identity: identity.strength is strength)


@given(strategies.moments())
def test_moments_are_aware(moment: datetime) -> None:
    """In UTC, within the years given."""
    assert moment.tzinfo is not None
    assert strategies.FIRST <= moment <= strategies.LAST


@given(strategies.order_tables())
@settings(max_examples=50)
def test_order_tables_can_be_counted(table: OrderTable) -> None:
    """Every drawn table is one that figures can be computed of, with gross not below refunds."""
    found = metrics(table, AS_OF)
    assert found.orders <= len(table)
    assert (table.refunded[~table.credit] <= table.gross[~table.credit]).all()


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.REFUNDED, OrderState.COMPLETED])
def test_order_tables_hold_orders_of_all_kinds(state: OrderState) -> None:
    """Unpaid, refunded and completed orders, guests and credit notes all occur."""
    assert find(strategies.order_tables(), lambda table: (table.state == state).any())
    assert find(strategies.order_tables(), lambda table: table.credit.any() and (table.customer < 0).any())


@given(st.data())
@pytest.mark.parametrize("grain", list(Grain))
@settings(max_examples=15)
def test_batches_are_valid(grain: Grain, data: st.DataObject) -> None:
    """A drawn batch of any grain passes the checks of the port, and has its key."""
    batch = data.draw(strategies.batches(grain))
    assert isinstance(batch, Batch)
    assert KEYS[grain] in batch.columns
