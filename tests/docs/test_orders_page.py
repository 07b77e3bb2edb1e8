"""The page of the orders draws the life cycle that the code has."""

from __future__ import annotations

from typing import Any

from retailcrm.domain.orders import STATE_LABELS, TRANSITIONS, OrderState, life_cycle_mermaid


def test_the_diagram_is_drawn_from_the_table(page: Any) -> None:
    """The Mermaid text on the page is what the code draws today."""
    assert life_cycle_mermaid() + "\n" in page("orders").blocks("text")


def test_the_table_has_every_step(page: Any, words: Any) -> None:
    """Each state stands there with its Chinese name and with all that can follow."""
    rows = page("orders").rows("state", "状态", "next can be")
    shown = {words(r["state"])[0]: (r["状态"], set(words(r["next can be"]))) for r in rows}
    assert shown == {
        state.name.lower(): (STATE_LABELS[state].zh, {after.name.lower() for after in TRANSITIONS[state]})
        for state in OrderState
        if state is not OrderState.UNKNOWN
    }
