"""What is printed: progress on terminals, plain text elsewhere, sentences without surprises."""

from __future__ import annotations

import errno
import io
import re
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console

from retailcrm.cli import accounts, guard, printing
from retailcrm.cli.exits import Exit
from retailcrm.cli.watch import Watch
from retailcrm.domain.problems import Problem, Severity
from retailcrm.errors import ImportRefusedError, SettingsError


def plain(text: str) -> str:
    """Take the terminal's commands out."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def watched(*, terminal: bool) -> str:
    """Read two files under a clock that stands at two seconds; give what was shown."""
    Path("a.csv").write_bytes(b"x" * 100)
    Path("b.csv").write_bytes(b"x" * 300)
    shown = io.StringIO()
    out = Console(file=shown, force_terminal=terminal, width=80, color_system=None)
    moments = iter([0.0, 0.0])
    with Watch(out, lambda: next(moments, 2.0)) as watch:
        for _ in watch.reading(["a.csv", "b.csv"]):
            watch.advance(100, 0)
            watch.advance(0, 5000)
        watch._bar.refresh()
    return plain(shown.getvalue())


def test_progress_shows_rows_a_second() -> None:
    """On a terminal 10,000 rows in two seconds are 5,000 rows/s, and the second file of two is named."""
    said = watched(terminal=True)
    assert "10,000 rows, 5,000 rows/s" in said
    assert "reading file 2 of 2" in said


def test_progress_is_silent_elsewhere() -> None:
    """Where there is no terminal nothing at all is shown."""
    assert watched(terminal=False) == ""


def test_a_packed_file_has_no_end_in_sight() -> None:
    """A file that gives more bytes than it has on disk is shown without a share."""
    Path("a.csv.gz").write_bytes(b"x" * 10)
    watch = Watch(Console(file=io.StringIO(), force_terminal=True, width=80))
    for _ in watch.reading(["a.csv.gz"]):
        watch.advance(10, 1)
        assert watch._bar.tasks[0].total == 10
        watch.advance(10, 1)
        assert watch._bar.tasks[0].total is None


def test_a_missing_file_does_not_disturb_the_watch() -> None:
    """A file that is not there is passed on, for the reader to refuse."""
    assert list(Watch(Console(file=io.StringIO())).reading(["none.csv"])) == ["none.csv"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a\\x00b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("客" * 500, "客" * 500),
        ("two\r\nlines", "two  lines"),
    ],
)
def test_text_is_made_fit_to_print(text: str, shown: str) -> None:
    """Control characters become visible or blank, Chinese stays."""
    assert guard.shown(text) == shown


def test_endless_words_end() -> None:
    """A word that fills a screen is cut in a sentence, and whatever follows is still said."""
    assert guard.sentence(SettingsError(f"{'x' * 500} is long")) == f"{'x' * 100}... is long"
    assert guard.sentence(SettingsError("客" * 299)) == "客" * 299


def failing(error: Exception) -> Any:
    """Make a command that fails."""

    @guard.answers
    def score(**_: object) -> NoReturn:
        raise error

    return score


ERRORS = [
    (SettingsError("wrong"), Exit.USAGE, "retailcrm: wrong"),
    (ImportRefusedError("no", code="empty"), Exit.REFUSED, "retailcrm: no"),
    (guard.NobodyError("nobody"), Exit.NOBODY, "retailcrm: nobody"),
    (MemoryError(), Exit.REFUSED, "--memory 512MB"),
    (PermissionError(errno.EACCES, "Permission denied", "a.csv"), Exit.REFUSED, "a.csv: Permission denied"),
    (OSError("odd"), Exit.REFUSED, "retailcrm: odd"),
    (ModuleNotFoundError("no", name="pyarrow.lib"), Exit.USAGE, "pip install 'retailcrm-core[shop]'"),
    (ModuleNotFoundError("no", name="strange"), Exit.USAGE, "pip install strange"),
]


@pytest.mark.parametrize(("error", "code", "words"), ERRORS)
def test_every_failure_is_a_sentence(
    error: Exception, code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of error ends with its code and one line on the error stream."""
    with pytest.raises(SystemExit) as ended:
        failing(error)()
    said = capsys.readouterr()
    assert ended.value.code == code
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_faults_of_the_program_are_not_hidden() -> None:
    """An error that nobody foresaw, a missing module of our own: both come through."""
    for error in (KeyError("x"), ModuleNotFoundError("no", name="retailcrm.x")):
        with pytest.raises(type(error)):
            failing(error)()


def problems_shown(problems: list[Problem], written_to: str | None = None) -> str:
    """Print problems on 80 columns."""
    out = io.StringIO()
    accounts.print_problems(Console(file=out, width=80, color_system=None), problems, written_to=written_to)
    return out.getvalue()


def test_problems_are_shown_by_kind() -> None:
    """Rejections come first, each kind once with its number and first example; more kinds are counted."""
    problems = [
        Problem(source="a.csv", code="money", message="no amount", record=i, first_line=i + 1)
        for i in (1, 2, 3)
    ]
    problems.insert(
        0, Problem(source="a.csv", code="state", message="odd", severity=Severity.WARNING, record=9)
    )
    problems += [Problem(source="a.csv", code=f"k{i}", message="m", record=20 + i) for i in range(5)]
    said = problems_shown(problems)
    assert "problems: 8 rejected, 1 warning" in said
    assert said.index("3 x rejected: a.csv, line 2: no amount [money]") < said.index("[k0]")
    assert "and 2 kinds more" in said
    assert "--problems FILE writes all of them" in said
    assert "all of them are in p.csv" in problems_shown(problems, "p.csv")
    assert problems_shown([]) == ""


def test_the_problem_file_is_safe(tmp_path: Path) -> None:
    """A value that a spreadsheet program could take for a formula gets an apostrophe."""
    path = tmp_path / "p.csv"
    accounts.write_problems(path, [Problem(source="a.csv", code="c", message="m", value="=cmd()")])
    assert ",'=cmd()" in path.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["x/a.csv"], ["a.csv"]),
        (["x\\a.csv"], ["a.csv"]),
        (["x/a.csv", "y/a.csv", "y/b.csv"], ["x/a.csv", "y/a.csv", "b.csv"]),
        (["x/a.xlsx [S1]"], ["a.xlsx"]),
        (["x/a.xlsx [S1]", "x/a.xlsx [S2]"], ["a.xlsx [S1]", "a.xlsx [S2]"]),
        (["a.csv", "a.csv"], ["a.csv", "a.csv"]),
    ],
)
def test_names_are_short_and_tell_files_apart(names: list[str], short: list[str]) -> None:
    """Folders and sheets are left out unless two tables would be called the same."""
    assert accounts.short_names(names) == short


def test_text_is_taken_as_it_is() -> None:
    """Brackets and emoji codes in names are printed, not obeyed."""
    out = printing.console()
    with out.capture() as caught:
        out.print("[red]a[/red] :smile:.csv 1234")
    assert caught.get() == "[red]a[/red] :smile:.csv 1234\n"


def test_long_paths_stay_whole() -> None:
    """A path longer than the screen is printed on one line, so that it can be copied."""
    out = printing.console()
    with out.capture() as caught:
        printing.path_line(out, "scores: ", "folder/" * 30)
    assert caught.get() == f"scores: {'folder/' * 30}\n"


def test_paragraphs_hang() -> None:
    """The second line of a note stands under its first word, not under its mark."""
    out = Console(width=20, file=io.StringIO(), color_system=None)
    with out.capture() as caught:
        out.print(printing.paragraph("one two three four five", "note:"))
    assert [line.rstrip() for line in caught.get().splitlines()] == ["note: one two three", "      four five"]
