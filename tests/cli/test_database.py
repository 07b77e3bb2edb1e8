"""A shop in a database: import, the commands that read it, the verbs that change its points."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]
Export = Callable[..., str]
Order = Callable[..., str]

DB: Final = "sqlite:///shop.db"
POLICY: Final = (
    '[shop]\nzone = "Asia/Shanghai"\n[points]\nearn.rate = "1"\nwaiting = {until = "paid"}\n'
    "expiry = {never = true}\n"
    'redemption.points_per_unit = "100"\n'
)
ON: Final = ("--db", DB, "--policy", "shop.toml")


@pytest.fixture(autouse=True)
def _policy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETAILCRM_DB", raising=False)
    (folder / "shop.toml").write_text(POLICY)


@pytest.fixture
def kept(run: Run, three: str) -> str:
    """Import the export of three customers; give its name."""
    assert run("import", three, *ON).exit_code == Exit.OK
    return three


def told(result: Result, code: Exit = Exit.OK) -> Any:
    """Read the document that a command printed."""
    assert result.exit_code == code, result.output
    document = json.loads(result.stdout)
    assert document["exit_code"] == code
    return document


def test_files_are_imported_and_again_change_nothing(run: Run, three: str) -> None:
    """The account of the files is printed as score does; the same file is told to be the same."""
    first, again = run("import", three, *ON), run("import", three, *ON)
    assert (first.exit_code, again.exit_code) == (Exit.OK, Exit.OK)
    assert "orders.csv  taobao        6         6         0" in first.stdout
    assert "shop main, 1 file, the newest of " in first.stdout
    assert "the same content was read before; nothing" in again.stdout
    assert "shop main, 1 file, " in again.stdout
    document = told(run("import", three, *ON, "--json"))
    assert [(file["name"], file["accepted"], file["again"]) for file in document["files"]] == [
        ("orders.csv", 6, True)
    ]
    assert (document["db"], document["shop"], document["currency"]) == (DB, "main", "CNY")


def test_problems_of_an_import_are_told(run: Run, export: Export, order: Order) -> None:
    """Records that cannot be taken are listed, written, and with --strict an exit code."""
    bad = export([order(1, "甲"), order(2, "乙", at="x")], "bad.csv")
    result = run("import", bad, *ON, "--problems", "problems.csv", "--strict")
    assert result.exit_code == Exit.PROBLEMS
    assert "problems: 1 rejected" in result.stdout
    assert "rejected" in Path("problems.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("command", "more"),
    [("score", ("--as-of", "2024-04-01")), ("report", ("--as-of", "2024-04-01"))],
)
def test_a_database_gives_what_its_files_give(
    run: Run, kept: str, command: str, more: tuple[str, ...]
) -> None:
    """Scores and report are the same from the files and from the database that took them."""
    kind = "csv" if command == "score" else "html"
    of_files = told(run(command, kept, *more, "--policy", "shop.toml", "--out", f"a.{kind}", "--json"))
    of_store = told(run(command, *ON, *more, "--out", f"b.{kind}", "--json"))
    for document in (of_files, of_store):
        document.pop("out")
    assert of_store == of_files
    # A database gives customers by their ids, files in the order in which they come.
    lines = [sorted(Path(f"{name}.{kind}").read_text("utf-8").splitlines()) for name in "ab"]
    assert lines[0] == lines[1]


def test_a_customer_is_found_in_a_database(run: Run, kept: str) -> None:
    """Her file is printed from the database as from the files."""
    of_files = told(run("customer", "乙", kept, "--policy", "shop.toml", "--json"))
    assert told(run("customer", "乙", *ON, "--json")) == of_files
    nobody = run("customer", "丁", *ON)
    assert nobody.exit_code == Exit.NOBODY


def test_the_environment_names_the_database(run: Run, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RETAILCRM_DB is the database where none is given; files that are given go before it."""
    monkeypatch.setenv("RETAILCRM_DB", DB)
    of_store = run("score", "--policy", "shop.toml", "--as-of", "2024-04-01")
    assert of_store.exit_code == Exit.OK
    assert of_store.stdout.startswith("shop main, 1 file, ")
    of_files = run("score", kept, "--policy", "shop.toml", "--as-of", "2024-04-01")
    assert of_files.stdout.startswith("file        format")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("score", "x.csv", "--db", DB, "--as-of", "2024-04-01"), "Give FILEs or --db, not both"),
        (("score", "--as-of", "2024-04-01"), "Missing argument 'FILE...', or --db URL"),
        (("score", "--db", DB, "--map", "m.toml", "--as-of", "2024-04-01"), "--map says how files are read"),
        (("score", "--db", DB, "--format", "taobao", "--as-of", "2024-04-01"), "--format says how files"),
        (("tick", "--db", DB, "--since", "2024-01-01"), "--since: FILEs have a span"),
        (("tick", "x.csv", "--now", "2024-01-01"), "--now: time goes by in a database"),
        (("tick", "x.csv", "--since", "2024-01-01"), "Missing option '--as-of'"),
        (("import", "x.csv"), "Missing option '--db'"),
        (("points", "redeem", "ann", "3", "--db", DB), "Missing option '--key'"),
    ],
)
def test_what_does_not_go_together_is_told(run: Run, given: tuple[str, ...], said: str) -> None:
    """Files and databases are asked for one at a time, each with its own options."""
    result = run(*given)
    assert result.exit_code == Exit.USAGE
    assert said in " ".join(result.stderr.split())
    assert not Path("shop.db").exists()


def test_urls_of_nothing_are_refused(run: Run, three: str) -> None:
    """A URL that names no database is a setting to mend."""
    for url in ("mysql://x", "shop.db", "sqlite:///"):
        result = run("import", three, "--db", url, "--policy", "shop.toml")
        assert result.exit_code == Exit.USAGE, url


def test_an_empty_database_has_nobody(run: Run) -> None:
    """Before the first import there is nobody to score or to look up, and the way on is said."""
    assert run("db", "init", "--db", DB).exit_code == Exit.OK
    result = run("score", *ON, "--as-of", "2024-04-01")
    assert result.exit_code == Exit.NOBODY
    assert "nothing was imported yet; 'retailcrm import' takes export files" in result.stderr
    assert run("customer", "乙", *ON).exit_code == Exit.NOBODY


@pytest.mark.usefixtures("kept")
def test_points_are_spent_once(run: Run) -> None:
    """The same key again gives what it came to; another command under it is refused."""
    first = told(run("points", "redeem", "丙", "12", "--key", "cart:1", *ON, "--json"))
    assert (first["outcome"], first["points"], first["detail"]) == ("done", 12, {"value": 12})
    again = told(run("points", "redeem", "丙", "12", "--key", "cart:1", *ON, "--json"))
    assert again == {**first, "repeated": True}
    said = run("points", "redeem", "丙", "12", "--key", "cart:1", *ON)
    assert said.stdout.splitlines()[0] == "12 points spent, worth ¥0.12 - done before, not again"
    other = run("points", "redeem", "丙", "13", "--key", "cart:1", *ON)
    assert other.exit_code == Exit.USAGE
    assert "stands for another command already" in other.stderr
    document = told(run("points", "--customer", "丙", *ON, "--json"))
    assert (document["available"], document["journal"][-1]["change"]) == (18, -12)


@pytest.mark.usefixtures("kept")
def test_what_the_rules_refuse_has_its_own_exit_code(run: Run) -> None:
    """Too few points: the limit, what was asked and what is allowed; nothing was done."""
    document = told(run("points", "redeem", "甲", "90", "--key", "k", *ON, "--json"), Exit.DECLINED)
    assert {name: document[name] for name in ("outcome", "limit", "asked", "allowed")} == {
        "outcome": "refused", "limit": "balance", "asked": 90, "allowed": 10,
    }  # fmt: skip
    said = run("points", "redeem", "甲", "90", "--key", "k", *ON)
    english = "retailcrm: refused (balance): 10 points are available\n"
    chinese = "retailcrm: 未执行（balance）：可用积分只有 10 分\n"
    assert (said.stderr, said.stdout) == (english + chinese, "")
    for lang, line in (("en", english), ("zh", chinese)):
        alone = run("points", "redeem", "甲", "90", "--key", "k", *ON, "--lang", lang)
        assert (alone.exit_code, alone.stderr) == (Exit.DECLINED, line)


@pytest.mark.usefixtures("kept")
def test_a_reservation_that_is_over_is_not_said_to_be_held(run: Run) -> None:
    """Asked for again, an open reservation is done already; one that was captured or let go says so."""
    for name, ends, said in (
        ("h1", (), "not again"),
        ("h2", ("capture", "h2"), "and captured since"),
        ("h3", ("void", "h3"), "and over by now: nothing is held"),
    ):
        asked = ("points", "reserve", "丙", "3", "--key", name, *ON, "--lang", "en")
        assert "done before" not in run(*asked).stdout
        if ends:
            assert run("points", *ends, "--key", f"end:{name}", *ON).exit_code == Exit.OK
        assert f" - done before, {said} " in " ".join(run(*asked).stdout.split())


@pytest.mark.usefixtures("kept")
def test_every_verb_is_there(run: Run) -> None:
    """Each verb does what its name says, and the books of the database stay right."""

    def done(*words: str) -> Any:
        return told(run("points", *words, *ON, "--json"))

    assert done("reserve", "丙", "10", "--minutes", "5", "--key", "h1")["detail"]["reservation"] == "h1"
    assert done("capture", "h1", "--points", "4", "--key", "c1")["points"] == 4
    assert done("reserve", "丙", "3", "--key", "h2")["points"] == 3
    assert done("void", "h2", "--key", "v2")["points"] == 3
    assert done("redeem", "丙", "5", "--key", "r1")["points"] == 5
    assert done("give-back", "r1", "--points", "2", "--key", "g1")["points"] == 2
    assert done("transfer", "丙", "甲", "6", "--key", "t1")["points"] == 6
    assert done("adjust", "甲", "-1", "--reason", "wrong", "--actor", "kim", "--key", "a1")["points"] == 1
    assert done("adjust", "乙", "8", "--reason", "sorry", "--actor", "kim", "--key", "a2")["points"] == 8
    assert done("reverse", "taobao/main/1000000000000001", "2.50", "--key", "x1")["points"] == 2
    has = {
        who: told(run("points", "--customer", who, *ON, "--json"))["available"] for who in ("甲", "乙", "丙")
    }
    assert has == {"甲": 10 + 6 - 1 - 2, "乙": 20 + 8, "丙": 30 - 4 - 5 + 2 - 6}
    assert told(run("verify", "--db", DB, "--json"))["findings"] == []


@pytest.mark.usefixtures("kept")
def test_a_part_of_a_reservation_says_what_returned(run: Run) -> None:
    """4 of 10 points are spent, 6 return; of another all 3, so nothing is said of any that return."""
    for points, key, part in (("10", "h1", ("--points", "4")), ("3", "h2", ())):
        assert run("points", "reserve", "丙", points, "--key", key, *ON).exit_code == Exit.OK
        words = ("points", "capture", key, *part, "--key", f"end:{key}", *ON)
        left = 6 if part else 0
        assert told(run(*words, "--json"))["detail"]["returned"] == left
        for lang, said in (("en", "the other 6 points returned"), ("zh", "释放其余 6 分")):
            assert (said in run(*words, "--lang", lang).stdout) == bool(left)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("redeem", "丙", "-5"), "a whole number from 1, not -5"),
        (("reserve", "丙", "-5"), "a whole number from 1, not -5"),
        (("capture", "h", "--points", "-5"), "a whole number from 1, not -5"),
        (("transfer", "丙", "甲", "-5"), "a whole number from 1, not -5"),
        (("reverse", "taobao/main/1000000000000001", "-5.00"), "'-5.00' is no amount"),
    ],
)
def test_numbers_below_zero_are_numbers(run: Run, words: tuple[str, ...], said: str) -> None:
    """Only ``adjust`` takes away; the other verbs say that they do not, and no option was meant."""
    assert run("points", "reserve", "丙", "3", "--key", "h", *ON).exit_code == Exit.OK
    result = run("points", *words, "--key", "k", *ON)
    assert result.exit_code == Exit.USAGE
    assert said in " ".join(result.stderr.split())
    assert "No such option" not in result.stderr


@pytest.mark.usefixtures("kept")
def test_answers_speak_the_language_that_was_asked_for(run: Run) -> None:
    """A verb answers in Chinese, in English, or in both."""
    words = ("points", "adjust", "乙", "-3", "--reason", "r", "--actor", "kim", *ON)
    assert run(*words, "--key", "1", "--lang", "zh").stdout == "已扣除 3 分\n乙：可用 17\n"
    assert run(*words, "--key", "2", "--lang", "en").stdout == "3 points taken away\n乙: 14 available\n"
    both = run(*words, "--key", "3").stdout.splitlines()
    assert both == ["3 points taken away", "已扣除 3 分", "乙: 11 available", "乙：可用 11"]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("capture", "nothing", "--key", "k"), Exit.NOBODY),
        (("give-back", "nothing", "--key", "k"), Exit.NOBODY),
        (("reverse", "taobao/main/1", "x", "--key", "k"), Exit.USAGE),
        (("reverse", "taobao/main/1", "1.005", "--key", "k"), Exit.USAGE),
        (("reverse", "taobao/main/1", "1.00", "--key", "k"), Exit.DECLINED),
        (("redeem", "甲", "0", "--key", "k"), Exit.USAGE),
        (("redeem", "甲", "x", "--key", "k"), Exit.USAGE),
        (("redeem", "甲", "1", "--key", " "), Exit.USAGE),
        (("capture", "h", "--key", "k", "--pionts", "1"), Exit.USAGE),
    ],
)
def test_verbs_that_cannot_be_done_say_why(run: Run, words: tuple[str, ...], code: Exit) -> None:
    """A reservation that nobody made, an amount that is none: a sentence and an exit code each."""
    result = run("points", *words, *ON)
    assert result.exit_code == code
    assert result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("kept")
def test_without_a_programme_no_verb_runs(run: Run) -> None:
    """A shop without [points] has nothing to spend; the three lines that change it are printed."""
    assert run("import", "orders.csv", "--db", DB, "--shop", "other").exit_code == Exit.OK
    result = run("points", "redeem", "甲", "1", "--key", "k", "--db", DB, "--shop", "other")
    assert result.exit_code == Exit.USAGE
    assert "the shop keeps no policy with [points]" in result.stderr


@pytest.mark.usefixtures("kept")
def test_the_policy_stays_with_the_shop(run: Run) -> None:
    """Imported with a policy, the shop needs it no more; commands say which one it is and since when."""
    said = told(run("points", "redeem", "丙", "12", "--key", "cart:1", "--db", DB, "--json"))
    assert (said["outcome"], said["version"], said["detail"]) == ("done", 1, {"value": 12})
    assert said["account_version"] > 1
    today = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
    scored = run("score", "--db", DB, "--as-of", "2024-04-01")
    assert f", kept with the shop since {today}" in scored.stdout
    listed = run("points", "--db", DB, "--lang", "en")
    assert f", kept with the shop since {today}" in listed.stdout


def test_a_mistyped_database_is_not_made(run: Run) -> None:
    """Commands that take no files in refuse a database that is not there; memory keeps nothing."""
    typo = ("--db", "sqlite:///typo.db")
    for words in (
        ("score", *typo, "--as-of", "2024-04-01"),
        ("points", *typo),
        ("tick", *typo, "--now", "2024-04-01"),
        ("points", "redeem", "甲", "1", "--key", "k", *typo),
    ):
        result = run(*words)
        assert result.exit_code == Exit.USAGE
        assert "typo.db does not exist" in result.stderr
    assert not list(Path().glob("typo.db*"))
    Path("orders.csv").write_text("")
    refused = run("import", "orders.csv", "--db", "memory:")
    assert refused.exit_code == Exit.USAGE
    assert "name a database" in refused.stderr


@pytest.mark.usefixtures("kept")
def test_left_out_redemptions_count(run: Run) -> None:
    """A row of --redemptions that cannot be is in the account of the import, its problems, and --strict."""
    Path("till.csv").write_text("customer,points,time\nnobody,10,2024-03-01\n")
    again = ("import", "orders.csv", "--redemptions", "till.csv", *ON)
    said = told(run(*again, "--json"))
    (row,) = (file for file in said["files"] if file["name"] == "till.csv")
    assert (row["records"], row["accepted"], row["rejected"], said["problem_count"]) == (1, 0, 1, 1)
    assert run(*again, "--strict").exit_code == Exit.PROBLEMS


@pytest.mark.usefixtures("kept")
def test_a_key_of_another_command_has_a_word(run: Run) -> None:
    """Programs are told by a word that the key stands for something else."""
    words = ("points", "redeem", "丙", "--key", "1", *ON, "--json")
    assert run(*words, "12").exit_code == Exit.OK
    said = told(run(*words, "13"), Exit.USAGE)
    assert said["error"]["code"] == "key-conflict"


def test_verbs_explain_themselves(run: Run) -> None:
    """The help of points lists its verbs; each has its own, on 80 columns."""
    listed = run("points", "--help").stdout
    for verb in ("redeem", "reserve", "capture", "void", "give-back", "reverse", "transfer", "adjust"):
        assert f"\n  {verb} " in listed
        said = run("points", verb, "--help").stdout
        assert said.startswith(f"Usage: retailcrm points {verb} [OPTIONS] ")
        assert "--key KEY" in said
        assert max(map(len, said.splitlines())) <= 80


def test_time_goes_by_once(run: Run, export: Export, order: Order) -> None:
    """Tick writes what fell due, prints it, and has nothing left the second time."""
    Path("shop.toml").write_text(POLICY.replace('{until = "paid"}', '{days = 7, since = "paid"}'))
    paid = datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)
    export([order(n, who, at=f"{paid:%Y-%m-%d %H:%M:%S}") for n, who in ((1, "甲"), (2, "乙"))])
    assert run("import", "orders.csv", *ON).exit_code == Exit.OK
    week, day = paid + timedelta(days=7), f"{paid + timedelta(days=8):%Y-%m-%d}"
    first = run("tick", *ON, "--now", day, "--lang", "en", "--out", "events.csv")
    assert first.exit_code == Exit.OK, first.stderr
    assert first.stdout.startswith(f"written as due ({day} 00:00)\n")
    (line,) = (line for line in first.stdout.splitlines() if "became spendable" in line)
    assert line.split() == [f"{week:%Y-%m-%d}", "became", "spendable", "20", "2"]
    rows = list(csv.DictReader(StringIO(Path("events.csv").read_text("utf-8-sig"))))
    due = [(row["at"], row["points"]) for row in rows if row["event"] == "activate"]
    assert due == [(f"{week:%Y-%m-%d %H:%M:%S}", "10")] * 2
    again = told(run("tick", *ON, "--now", day, "--json"))
    assert (again["events"], again["days"], again["accounts"]) == ([], [], 0)


@pytest.mark.usefixtures("kept")
def test_the_fuse_holds_on_a_database(run: Run) -> None:
    """A clock that is years ahead of all that was seen writes nothing, unless it is confirmed."""
    assert run("tick", *ON, "--now", "2024-03-02").exit_code == Exit.OK
    result = run("tick", *ON, "--now", "2124-01-01", "--out", "never.csv")
    # Nothing was written, so nothing is told.
    assert not Path("never.csv").exists()
    assert result.exit_code == Exit.CLOCK


@pytest.mark.usefixtures("kept")
def test_a_changed_row_is_a_finding(run: Run) -> None:
    """Verify names table and row, and ends with its own exit code; a clean one says so."""
    import sqlite3

    assert run("points", "redeem", "丙", "5", "--key", "r1", *ON).exit_code == Exit.OK
    clean = run("verify", "--db", DB)
    assert clean.exit_code == Exit.OK
    assert "nothing was found" in clean.stdout
    with sqlite3.connect("shop.db") as connection:
        connection.execute("UPDATE retailcrm_effects SET fingerprint = 'x'")
    connection.close()
    result = run("verify", "--db", DB, "--lang", "en")
    assert result.exit_code == Exit.FINDINGS
    assert "digest" in result.stdout
    assert "main effects redeem/r1: the row is not the one that was written" in " ".join(
        result.stdout.split()
    )
    assert result.stderr == "retailcrm: 1 finding: not all of it is as it was written\n"
    document = told(run("verify", "--db", DB, "--json"), Exit.FINDINGS)
    assert document["found"] == {"digest": 1}
    missing = run("verify", "--db", DB, "--shop", "none")
    assert (missing.exit_code, "no shop 'none'; it has: main" in missing.stderr) == (Exit.USAGE, True)
    assert run("verify", "--db", "sqlite:///none.db").exit_code == Exit.USAGE


@pytest.mark.usefixtures("kept")
def test_the_doctor_looks_at_machine_and_database(run: Run) -> None:
    """Without a database, and with one; an error ends with its own exit code."""
    alone = told(run("doctor", "--json"))
    assert alone["db"] is None
    topics = {one["topic"] for one in alone["advice"]}
    assert {"python", "sqlite", "import-name", "plugins", "zones"} <= topics
    with_it = run("doctor", "--db", DB, "--lang", "en")
    assert with_it.exit_code == Exit.OK
    assert "journal_mode=wal, synchronous=2" in with_it.stdout
    assert max(map(len, with_it.stdout.splitlines())) <= 80
    broken = told(run("doctor", "--db", "sqlite:///none.db", "--json"), Exit.FINDINGS)
    assert broken["counts"]["error"] == 1


@pytest.mark.usefixtures("kept")
def test_a_busy_database_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cannot write since others do is told to run it again; so is who cannot know."""
    from retailcrm.errors import ConflictError, StoreFullError, UnknownOutcomeError
    from retailcrm.shop.loyalty import Loyalty

    for error, code in (
        (ConflictError("others"), Exit.BUSY),
        (StoreFullError("no room"), Exit.REFUSED),
        (UnknownOutcomeError("the line broke"), Exit.UNKNOWN),
    ):
        monkeypatch.setattr(Loyalty, "redeem", _raiser(error))
        assert run("points", "redeem", "甲", "1", "--key", "k", *ON).exit_code == code


@pytest.mark.usefixtures("kept")
def test_an_unknown_outcome_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows: the same key again will tell."""
    from retailcrm.ports.outcomes import Unknown
    from retailcrm.shop.loyalty import Loyalty

    monkeypatch.setattr(Loyalty, "redeem", lambda *_, **__: Unknown(key="k", reason="the line broke"))
    result = run("points", "redeem", "甲", "1", "--key", "k", *ON)
    assert result.exit_code == Exit.UNKNOWN
    english, chinese = result.stderr.splitlines()
    assert english.endswith("(the line broke); run it again with --key k")
    assert chinese.endswith("（the line broke）；请用同一个 --key k 重新运行")
    assert (
        told(run("points", "redeem", "甲", "1", "--key", "k", *ON, "--json"), Exit.UNKNOWN)["outcome"]
        == "unknown"
    )


def _raiser(error: Exception) -> Callable[..., Any]:
    def raises(*_: object, **__: object) -> Any:
        raise error

    return raises


def test_piped_accounts_are_not_broken(run: Run, three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no terminal is, lines are as long as they are, and end without blanks."""
    monkeypatch.delenv("COLUMNS")
    for words in (("score", three, "--as-of", "2024-04-01"), ("import", three, *ON), ("verify", "--db", DB)):
        lines = run(*words).stdout.splitlines()
        assert lines == [line.rstrip() for line in lines]
        assert words[0] != "score" or max(map(len, lines)) > 80
