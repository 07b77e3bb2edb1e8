"""Laws of the ledger, each for itself: parts and wholes, order, doing and undoing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from types import SimpleNamespace

NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)

lots = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from((None, 0, 2)), st.sampled_from((None, 1, 3, 30))),
    min_size=1, max_size=5,
)  # fmt: skip
"""Points, days until they can be spent, days that they last."""


def awarded(core: SimpleNamespace, wanted: list[Any], order: list[int] | None = None) -> Any:
    """Make an account with some lots, awarded in some order, each at the same moment."""
    account = core.Account(id="ann")
    for n in order if order is not None else range(len(wanted)):
        points, waits, lasts = wanted[n]
        account = core.earn(
            account, points, lot=f"o{n}", source="order", key=f"e{n}", now=NOW,
            activates_at=None if waits is None else NOW + waits * DAY, expiry=core.Expiry(days=lasts),
        ).account  # fmt: skip
    return account


def settled(account: Any) -> Any:
    """Give what an account holds, without how many entries it took, and when they were and took effect."""
    alike = tuple(attrs.evolve(lot, touched_at=NOW) for lot in account.lots)
    return attrs.evolve(account, version=0, recorded_at=None, settled_at=None, lots=alike)


@given(points=st.integers(0, 500), spend=st.integers(1, 500), cuts=st.lists(st.fractions(0, 1), max_size=6))
def test_parts_of_a_refund_are_one_refund(core: Any, points: int, spend: int, cuts: list[Fraction]) -> None:
    """However a refund is split, the end is that of one refund of the whole: points, debt, forgiven ones."""
    for shortfall in ("debt", "within_balance", "only_pending"):
        ends = set()
        for shares in ([Fraction(1)], [*sorted(cuts), Fraction(1)]):
            account = awarded(core, [(points or 1, 0, None), (7, 2, 30), (3, 0, 30)])
            outcome = core.redeem(account, min(spend, account.available), key="s", now=NOW)
            account, lot = outcome.account, outcome.account.lot("o0")
            lot = lot or next(one for entry in outcome.entries for one in entry.lots if one.id == "o0")
            taken = forgiven = 0
            for share in shares:
                told = core.Reversed(awarded=points or 1, lots=(lot,), points=taken, forgiven=forgiven)
                outcome = core.reverse(account, told, share, key="r", now=NOW, shortfall=shortfall)
                account, taken = outcome.account, taken + outcome.points
                forgiven += sum(entry.forgiven for entry in outcome.entries)
                lot = next((one for e in reversed(outcome.entries) for one in e.lots if one.id == "o0"), lot)
                assert taken + forgiven == int((points or 1) * share)
            ends.add((taken, forgiven, attrs.evolve(settled(account), id=shortfall)))
        assert len(ends) == 1


@given(wanted=lots, data=st.data())
def test_the_order_of_independent_events_does_not_matter(core: Any, wanted: list[Any], data: Any) -> None:
    """Awards, arrivals and refunds of different orders come to the same in any order."""
    events = [(kind, n) for n in range(len(wanted)) for kind in ("arrives", "refund")]
    ends = []
    for _ in range(2):
        account = awarded(core, wanted, data.draw(st.permutations(range(len(wanted)))))
        drawn = data.draw(st.permutations(events))
        # Of one order the parcel comes before the refund; different orders know nothing of each other.
        for kind, n in sorted(drawn, key=lambda event: (event[0] != "arrives", drawn.index(event))):
            if kind == "arrives":
                account = core.set_free(account, f"o{n}", key=f"a{n}", now=NOW).account
            else:
                told = core.Reversed(awarded=wanted[n][0], lots=(account.lot(f"o{n}"),))
                account = core.reverse(account, told, Fraction(1, 3), key=f"r{n}", now=NOW).account
        ends.append(settled(account))
    assert ends[0] == ends[1]


@given(wanted=lots, share=st.integers(1, 100), at=st.integers(0, 3))
def test_setting_aside_and_letting_go_changes_nothing(
    core: Any, wanted: list[Any], share: int, at: int
) -> None:
    """Reserved and let go, or spent and given back, at one moment: the same lots with the same ends."""
    now = NOW + at * DAY
    before = core.redeem(awarded(core, wanted), 10**6, key="settle", now=now).account
    points = max(1, before.available * share // 100)
    reserved = core.reserve(before, points, hold="h", ends_at=now + DAY, key="r", now=now)
    spent = core.redeem(before, points, key="s", now=now)
    assert (
        isinstance(reserved, core.Accepted)
        == isinstance(spent, core.Accepted)
        == (points <= before.available)
    )
    if isinstance(spent, core.Accepted):
        let_go = core.void(reserved.account, "h", key="v", now=now).account
        taken = [core.Allocation(one.lot, one.points) for one in spent.entries[-1].movements]
        there = {lot.id: lot for lot in spent.entries[-1].lots}
        back = core.give_back(
            spent.account, taken, points, there, key="g", now=now, policy=core.LatePolicy()
        ).account
        assert settled(let_go) == settled(back) == settled(before)


@given(wanted=lots, at=st.integers(0, 40), points=st.integers(1, 40))
def test_a_merge_that_is_undone_leaves_everybody_with_the_same(
    core: Any, wanted: list[Any], at: int, points: int
) -> None:
    """Merged and split again at one moment, both can spend what they could, until the same moments."""
    now, other = NOW + DAY, core.earn(
        core.Account(id="bob"), points, lot="x", source="order", key="x", now=NOW, activates_at=NOW
    ).account  # fmt: skip
    ann = awarded(core, wanted)
    merged = core.merge(ann, other, key="m", now=now)
    parted = core.split(merged.taker.account, merged.giver.account, key="p", now=now)
    later = now + at * DAY
    assert merged.taker.account.usable(later) == ann.usable(later) + other.usable(later)
    assert parted.taker.account.usable(later) == ann.usable(later)
    assert parted.giver.account.usable(later) == other.usable(later)
