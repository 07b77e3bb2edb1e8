"""A file with millions of problems holds a few of them, and counts them all."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.domain.problems import Problem, Severity
from retailcrm.shop.problem_tally import MOST_KEPT, ProblemTally

MAPPING = {
    "name": "small",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}


def problem(code="money", record=1, severity=Severity.REJECTED):
    """Make a problem."""
    return Problem(source="a.csv", code=code, message="odd", record=record, severity=severity)


PROBLEMS = st.lists(
    st.builds(
        problem,
        code=st.sampled_from("abc"),
        record=st.none() | st.integers(1, 9),
        severity=st.sampled_from(Severity),
    )
)


@given(PROBLEMS)
def test_few_problems_are_all_kept_and_counted(problems):
    """Records rejected for several reasons are rejected once."""
    tally = ProblemTally()
    for one in problems:
        tally.add(one)
    assert tally.shown("a.csv") == tuple(problems)
    assert tally.counts == Counter(one.code for one in problems)
    assert tally.rejected == len({one.record for one in problems if one.severity is Severity.REJECTED})


def test_of_very_many_the_first_are_kept_and_the_rest_said():
    """A rare code after them still has its first examples; every count is exact."""
    tally = ProblemTally()
    for record in range(200_000):
        tally.add(problem(record=record // 2))
    for record in range(12):
        tally.add(problem("rare", record=record, severity=Severity.WARNING))
    assert len(tally.kept) == MOST_KEPT + 10
    assert tally.counts == {"money": 200_000, "rare": 12}
    assert tally.rejected == 100_000
    last = tally.shown("a.csv")[-1]
    assert (last.code, last.severity) == ("more-problems", Severity.WARNING)
    assert last.message.startswith("and 190,002 more problems")


def test_an_import_with_a_wrong_mapping_stays_exact(tmp_path):
    """Every record is rejected: the account adds up, and a person sees ten thousand of them."""
    records = MOST_KEPT + 500
    lines = ["id,who,at,amount", *(f"{i},ann,2024-01-01,no money" for i in range(records))]
    path = tmp_path / "wrong.csv"
    path.write_text("\n".join(lines), "utf-8")
    (account,) = open_shop().imports.files(path, mapping=MAPPING).files
    assert (account.records, account.accepted, account.rejected) == (records, 0, records)
    assert account.problem_counts == {"amount": records}
    assert len(account.problems) == MOST_KEPT + 1
    assert "and 500 more problems" in account.problems[-1].message
