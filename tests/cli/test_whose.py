"""Whose points a verb means, and what commands refuse: unknown people, missing shops, phones in clear."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]

DB: Final = "sqlite:///shop.db"
POLICY: Final = (
    '[points]\nearn.rate = "1"\nwaiting = {until = "paid"}\nexpiry = {never = true}\n'
    'redemption.points_per_unit = "100"\n'
)
MEMBERS: Final = (
    "nick,phone,mail\n甲,13800134821,ann@example.com\n乙,13900000001,\n丁,13900000001,\n丙,13700137000,\n"
)
NEWER: Final = "nick,phone,mail\n丙,13600136000,\n"
MAPPING: Final = (
    'name = "members"\ngrain = "customer"\nplatform = "taobao"\n'
    '[columns]\nbuyer = "nick"\nphone = "phone"\nemail = "mail"\n'
    '[buyer]\nkind = "nick"\nstrength = "stable"\n'
)
WHY: Final = ("--reason", "r", "--actor", "kim")


@pytest.fixture(autouse=True)
def kept(run: Run, three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep three customers with 10, 20 and 30 points in a database, and two member lists with phones."""
    monkeypatch.delenv("RETAILCRM_DB", raising=False)
    texts = {
        "shop.toml": POLICY,
        "members20240401.csv": MEMBERS,
        "members20240402.csv": NEWER,
        "m.toml": MAPPING,
    }
    for name, text in texts.items():
        Path(name).write_text(text, "utf-8")
    beside = [word for name in sorted(texts) if name.startswith("mem") for word in ("--with", name, "m.toml")]
    done = run("import", three, *beside, "--db", DB, "--policy", "shop.toml")
    assert done.exit_code == Exit.OK, done.output


def told(result: Result, code: Exit = Exit.OK) -> Any:
    """Read the document that a command printed."""
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def accounts() -> set[str]:
    """Give the ids of all points accounts of the database, asked of it directly."""
    connection = sqlite3.connect("shop.db")
    try:
        return {row[0] for row in connection.execute("SELECT account FROM retailcrm_accounts")}
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("who", "way"),
    [
        ("甲", "id"),
        ("13800134821", "phone"),
        ("+86 138 0013 4821", "phone"),
        ("ANN@example.com", "email"),
        ("1000000000000001", "order"),
    ],
)
def test_a_verb_finds_her_as_customer_does(run: Run, who: str, way: str) -> None:
    """Id, phone, address and order number lead to one account, and the answer says by what."""
    before = accounts()
    done = told(run("points", "redeem", who, "3", "--key", "k", "--db", DB, "--json"))
    assert (done["customer"], done["found_by"], done["account"]) == ("甲", way, "points/甲")
    assert told(run("customer", who, "--db", DB, "--json"))["customer"]["id"] == "甲"
    assert told(run("points", "--customer", who, "--db", DB, "--json"))["available"] == 7
    assert accounts() == before
    # By another of her names it is the same command.
    assert told(run("points", "redeem", "甲", "3", "--key", "k", "--db", DB, "--json"))["repeated"] is True


def test_people_are_told_by_what_she_was_found(run: Run) -> None:
    """A sentence with her id stands below the answer, in the languages of the answer."""
    said = run("points", "adjust", "13800134821", "5", "--key", "k", *WHY, "--db", DB)
    assert said.stdout.splitlines()[-2:] == ["customer 甲 was found by phone", "按电话找到顾客 甲"]
    by_id = run("points", "adjust", "甲", "5", "--key", "l", *WHY, "--db", DB, "--lang", "en")
    assert by_id.stdout.splitlines() == ["5 points added", "甲: 20 available"]


def test_a_phone_of_several_is_refused(run: Run) -> None:
    """Nobody is guessed at: the ids to choose from, and no points moved."""
    before = accounts()
    result = run("points", "redeem", "13900000001", "3", "--key", "k", "--db", DB)
    assert result.exit_code == Exit.USAGE
    assert "2 customers have this phone number: 丁, 乙; say which by id" in result.stderr
    assert accounts() == before
    assert told(run("points", "--customer", "乙", "--db", DB, "--json"))["available"] == 20


def test_a_phone_that_was_hers_is_nobodys(run: Run) -> None:
    """A newer list tells of another number: the old one leads nowhere, the new one to her."""
    gone = run("points", "redeem", "13700137000", "3", "--key", "k", "--db", DB)
    assert gone.exit_code == Exit.NOBODY
    done = told(run("points", "redeem", "13600136000", "3", "--key", "k", "--db", DB, "--json"))
    assert done["customer"] == "丙"


@pytest.mark.parametrize("who", ["13500000000", "+86 135 0000 0000", "x@example.com"])
@pytest.mark.parametrize("new", [(), ("--new",)])
def test_no_account_is_made_under_a_phone_in_clear(run: Run, who: str, new: tuple[str, ...]) -> None:
    """Nobody could tell whose it is, asked for or not; and the number would show a person."""
    before = accounts()
    result = run("points", "adjust", who, "5", "--key", "k", *WHY, "--db", DB, *new)
    assert result.exit_code == Exit.NOBODY
    assert ("no account is made under a phone number" in result.stderr) == bool(new)
    given = run("points", "transfer", "甲", who, "5", "--key", "k", "--db", DB, *new)
    assert given.exit_code == Exit.NOBODY
    assert accounts() == before


def test_a_mistyped_id_is_refused_and_a_new_one_asked_for(run: Run) -> None:
    """Without --new nobody gets points by a slip; with it, she is found from then on."""
    before = accounts()
    for verb in (("redeem", "打错", "1"), ("reserve", "打错", "1"), ("transfer", "打错", "甲", "1")):
        result = run("points", *verb, "--key", "1", "--db", DB)
        assert result.exit_code == Exit.NOBODY
        assert "nobody has the customer id, phone, e-mail address or order '打错'" in result.stderr
    words = ("points", "adjust", "打错", "10", *WHY, "--key", "a1", "--db", DB)
    refused = run(*words, "--json")
    assert told(refused, Exit.NOBODY)["error"]["code"] == "nobody"
    assert "--new opens an account" in refused.stderr
    assert accounts() == before
    assert told(run(*words, "--new", "--json"))["found_by"] == "new"
    assert told(run(*words, "--json"))["found_by"] == "account"
    assert told(run("points", "redeem", "打错", "4", "--key", "2", "--db", DB, "--json"))["points"] == 4
    journal = run("points", "--customer", "打错", "--db", DB)
    assert journal.exit_code == Exit.OK, journal.stderr
    assert "adjust:a1: r (kim)" in journal.stdout
    assert accounts() == before | {"points/打错"}


def test_who_gives_must_be_there(run: Run) -> None:
    """--new makes the account that takes, never the one that gives."""
    words = ("--key", "1", "--new", "--db", DB)
    assert run("points", "transfer", "打错", "甲", "1", *words).exit_code == Exit.NOBODY
    done = told(run("points", "transfer", "甲", "pool:home", "4", *words, "--json"))
    assert (done["taker"], done["taker_found_by"]) == ("pool:home", "new")
    assert told(run("points", "--customer", "pool:home", "--db", DB, "--json"))["available"] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("redeem", "打错", "1"), "没有顾客的 ID、电话、邮箱或订单号是 '打错'"),
        (("capture", "none"), "没有以 'none' 为键的预占"),
        (("give-back", "none"), "没有以 'none' 为键的核销"),
        (("redeem", "甲", "11"), "未执行（balance）：可用积分只有 10 分"),
        (("reverse", "nothing", "1.00"), "未执行（nothing）：没有可以执行的积分"),
    ],
)
def test_refusals_are_chinese_on_request(run: Run, words: tuple[str, ...], said: str) -> None:
    """One line, in the language that was asked for; exit code and JSON are those of the other."""
    verb = ("points", *words, "--key", "k", "--db", DB)
    chinese, english = run(*verb, "--lang", "zh", "--json"), run(*verb, "--lang", "en", "--json")
    assert chinese.stderr == f"retailcrm: {said}\n"
    assert english.stderr.isascii() or "打错" in english.stderr
    assert (chinese.exit_code, chinese.stdout) == (english.exit_code, english.stdout)


def test_a_key_conflict_is_chinese_on_request(run: Run) -> None:
    """The sentence for people changes, the word for programs stays."""
    verb = ("points", "redeem", "丙", "--key", "k", "--db", DB, "--lang", "zh", "--json")
    assert run(*verb, "3").exit_code == Exit.OK
    again = run(*verb, "4")
    assert again.stderr == "retailcrm: 这个 --key 已用于另一条命令，请换一个新的\n"
    assert told(again, Exit.USAGE)["error"]["code"] == "key-conflict"


@pytest.mark.parametrize(
    "words",
    [
        ("points", "redeem", "甲", "1", "--key", "k"),
        ("points", "--customer", "甲"),
        ("points",),
        ("customer", "甲"),
        ("score", "--as-of", "2024-04-01"),
        ("report", "--as-of", "2024-04-01"),
        ("tick", "--now", "2024-04-01"),
        ("verify",),
    ],
)
def test_a_mistyped_shop_is_not_made(run: Run, words: tuple[str, ...]) -> None:
    """The shops that are there are named; none is added."""
    result = run(
        *words, "--db", DB, "--shop", "mian", *(() if words == ("verify",) else ("--policy", "shop.toml"))
    )
    assert result.exit_code == Exit.USAGE, result.output
    assert result.stderr == "retailcrm: sqlite:///shop.db has no shop 'mian'; it has: main\n"
    assert [shop["shop"] for shop in told(run("db", "status", "--db", DB, "--json"))["shops"]] == ["main"]


def test_an_empty_database_gets_no_shop_by_looking(run: Run, three: str) -> None:
    """After db init there is none to read; import makes the first, with the currency of its files."""
    empty = ("--db", "sqlite:///empty.db")
    assert run("db", "init", *empty).exit_code == Exit.OK
    for words in (("customer", "甲"), ("score", "--as-of", "2024-04-01"), ("points",)):
        result = run(*words, *empty)
        assert result.exit_code == Exit.NOBODY
        assert "nothing was imported yet; 'retailcrm import' takes export files" in result.stderr
    assert told(run("db", "status", *empty, "--json"))["shops"] == []
    assert run("import", three, *empty, "--shop", "web").exit_code == Exit.OK
    assert run("customer", "甲", *empty, "--shop", "web").exit_code == Exit.OK


def test_tables_are_not_made_by_looking(run: Run) -> None:
    """A file of somebody else is left alone."""
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    result = run("score", "--db", "sqlite:///other.db", "--as-of", "2024-04-01")
    assert (result.exit_code, "db init" in result.stderr) == (Exit.USAGE, True)
    connection = sqlite3.connect("other.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()


def test_attacks_want_a_database_of_their_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that holds a shop is refused unless that is asked for; shops of earlier attacks do not count."""
    from retailcrm.cli import torturing
    from retailcrm.shop.open import open_shop

    asked: list[str] = []

    def attacked(db: str, **_: object) -> tuple[()]:
        asked.append(db)
        return ()

    monkeypatch.setattr(torturing, "campaign", attacked)
    refused = run("torture", "--db", DB)
    assert (refused.exit_code, asked) == (Exit.USAGE, [])
    assert "holds shops of others: main" in refused.stderr
    assert run("torture", "--db", DB, "--beside-others").exit_code == Exit.OK
    for name in ("torture", "clock7-0"):
        open_shop("sqlite:///attacked.db", shop=name).close()
    assert run("torture", "--db", "sqlite:///attacked.db").exit_code == Exit.OK
    assert asked == [DB, "sqlite:///attacked.db"]


def test_an_import_that_stops_tells_of_every_file(run: Run, three: str) -> None:
    """What was taken, what was there before, what was not come to, and what to do."""
    Path("second.csv").write_bytes(Path(three).read_bytes() + b"\n")
    Path("bad.csv").write_text("x,y\n1,2\n")
    on = ("--db", DB)
    result = run("import", three, "second.csv", "bad.csv", "third.csv", "--redemptions", "till.csv", *on)
    assert result.exit_code == Exit.REFUSED
    assert [line.removeprefix("retailcrm: ") for line in result.stderr.splitlines()][1:] == [
        f"{three}: the same content was read before; nothing changed",
        "second.csv: imported, 6 of 7 records",
        "third.csv: not read",
        "till.csv: not read",
        "what was imported stays; mend the rest, and run the same again",
    ]
    alone = run("import", "bad.csv", *on)
    assert alone.stderr.count("\n") == 1


def test_postgresql_finds_and_refuses_alike(run: Run, three: str, postgres_url: str) -> None:
    """By phone there too; no shop is made by looking, and a database with tables of nobody is refused."""
    on = ("--db", postgres_url)
    assert "db init" in run("customer", "甲", *on).stderr
    beside = ("--with", "members20240401.csv", "m.toml", "--policy", "shop.toml")
    assert run("import", three, *beside, *on).exit_code == Exit.OK
    done = told(run("points", "redeem", "13800134821", "3", "--key", "k", *on, "--json"))
    assert (done["customer"], done["found_by"], done["account"]) == ("甲", "phone", "points/甲")
    refused = run("points", "redeem", "13900000001", "3", "--key", "l", *on)
    assert "2 customers have this phone number: 丁, 乙" in refused.stderr
    for words in (("customer", "甲"), ("points", "redeem", "甲", "1", "--key", "m")):
        result = run(*words, *on, "--shop", "mian")
        assert (result.exit_code, "no shop 'mian'; it has: main" in result.stderr) == (Exit.USAGE, True)
