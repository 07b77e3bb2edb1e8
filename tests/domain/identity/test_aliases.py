"""Merges that can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import (
    Aliases,
    CustomerId,
    Evidence,
    Merged,
    Unmerged,
)
from retailcrm.errors import ConflictError, InputError, NotFoundError

NOW = datetime(2024, 4, 1, tzinfo=UTC)
WHY = [Evidence.stated("vouched for")]
IDS = [CustomerId(letter) for letter in "abcdefgh"]


def customer(letter: str) -> CustomerId:
    """Make an id."""
    return CustomerId(letter)


def merged(pairs: list[tuple[CustomerId, CustomerId]]) -> Aliases:
    """Merge pairs in turn, leaving out those that are one already."""
    table = Aliases()
    for keep, gone in pairs:
        if table.resolve(keep) != table.resolve(gone):
            table = table.merge(keep, gone, evidence=WHY, actor="mei", at=NOW)
    return table


def partition(table: Aliases) -> set[frozenset[CustomerId]]:
    """Give the groups that the ids fall into."""
    return {table.members(i) for i in IDS}


def meaning(table: Aliases) -> dict[CustomerId, CustomerId]:
    """Give what every id resolves to."""
    return {i: table.resolve(i) for i in IDS}


PAIRS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=12)


class TestAliases:
    """Old ids resolve for ever, and every merge can be taken back."""

    def test_an_id_that_was_never_merged_is_itself(self) -> None:
        """Unknown ids resolve to themselves."""
        assert Aliases().resolve(customer("x")) == "x"
        assert Aliases().members(customer("x")) == {"x"}

    def test_chains_lead_to_the_last_keeper(self) -> None:
        """With c into b, then b into a, both old ids resolve to a."""
        table = merged([(customer("b"), customer("c")), (customer("a"), customer("b"))])
        assert [table.resolve(customer(i)) for i in "abc"] == ["a", "a", "a"]
        assert table.members(customer("c")) == {"a", "b", "c"}

    def test_the_log_keeps_both_decisions(self) -> None:
        """Merge and un-merge stand in the log with who, when and why."""
        table = merged([(customer("a"), customer("b"))])
        table = table.unmerge("merge-1", actor="li", at=NOW)
        assert table.log == (
            Merged(
                merge_id="merge-1",
                keep=customer("a"),
                gone=customer("b"),
                evidence=tuple(WHY),
                actor="mei",
                at=NOW,
            ),
            Unmerged(merge_id="merge-1", actor="li", at=NOW),
        )

    def test_an_unmerge_leaves_later_merges_in_place(self) -> None:
        """a<-b, then b<-c, then the first is taken back: c stays with b, where the decision put it."""
        table = merged([(customer("a"), customer("b")), (customer("b"), customer("c"))])
        table = table.unmerge("merge-1", actor="mei", at=NOW)
        assert partition(table) == {frozenset("bc"), *(frozenset(i) for i in "adefgh")}
        assert table.resolve(customer("c")) == "b"

    def test_merge_ids_are_never_used_again(self) -> None:
        """After merge 1 was taken back the next one is merge 2."""
        table = merged([(customer("a"), customer("b"))]).unmerge("merge-1", actor="mei", at=NOW)
        table = table.merge(customer("b"), customer("a"), evidence=WHY, actor="mei", at=NOW)
        assert [entry.merge_id for entry in table.log] == ["merge-1", "merge-1", "merge-2"]
        assert table.resolve(customer("a")) == "b"

    def test_cycles_and_repeats_are_refused(self) -> None:
        """Two ids that are one already cannot be merged, in either direction, nor an id with itself."""
        table = merged([(customer("a"), customer("b")), (customer("b"), customer("c"))])
        for keep, gone in [("a", "c"), ("c", "a"), ("b", "a"), ("a", "a")]:
            with pytest.raises(ConflictError, match="one customer already"):
                table.merge(customer(keep), customer(gone), evidence=WHY, actor="mei", at=NOW)

    def test_a_merge_needs_evidence_and_a_moment_with_a_zone(self) -> None:
        """Nobody is merged without a reason."""
        with pytest.raises(InputError, match="needs evidence"):
            Aliases().merge(customer("a"), customer("b"), evidence=[], actor="mei", at=NOW)
        naive: Any = datetime(2024, 4, 1)  # noqa: DTZ001 - naive on purpose
        with pytest.raises(InputError, match="zone"):
            Aliases().merge(customer("a"), customer("b"), evidence=WHY, actor="mei", at=naive)

    def test_only_a_counting_merge_can_be_taken_back_and_only_once(self) -> None:
        """Unknown and already undone merges are refused."""
        table = merged([(customer("a"), customer("b"))]).unmerge("merge-1", actor="mei", at=NOW)
        for merge_id in ("merge-1", "merge-9"):
            with pytest.raises(NotFoundError, match=merge_id):
                table.unmerge(merge_id, actor="mei", at=NOW)

    def test_a_log_that_contradicts_itself_is_refused(self) -> None:
        """Cycles, doubled ids and un-merges of nothing cannot be loaded."""
        entry, back = (
            merged([(customer("a"), customer("b"))]).log[0],
            Unmerged(merge_id="x", actor="", at=NOW),
        )
        cycle = Merged(
            merge_id="m", keep=customer("b"), gone=customer("a"), evidence=tuple(WHY), actor="mei", at=NOW
        )
        for log, message in [
            ((entry, entry), "twice"),
            ((back,), "takes back"),
            ((entry, cycle), "one already"),
        ]:
            with pytest.raises(InputError, match=message):
                Aliases(log)

    def test_a_long_chain_of_merges_is_one_pass(self) -> None:
        """100,000 merges in a row, each into the next, fold without recursion or quadratic time."""
        log = tuple(
            Merged(
                merge_id=str(i),
                keep=CustomerId(f"c{i + 1}"),
                gone=CustomerId(f"c{i}"),
                evidence=tuple(WHY),
                actor="rule",
                at=NOW,
            )
            for i in range(100_000)
        )
        assert Aliases(log).resolve(CustomerId("c0")) == "c100000"

    @given(PAIRS)
    def test_resolving_is_idempotent_and_leads_to_a_member(
        self, pairs: list[tuple[CustomerId, CustomerId]]
    ) -> None:
        """The present id of a present id is itself; members agree on it."""
        table = merged(pairs)
        for i in IDS:
            present = table.resolve(i)
            assert table.resolve(present) == present
            assert i in table.members(i)
            assert {table.resolve(member) for member in table.members(i)} == {present}

    @given(PAIRS, st.randoms(use_true_random=False))
    def test_groups_do_not_depend_on_the_order_of_merges(
        self, pairs: list[tuple[CustomerId, CustomerId]], random: Any
    ) -> None:
        """Any order and either direction of the same pairs gives the same groups, those of graph search."""
        shuffled = [pair if random.random() < 0.5 else pair[::-1] for pair in pairs]
        random.shuffle(shuffled)
        assert partition(merged(pairs)) == partition(merged(shuffled)) == connected(pairs)

    @given(PAIRS, st.data())
    def test_taking_the_last_merge_back_restores_everything(
        self, pairs: list[tuple[CustomerId, CustomerId]], data: st.DataObject
    ) -> None:
        """Un-merge is the inverse of merge: every id resolves as before."""
        table = merged(pairs)
        keep, gone = data.draw(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)))
        if table.resolve(keep) == table.resolve(gone):
            return
        after = table.merge(keep, gone, evidence=WHY, actor="mei", at=NOW)
        assert meaning(after.unmerge(after.log[-1].merge_id, actor="mei", at=NOW)) == meaning(table)

    @given(PAIRS, st.data())
    def test_taking_any_merge_back_is_as_if_it_had_never_been(
        self, pairs: list[tuple[CustomerId, CustomerId]], data: st.DataObject
    ) -> None:
        """After later merges too: the rest of the log alone gives the same meaning, one group more."""
        table = merged(pairs)
        merges = [entry for entry in table.log if isinstance(entry, Merged)]
        if not merges:
            return
        undone = data.draw(st.sampled_from(merges))
        after = table.unmerge(undone.merge_id, actor="mei", at=NOW)
        assert meaning(after) == meaning(merged([(m.keep, m.gone) for m in merges if m is not undone]))
        assert len(partition(after)) == len(partition(table)) + 1


def connected(pairs: list[tuple[CustomerId, CustomerId]]) -> set[frozenset[CustomerId]]:
    """Give the connected components by plain search, as an independent answer."""
    groups = {i: {i} for i in IDS}
    for _ in IDS:
        for a, b in pairs:
            groups[a] |= groups[b]
            groups[b] |= groups[a]
    return {frozenset(group) for group in groups.values()}
