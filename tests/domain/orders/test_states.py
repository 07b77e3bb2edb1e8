"""The life cycle as one table."""

from __future__ import annotations

import pytest

from retailcrm.domain.orders import (
    ENDS,
    STATE_LABELS,
    TRANSITIONS,
    OrderState,
    life_cycle_mermaid,
    map_state,
)

S = OrderState


class TestLifeCycle:
    """One table says where an order can go."""

    def test_every_state_has_a_row_and_words(self) -> None:
        """In both languages."""
        assert set(TRANSITIONS) == set(STATE_LABELS) == set(S)
        assert all(label.zh and label.en for label in STATE_LABELS.values())

    def test_every_step_rises(self) -> None:
        """So that the highest state seen is the furthest one."""
        assert all(following > state for state, after in TRANSITIONS.items() for following in after)

    def test_only_closed_and_refunded_are_ends(self) -> None:
        """Nothing follows them; everything else can go on."""
        assert {S.CLOSED, S.REFUNDED} == ENDS

    def test_every_state_can_be_reached_from_placed(self) -> None:
        """No orphan rows."""
        reached = {S.PLACED}
        for _ in S:
            reached |= {following for state in reached for following in TRANSITIONS[state]}
        assert reached == set(S) - {S.UNKNOWN}

    def test_closed_is_never_reached_after_payment_in_advance(self) -> None:
        """Closed means never paid: only placed orders and parcels refused at the door get there."""
        assert {state for state, after in TRANSITIONS.items() if S.CLOSED in after} == {
            S.UNKNOWN,
            S.PLACED,
            S.SHIPPED,
        }

    def test_the_diagram_draws_exactly_the_table(self) -> None:
        """Each arrow of the text is a step of the table, and the other way round."""
        arrows = [line.split(" --> ") for line in life_cycle_mermaid().splitlines() if " --> " in line]
        steps = {(a.strip(), b.strip()) for a, b in arrows if "[*]" not in (a.strip(), b.strip())}
        assert steps == {
            (state.name.lower(), following.name.lower())
            for state, after in TRANSITIONS.items()
            for following in after
            if state is not S.UNKNOWN
        }
        assert len(arrows) == len(steps) + 3  # one start, two ends
        assert "completed: 交易成功 completed" in life_cycle_mermaid()

    @pytest.mark.parametrize(
        ("text", "state"),
        [
            ("买家已付款，等待卖家发货", S.PAID),
            ("买家已付款,等待卖家发货", S.PAID),
            (" 交易成功\t", S.COMPLETED),
            ("交易成功\u3000", S.COMPLETED),
            ("已收货", None),
            ("", None),
        ],
    )
    def test_state_texts_are_looked_up_in_any_width(self, text: str, state: OrderState | None) -> None:
        """Blanks and the width of commas do not matter; an unknown text is never guessed."""
        wide = {"买家已付款，等待卖家发货": S.PAID, "交易成功": S.COMPLETED}
        narrow = {"买家已付款,等待卖家发货": S.PAID, "交易成功": S.COMPLETED}
        assert map_state(text, wide) == map_state(text, narrow) == state
