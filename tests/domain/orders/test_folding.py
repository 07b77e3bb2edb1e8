"""Folding snapshots into one order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import (
    TIMES,
    Line,
    Observation,
    OrderState,
    Provenance,
    fold,
    known_at,
)
from retailcrm.errors import CurrencyMismatchError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

S = OrderState
REF = OrderRef("taobao", "main", "1930000000000647")
DAYS = [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=i) for i in range(10)]
PLAIN = Identity.of("taobao", "main", "nick", "小明同学")
PHONE = Identity.of("taobao", "main", "phone", "13800138000")
MASK = Identity.of("taobao", "main", "nick", "小**学")


def yuan(major: int) -> Money:
    """Give an amount in yuan."""
    return Money(major * 100, "CNY")


def seen(day: int, sequence: int = 0, **facts: Any) -> Observation:
    """Make an observation of the one order."""
    return Observation(ref=REF, observed_at=DAYS[day], sequence=sequence, **facts)


def line(product: str = "tea", amount: int = 10, **more: Any) -> Line:
    """Make an order line."""
    return Line(product=product, quantity=1, amount=yuan(amount), **more)


class TestFold:
    """Snapshots become one order."""

    def test_the_newest_value_stands_and_blanks_erase_nothing(self) -> None:
        """A later file without the column keeps what an earlier one told."""
        order = fold(
            [
                seen(1, gross=yuan(10), paid_at=DAYS[0], raw_state="等待卖家发货"),
                seen(2, gross=yuan(12)),
                seen(3, refunded=yuan(0)),
            ]
        )
        assert (order.gross, order.refunded, order.net) == (yuan(12), yuan(0), yuan(12))
        assert (order.paid_at, order.raw_state) == (DAYS[0], "等待卖家发货")
        assert (order.first_seen, order.observed_at) == (DAYS[1], DAYS[3])

    def test_exports_of_one_moment_go_by_sequence(self) -> None:
        """The higher number is the newer."""
        assert fold([seen(1, 2, gross=yuan(2)), seen(1, 1, gross=yuan(1))]).gross == yuan(2)

    @pytest.mark.parametrize(
        ("states", "state"),
        [
            ([S.PAID, S.COMPLETED], S.COMPLETED),
            ([S.COMPLETED, S.PAID], S.COMPLETED),
            ([S.PAID, None], S.PAID),
            ([S.PAID, S.UNKNOWN], S.PAID),
            ([S.UNKNOWN], S.UNKNOWN),
            ([None], S.UNKNOWN),
            ([S.COMPLETED, S.REFUNDED], S.REFUNDED),
            ([S.REFUNDED, S.COMPLETED], S.REFUNDED),
            ([S.PLACED, S.CLOSED], S.CLOSED),
            ([S.CLOSED, S.REFUNDED], S.REFUNDED),
            ([S.REFUNDED, S.CLOSED], S.REFUNDED),
        ],
    )
    def test_the_state_never_goes_back_except_to_an_end(
        self, states: list[OrderState | None], state: OrderState
    ) -> None:
        """An older file imported late changes nothing; a refund is not closed again."""
        assert fold([seen(i, state=s) for i, s in enumerate(states)]).state is state

    @pytest.mark.parametrize(("paid", "closed"), [(1, 2), (2, 1)])
    def test_closed_by_one_file_and_paid_by_another_is_given_back(self, paid: int, closed: int) -> None:
        """Whichever is newer: the refund was first seen in the file that says closed."""
        told = [seen(paid, state=S.PAID, paid_at=DAYS[0]), seen(closed, state=S.CLOSED)]
        order = fold(told)
        assert (order.state, order.refund_first_seen) == (S.REFUNDED, DAYS[closed])

    def test_a_file_that_says_closed_beside_the_time_of_payment_is_believed(self) -> None:
        """Its source knew both; nor does an inferred moment tell of a payment."""
        assert fold([seen(1, state=S.CLOSED, paid_at=DAYS[0])]).state is S.CLOSED
        guess = seen(1, paid_at=DAYS[0], inferred=frozenset({"paid_at"}))
        assert fold([guess, seen(2, state=S.CLOSED)]).state is S.CLOSED

    def test_an_incomplete_item_file_takes_no_line_away(self) -> None:
        """Fewer lines never replace more; as many do, being newer."""
        full, part, newer = (line("a"), line("b")), (line("a"),), (line("a"), line("b", gift=True))
        assert fold([seen(1, lines=full), seen(2, lines=part)]).lines == full
        assert fold([seen(1, lines=full), seen(2, lines=newer), seen(3, lines=())]).lines == newer
        assert fold([seen(1, lines=()), seen(2)]).lines == ()

    @pytest.mark.parametrize("days", [(1, 2), (2, 1)])
    def test_a_mask_in_another_file_hides_no_buyer(self, days: tuple[int, int]) -> None:
        """The stronger identity stands, whichever file is newer."""
        assert fold([seen(days[0], buyer=PLAIN), seen(days[1], buyer=MASK)]).buyer == PLAIN
        assert fold([seen(days[0], buyer=PLAIN), seen(days[1], buyer=PHONE)]).buyer == PLAIN
        assert fold([seen(days[0], buyer=MASK)]).buyer == MASK

    def test_an_inferred_moment_replaces_no_exported_one(self) -> None:
        """It only stands in for a missing column."""
        exported, inferred = (
            seen(1, placed_at=DAYS[0]),
            seen(2, placed_at=DAYS[1], inferred=frozenset({"placed_at"})),
        )
        order = fold([exported, inferred])
        assert (order.placed_at, order.provenance("placed_at")) == (DAYS[0], Provenance.EXPORTED)
        assert fold([inferred]).placed_at == DAYS[1]

    def test_the_first_sight_of_a_refund_is_kept(self) -> None:
        """By its amount, by a line's amount or by the state."""
        for facts in ({"refunded": yuan(1)}, {"state": S.REFUNDED}, {"lines": (line(refunded=yuan(1)),)}):
            order = fold([seen(1, refunded=yuan(0)), seen(2, **facts), seen(4, refunded=yuan(2))])
            assert order.refund_first_seen == DAYS[2]

    def test_what_cannot_be_one_order_is_refused(self) -> None:
        """Nothing at all, two orders, two currencies."""
        with pytest.raises(InputError, match="at least one"):
            fold([])
        other = attrs.evolve(seen(0), ref=OrderRef("taobao", "main", "2"))
        with pytest.raises(InputError, match="several orders"):
            fold([seen(0), other])
        with pytest.raises(CurrencyMismatchError, match="CNY, USD"):
            fold([seen(0, gross=yuan(1)), seen(1, lines=(line(refunded=Money(1, "USD")),))])


def observations(*, unique: bool) -> st.SearchStrategy[list[Observation]]:
    """Draw observations of one order, at distinct places in time or not."""
    moment = st.none() | st.sampled_from(DAYS[:4])
    drawn = st.builds(
        Observation,
        ref=st.just(REF),
        observed_at=st.sampled_from(DAYS),
        sequence=st.integers(0, 2),
        state=st.none() | st.sampled_from(S),
        raw_state=st.none() | st.sampled_from("ab"),
        gross=st.none() | st.integers(0, 3).map(yuan),
        refunded=st.none() | st.integers(0, 3).map(yuan),
        buyer=st.none() | st.sampled_from([PLAIN, PHONE, MASK]),
        lines=st.none() | st.lists(st.sampled_from([line("a"), line("b")]), max_size=3).map(tuple),
        inferred=st.frozensets(st.sampled_from(TIMES), max_size=2),
        **dict.fromkeys(TIMES, moment),
    )
    place = (lambda o: (o.observed_at, o.sequence)) if unique else None
    return st.lists(drawn, min_size=1, max_size=6, unique_by=place)


class TestFoldLaws:
    """Folding is a function of the set of observations."""

    @given(observations(unique=False), st.data())
    def test_neither_delivery_order_nor_repeats_matter(
        self, drawn: list[Observation], data: st.DataObject
    ) -> None:
        """Any permutation with any repeats gives the same order, ties included."""
        again = data.draw(st.permutations(drawn + drawn[: len(drawn) // 2]))
        assert fold(again) == fold(drawn)

    @given(observations(unique=True))
    def test_it_follows_the_rules_as_they_are_written(self, drawn: list[Observation]) -> None:
        """Plain loops over the stated rules give every field."""
        assert attrs.asdict(fold(drawn), recurse=False) == by_the_book(drawn)

    @given(observations(unique=True), st.sampled_from(DAYS))
    def test_what_was_known_is_the_fold_of_what_had_been_exported(
        self, drawn: list[Observation], t: datetime
    ) -> None:
        """Later exports cannot change it."""
        earlier = [o for o in drawn if o.observed_at <= t]
        assert known_at(drawn, t) == known_at(earlier, t) == (fold(earlier) if earlier else None)


def by_the_book(drawn: Sequence[Observation]) -> dict[str, Any]:
    """Fold by the words of the rules, one at a time, for observations at distinct places in time."""
    placed = sorted(drawn, key=lambda o: (o.observed_at, o.sequence))
    facts: dict[str, Any] = {"ref": REF, "raw_state": None, "gross": None, "refunded": None}
    facts |= {"buyer": None, "lines": None, "refund_first_seen": None, **dict.fromkeys(TIMES)}
    inferred: set[str] = set()
    end, stage = None, S.UNKNOWN
    for o in placed:
        for name in ("raw_state", "gross", "refunded"):
            if getattr(o, name) is not None:
                facts[name] = getattr(o, name)
        for name in TIMES:
            if getattr(o, name) is None or (name in o.inferred and facts[name] and name not in inferred):
                continue
            facts[name] = getattr(o, name)
            (inferred.add if name in o.inferred else inferred.discard)(name)
        if o.buyer and (facts["buyer"] is None or o.buyer.strength >= facts["buyer"].strength):
            facts["buyer"] = o.buyer
        if o.lines is not None and (facts["lines"] is None or len(o.lines) >= len(facts["lines"])):
            facts["lines"] = o.lines
        if o.state in {S.CLOSED, S.REFUNDED}:
            end = S.REFUNDED if end is S.REFUNDED else o.state
        elif o.state is not None and o.state > stage:
            stage = o.state
        if facts["refund_first_seen"] is None and (
            (o.refunded is not None and o.refunded > yuan(0)) or o.state is S.REFUNDED
        ):
            facts["refund_first_seen"] = o.observed_at
    closed = [o for o in placed if o.state is S.CLOSED]
    paid = [o for o in placed if o.paid_at is not None and "paid_at" not in o.inferred]
    if end is S.CLOSED and paid and not any(o in closed for o in paid):
        end = S.REFUNDED
        shown = [facts["refund_first_seen"], closed[0].observed_at]
        facts["refund_first_seen"] = min(moment for moment in shown if moment is not None)
    return facts | {
        "state": end or stage,
        "seen": {o.state for o in placed} - {None},
        "first_seen": placed[0].observed_at,
        "observed_at": placed[-1].observed_at,
        "inferred": inferred,
    }
