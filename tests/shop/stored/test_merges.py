"""Merges that a store keeps: everybody who uses it sees who was taken for whom."""

from contextlib import suppress

import pytest

from retailcrm.domain.identity import Evidence, Identity
from retailcrm.errors import ConflictError, NotFoundError
from retailcrm.shop.merges import Decision, Merges
from retailcrm.shop.stored.merges import decision_of, decision_text

STATED = [Evidence.stated("同一个人")]


def test_decisions_last(kit, new_database, open_parts):
    """Whoever opens the shop later finds every decision, and those taken back."""
    database, memory = new_database(), Merges()
    first = open_parts(database).merges
    for log in (first, memory):
        merge = log.merge("ann", "a-ann", evidence=STATED, actor="mei", at=kit.day(1))
        log.merge("ann", "an", evidence=STATED, actor="mei", at=kit.day(2))
        log.undo(merge, actor="li", at=kit.day(3))
    again = open_parts(database).merges
    assert again.log == first.log == memory.log
    assert again.present() == {"an": "ann"}
    assert again.parted("ann") == memory.parted("ann") == ("a-ann",)
    assert [one.gone for one in again.counting()] == ["an"]


def test_another_processs_decisions_are_seen(kit, new_database, open_parts):
    """A merge counts at once for all who use the store, and none is decided twice."""
    database = new_database()
    one, other = open_parts(database).merges, open_parts(database).merges
    assert other.present() == {}
    one.merge("ann", "a-ann", evidence=STATED, actor="mei", at=kit.day(1))
    assert other.present() == {"a-ann": "ann"}
    with pytest.raises(ConflictError):
        other.merge("ann", "a-ann", evidence=STATED, actor="li", at=kit.day(2))
    other.merge("bob", "b", evidence=STATED, actor="li", at=kit.day(2))
    assert [entry.merge_id for entry in one.log] == ["merge-1", "merge-2"]


def test_nothing_new_is_the_same_mapping(kit, open_parts):
    """Readers see by its identity that nothing was decided."""
    merges = open_parts().merges
    merges.merge("ann", "a-ann", evidence=STATED, actor="mei", at=kit.day(1))
    assert merges.present() is merges.present()


def test_a_decision_that_was_rolled_back_never_was(kit, new_database, open_parts):
    """A merge lives and dies with the transaction it was made in."""
    database = new_database()
    merges = open_parts(database).merges
    with suppress(KeyError), database.unit():
        merges.merge("ann", "a-ann", evidence=STATED, actor="mei", at=kit.day(1))
        assert merges.present() == {"a-ann": "ann"}
        raise KeyError
    assert merges.present() == {}
    with pytest.raises(NotFoundError):
        merges.undo("merge-1", actor="mei", at=kit.day(2))
    merges.merge("bob", "b", evidence=STATED, actor="mei", at=kit.day(1))
    assert merges.present() == {"b": "bob"}


def test_a_file_of_decisions_is_taken_over_once(kit, open_parts):
    """Pairs that are one already are passed over."""
    merges = open_parts().merges
    told = [
        Decision(keep="ann", gone=gone, evidence=tuple(STATED), by="mei", at=None, line=2) for gone in "ab"
    ]
    assert merges.adopt(told, at=kit.day(1)) == ("merge-1", "merge-2")
    assert merges.adopt(told, at=kit.day(1)) == ()
    assert merges.present() == {"a": "ann", "b": "ann"}


def test_evidence_comes_back_as_it_was(kit):
    """A shared identity too, with its strength."""
    merges = Merges()
    identity = Identity.of("taobao", "main", "nick", "小明")
    told = [Evidence.stated("b"), Evidence(kind="shared_identity", identity=identity)]
    merges.merge("ann", "b", evidence=told, actor="li", at=kit.day(2))
    for entry in merges.log:
        assert decision_of(decision_text(entry)) == entry
