"""The log of merges: decisions, their evidence, and the file that keeps them between runs."""

from datetime import UTC, datetime

import pytest

from retailcrm.domain.identity import CustomerId, Evidence, EvidenceKind, Merged, Unmerged
from retailcrm.errors import ConflictError, ImportRefusedError, InputError, NotFoundError
from retailcrm.shop.merges import Merges

NOW = datetime(2024, 4, 10, tzinfo=UTC)
AS_OF = "2024-03-31"


def written(path, text, encoding="utf-8"):
    """Write a file of merges by hand."""
    path.write_text(text, encoding)
    return path


def test_a_merge_without_evidence_is_refused(small):
    """Nothing shows that Ann is Bob; a note would do."""
    with pytest.raises(InputError, match="prove nothing; a note that says why would do"):
        small().customers.merge("ann", "bob", by="mei")


def test_a_merge_names_customers_that_are_there(small):
    """A misspelt id is no merge."""
    shop = small()
    for pair in (("ann", "bop"), ("bop", "ann")):
        with pytest.raises(NotFoundError, match="no customer 'bop'"):
            shop.customers.merge(*pair, by="mei", note="same")


def test_the_same_two_cannot_be_merged_twice(small):
    """They are one already, seen from either side."""
    shop = small()
    shop.customers.merge("ann", "bob", by="mei", note="same")
    with pytest.raises(ConflictError):
        shop.customers.merge("bob", "ann", by="mei", note="same")
    with pytest.raises(ConflictError):
        shop.customers.merge("bob", "ann", by="mei")


def test_the_log_says_who_decided_what_and_when(small):
    """A merge and its undo stand in the log with evidence, actor and moment."""
    shop = small()
    merge = shop.customers.merge("ann", "bob", by="mei", note="same voice")
    shop.customers.undo(merge, by="li")
    first, second = shop.customers.merges
    at = datetime(2024, 4, 10, tzinfo=UTC)
    assert first == Merged(
        merge_id=merge,
        keep=CustomerId("ann"),
        gone=CustomerId("bob"),
        evidence=(Evidence.stated("same voice"),),
        actor="mei",
        at=at,
    )
    assert second == Unmerged(merge_id=merge, actor="li", at=at)
    with pytest.raises(NotFoundError, match="no merge 'merge-1' counts today"):
        shop.customers.undo(merge, by="li")


def test_a_preview_says_what_would_change_and_changes_nothing(small):
    """Ann 230 and Cat 190 would be 420 with five orders; nobody is merged by looking."""
    shop = small()
    effect = shop.customers.preview("ann", "cat", as_of=AS_OF)
    assert (effect.keep.net.minor, effect.gone.net.minor, effect.together.net.minor) == (23000, 19000, 42000)
    assert len(effect.together.orders) == effect.preview.orders == 5
    assert (effect.together.id, effect.together.ids) == ("ann", ("ann", "cat"))
    assert effect.preview.refusal == "no_evidence"
    assert effect.fields == ()
    assert shop.customers.merges == ()
    assert shop.customers.get("cat", as_of=AS_OF).id == "cat"


def test_a_preview_of_one_customer_says_so(small):
    """Two ids that are one already have nothing to merge."""
    shop = small()
    shop.customers.merge("ann", "cat", by="mei", note="same")
    effect = shop.customers.preview("ann", "cat", as_of=AS_OF)
    assert effect.preview.refusal == "same_customer"
    assert effect.together == effect.keep == effect.gone


def test_merges_are_kept_between_runs(small, tmp_path):
    """What counts is written and read again; what was taken back is not."""
    first, second = small(), small()
    first.customers.merge("ann", "bob", by="mei", note="same voice")
    back = first.customers.merge("ann", "cat", by="mei", note="a mistake")
    first.customers.merge("dan", "eve", by="li", note="same flat, same name")
    first.customers.undo(back, by="mei")
    path = first.customers.save_merges(tmp_path / "merges.csv")
    assert second.customers.load_merges(path) == ("merge-1", "merge-2")
    assert second.insight.score(AS_OF).to_arrow() == first.insight.score(AS_OF).to_arrow()
    kept = second.customers.merges
    assert [(m.keep, m.gone, m.actor) for m in kept] == [("ann", "bob", "mei"), ("dan", "eve", "li")]
    assert {m.at for m in kept} == {NOW}
    assert [m.evidence[0].note for m in kept] == ["same voice", "same flat, same name"]
    assert second.customers.load_merges(path) == ()
    again = second.customers.save_merges(tmp_path / "again.csv")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_by_hand_is_read_as_spreadsheets_save_it(small, tmp_path, encoding):
    """Columns in any order, words in either language, and only rows that say yes."""
    text = "note,gone,keep,merge,other\n同一个人,bob,ann,是,x\n,cat,ann,否,y\nsame,eve,dan,YES,\n\n"
    shop = small()
    assert len(shop.customers.load_merges(written(tmp_path / "m.csv", text, encoding))) == 2
    assert shop.customers.get("bob", as_of=AS_OF).ids == ("ann", "bob")
    assert shop.customers.merges[0].actor == "m.csv"


def test_a_file_without_the_column_merge_counts_whole(small, tmp_path):
    """Two columns and a note are enough."""
    path = written(tmp_path / "m.csv", "keep,gone,note\nann,bob,same\n")
    assert len(small().customers.load_merges(path)) == 1


def test_pairs_in_a_ring_are_one_merge_less(small, tmp_path):
    """Rows that say the same again are passed over, in whatever order they stand."""
    path = written(tmp_path / "m.csv", "keep,gone,note\nann,bob,x\nbob,cat,x\nann,cat,x\n")
    shop = small()
    assert len(shop.customers.load_merges(path)) == 2
    assert shop.customers.get("cat", as_of=AS_OF).ids == ("ann", "bob", "cat")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ("ann,bob,x\nbob,ann,x\n", 3), ("ann,bob,x\nbob,cat,x\ncat,ann,x\n", 4), ("ann,ann,x\n", 2),
    ],
)  # fmt: skip
def test_merges_in_a_circle_are_refused(small, tmp_path, rows, line):
    """Rows that in the end keep nobody contradict each other: the row that does it is named."""
    path = written(tmp_path / "m.csv", f"keep,gone,note\n{rows}")
    shop = small()
    with pytest.raises(InputError, match=f"line {line}: "):
        shop.customers.load_merges(path)
    assert not shop.customers.decided.log


def test_ids_that_are_not_there_are_kept_for_later(small, tmp_path):
    """A merge of last year's customer does no harm."""
    path = written(tmp_path / "m.csv", "keep,gone,note\nann,zoe,x\n")
    shop = small()
    assert len(shop.customers.load_merges(path)) == 1
    assert shop.customers.get("zoe", as_of=AS_OF).id == "ann"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "merge,keep,gone,note\nperhaps,ann,bob,x\n",
            "line 2, column merge: 'perhaps' is neither yes nor no",
        ),
        ("keep,gone,note\nann,,x\n", "line 2: a merge names two ids"),
        ("keep,gone,note,at\nann,bob,x,yesterday\n", "line 2, column at: not an instant with its offset"),
        ("keep,gone,note,at\nann,bob,x,2024-01-01\n", "line 2, column at: not an instant with its offset"),
        (
            "keep,gone\nann,bob\n",
            "line 2: nothing shows that ann and bob are one person; say why in the column",
        ),
    ],
)
def test_a_row_that_cannot_be_taken_says_where(small, tmp_path, text, said):
    """The line and what to do; nothing of the file is merged."""
    shop = small()
    with pytest.raises(InputError, match=said):
        shop.customers.load_merges(written(tmp_path / "m.csv", text))
    assert shop.customers.merges == ()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "keep\nann\n"])
def test_another_file_is_refused(small, tmp_path, text):
    """A file without the two columns is no file of merges."""
    with pytest.raises(ImportRefusedError, match="not a file of merges") as refusal:
        small().customers.load_merges(written(tmp_path / "m.csv", text))
    assert refusal.value.code == "unrecognised"


def test_a_file_that_is_no_text_is_refused(small, tmp_path):
    """Bytes of no encoding."""
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xff\xff\xff\xff")
    with pytest.raises(ImportRefusedError, match="save it as CSV"):
        small().customers.load_merges(path)


def test_a_long_chain_of_merges_is_taken_at_once():
    """Two thousand decisions in a chain resolve to the first."""
    from retailcrm.shop.merges import Decision

    merges = Merges()
    why = (Evidence(EvidenceKind.STATED, None, "same"),)
    chain = [
        Decision(keep=f"c{i}", gone=f"c{i + 1}", evidence=why, by="rule", at=None, line=i)
        for i in range(2000)
    ]
    assert len(merges.adopt(chain, at=NOW)) == 2000
    assert merges.present()["c2000"] == "c0"
    assert merges.adopt(chain, at=NOW) == ()
