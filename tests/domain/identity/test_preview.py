"""What a merge would do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retailcrm.domain.identity import (
    REFUSAL_LABELS,
    Aliases,
    CustomerId,
    Evidence,
    EvidenceKind,
    Identity,
    MergeRefusal,
    Party,
    preview_merge,
)

NOW = datetime(2024, 4, 1, tzinfo=UTC)
WHY = [Evidence.stated("vouched for")]


def customer(letter: str) -> CustomerId:
    """Make an id."""
    return CustomerId(letter)


def one(keep: str, gone: str) -> Aliases:
    """Merge two ids."""
    return Aliases().merge(customer(keep), customer(gone), evidence=WHY, actor="mei", at=NOW)


class TestPreview:
    """What a merge would do is said before it is done."""

    NICK = Identity.of("taobao", "main", "nick", "小明")
    PHONE = Identity.of("taobao", "main", "phone", "13800138000")
    MASK = Identity.of("taobao", "main", "nick", "小**明")

    def test_shows_what_would_join_and_why(self) -> None:
        """Ids with all their aliases, identities, number of orders, evidence."""
        table = one("a", "c")
        keep = Party(customer("c"), frozenset({self.NICK, self.PHONE}), 3)
        gone = Party(customer("b"), frozenset({self.NICK}), 2)
        preview = preview_merge(table, keep, gone)
        assert (preview.keep, preview.gone, preview.present) == ("c", "b", "a")
        assert preview.ids == ("a", "b", "c")
        assert set(preview.identities) == {self.NICK, self.PHONE}
        assert preview.orders == 5
        assert preview.evidence == (Evidence(EvidenceKind.SHARED_IDENTITY, self.NICK),)
        assert preview.refusal is None

    def test_what_it_shows_is_what_the_merge_does(self) -> None:
        """Merging as previewed makes exactly the shown ids one, under the shown id."""
        table = one("a", "c")
        preview = preview_merge(
            table,
            Party(customer("c"), frozenset({self.NICK}), 1),
            Party(customer("b"), frozenset({self.NICK}), 1),
        )
        after = table.merge(preview.keep, preview.gone, evidence=preview.evidence, actor="mei", at=NOW)
        assert tuple(sorted(after.members(preview.present))) == preview.ids
        assert after.resolve(preview.gone) == preview.present

    @pytest.mark.parametrize(
        ("shared", "refusal"),
        [(MASK, MergeRefusal.NO_EVIDENCE), (PHONE, MergeRefusal.ONLY_PHONE)],
    )
    def test_refuses_with_a_reason(self, shared: Identity, refusal: MergeRefusal) -> None:
        """A shared mask is nothing; a shared phone is a household."""
        sides = (Party(customer(i), frozenset({shared}), 1) for i in "ab")
        preview = preview_merge(Aliases(), *sides)
        assert (preview.refusal, preview.evidence) == (refusal, ())

    def test_refuses_what_is_one_already(self) -> None:
        """And does not count the orders twice."""
        table = one("a", "b")
        sides = (Party(customer(i), frozenset({self.NICK}), 4) for i in "ab")
        preview = preview_merge(table, *sides)
        assert (preview.refusal, preview.orders) == (MergeRefusal.SAME_CUSTOMER, 4)

    def test_every_refusal_has_words_in_both_languages(self) -> None:
        """Nobody is shown a code."""
        assert set(REFUSAL_LABELS) == set(MergeRefusal)
        assert all(label.zh and label.en for label in REFUSAL_LABELS.values())
