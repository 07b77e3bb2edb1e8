"""The JSON that is documented is the JSON that is printed: key by key, of every command on a database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result

from retailcrm.cli import json_keys
from retailcrm.cli.exits import Exit
from retailcrm.cli.json_keys import SECTIONS

Run = Callable[..., Result]
Export = Callable[..., str]
Order = Callable[..., str]

DB: Final = "sqlite:///shop.db"
POLICY: Final = (
    '[points]\nearn.rate = "1"\nwaiting = {until = "paid"}\nexpiry = {days = 90, snap = "day"}\n'
    'redemption.points_per_unit = "100"\n'
)


@pytest.fixture
def kept(run: Run, three: str) -> str:
    """Keep the export of three customers in a database; give the export's name."""
    Path("shop.toml").write_text(POLICY)
    assert run("import", three, "--db", DB, "--policy", "shop.toml").exit_code == Exit.OK
    return three


def printed(result: Result, code: Exit = Exit.OK) -> Any:
    """Read the document that a command printed."""
    assert result.exit_code == code, result.output
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def paths(value: Any, listed: Mapping[str, str], at: str = "") -> Iterator[str]:
    """Give the path of every key of a document, down to where the list says that any key may be."""
    if f"{at}.*" in listed:
        yield f"{at}.*"
    elif isinstance(value, dict):
        below = [
            path for name, one in value.items() for path in paths(one, listed, f"{at}.{name}".lstrip("."))
        ]
        # What is an object, or null, is listed itself too.
        yield from ([at] if at in listed else [])
        yield from below
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield from (path for one in value for path in paths(one, listed, f"{at}[]"))
    elif isinstance(value, list) and not value:
        # Nothing is in it: whatever would be is told by another run.
        yield from (path for path in listed if path == at)
    else:
        yield at


def held(listed: Mapping[str, str], *documents: Any) -> None:
    """Hold documents against a list: nothing is printed that is not listed, all that is listed is printed."""
    found = {path for document in documents for path in paths(document, listed)}
    # A list of which a run has none.
    there = {path for path in listed for document in documents if _there(document, path)}
    assert found <= set(listed), sorted(found - set(listed))
    assert set(listed) <= found | there, sorted(set(listed) - found - there)


def _there(document: Any, path: str) -> bool:
    """Say whether an object is there in which any key may be."""
    name = path.removesuffix(".*").removesuffix("[]")
    return path.endswith(".*") and name in document


def test_verbs_print_what_is_listed(run: Run, kept: str) -> None:
    """Of each verb, and of each that it can come to."""
    words = ("--db", DB, "--json")
    why = ("--reason", "r", "--actor", "kim")

    def done(*verb: str, code: Exit = Exit.OK) -> Any:
        return printed(run("points", *verb, *words), code)

    always, named = json_keys.VERB, json_keys.NAMED
    by_name: tuple[tuple[str, ...], ...] = (
        ("adjust", "甲", "50", "--key", "1", *why),
        ("redeem", "甲", "5", "--key", "2"),
        ("reserve", "甲", "5", "--key", "3"),
    )
    by_key: tuple[tuple[str, ...], ...] = (
        ("capture", "3", "--key", "4"),
        ("give-back", "2", "--key", "5"),
        ("reverse", "taobao/main/1000000000000004", "5.00", "--key", "6"),
    )
    for verb in by_name:
        held({**always, **named, **json_keys.DONE}, done(*verb))
    for verb in by_key:
        held({**always, **json_keys.DONE}, done(*verb))
    given = done("transfer", "甲", "乙", "1", "--key", "7")
    held({**always, **named, **json_keys.TAKER, **json_keys.DONE}, given)
    assert (given["customer"], given["taker"], given["found_by"]) == ("甲", "乙", "id")
    refused = done("redeem", "甲", "5000", "--key", "8", code=Exit.DECLINED)
    held({**always, **named, **json_keys.REFUSED}, refused)
    held(json_keys.FAILED, done("void", "none", "--key", "9", code=Exit.NOBODY))
    assert kept


def test_an_unknown_outcome_prints_what_is_listed(
    run: Run, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows: the key, and the reason."""
    from retailcrm.ports.outcomes import Unknown
    from retailcrm.shop.loyalty import Loyalty

    assert kept
    monkeypatch.setattr(Loyalty, "redeem", lambda *_, **__: Unknown(key="k", reason="the line broke"))
    document = printed(run("points", "redeem", "甲", "1", "--key", "k", "--db", DB, "--json"), Exit.UNKNOWN)
    held({**json_keys.VERB, **json_keys.NAMED, **json_keys.UNKNOWN}, document)


def test_points_print_what_is_listed(run: Run, kept: str) -> None:
    """Everybody's points and one journal, of files as of a database."""
    for where in ((kept, "--policy", "shop.toml"), ("--db", DB)):
        at = ("--as-of", "2024-04-01", "--json")
        held(json_keys.POINTS, printed(run("points", *where, *at)))
        held(json_keys.JOURNAL, printed(run("points", *where, *at, "--customer", "丙")))


def test_import_prints_what_is_listed(run: Run, kept: str, export: Export, order: Order) -> None:
    """Of files that were read, one with problems among them, and of a run that was stopped."""
    export([order(7, "丁"), order(8, "丁", at="x")], "second.csv")
    Path("bad.csv").write_text("x,y\n1,2\n")
    words = ("--db", DB, "--json")
    document = printed(run("import", kept, "second.csv", *words))
    held(json_keys.IMPORT, document)
    stopped = printed(run("import", "second.csv", "bad.csv", kept, *words), Exit.REFUSED)
    assert [file["name"] for file in stopped["files"]] == ["second.csv"]
    assert stopped["not_read"] == [kept]
    held({**json_keys.IMPORT_FAILED, "files[].*": ""}, {**stopped, "files": []}, stopped)


def test_tick_prints_what_is_listed(run: Run, kept: str, export: Export, order: Order) -> None:
    """What was written in a database, and what files show between two moments."""
    span = ("--since", "2024-05-01", "--as-of", "2024-07-03", "--confirm-clock", "--json")
    held(json_keys.TICK_FILES, printed(run("tick", kept, "--policy", "shop.toml", *span)))
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    export([order(9, "丁", at=f"{now - timedelta(days=1):%Y-%m-%d %H:%M:%S}")], "new.csv")
    assert run("import", "new.csv", "--db", DB).exit_code == Exit.OK
    later = f"{now + timedelta(days=99):%Y-%m-%d}"
    written = run("tick", "--db", DB, "--now", later, "--confirm-clock", "--json")
    held(json_keys.TICK_KEPT, printed(written))


def test_verify_and_doctor_print_what_is_listed(run: Run, kept: str) -> None:
    """A clean database, one with a finding, and the machine alone."""
    import sqlite3

    assert kept
    clean = printed(run("verify", "--db", DB, "--json"))
    with sqlite3.connect("shop.db") as connection:
        connection.execute("UPDATE retailcrm_files SET name = 'x'")
    connection.close()
    held(json_keys.VERIFY, clean, printed(run("verify", "--db", DB, "--json"), Exit.FINDINGS))
    held(json_keys.DOCTOR, printed(run("doctor", "--json")), printed(run("doctor", "--db", DB, "--json")))


def test_torture_prints_what_is_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One attack of each, as a campaign gives it."""
    from retailcrm.cli import torturing
    from retailcrm.torture.campaign import Part

    part = Part(name="bank", runs=1, counts={"done": 3}, problems=("seed 7: lost",), seconds=0.5)
    monkeypatch.setattr(torturing, "campaign", lambda *_, **__: (part,))
    document = printed(run("torture", "--db", DB, "--seed", "7", "--json"), Exit.FINDINGS)
    held(json_keys.TORTURE, document)


def test_db_prints_what_is_listed(run: Run, kept: str) -> None:
    """Of each command of the group, with both kinds of backup."""
    assert kept
    on = ("--db", DB, "--json")
    held(json_keys.DB_INIT, printed(run("db", "init", "--db", "sqlite:///new.db", "--json")))
    held(json_keys.DB_UPGRADE, printed(run("db", "upgrade", *on)))
    held(json_keys.DB_STATUS, printed(run("db", "status", *on)))
    for name in ("copy.db", "copy.zip"):
        held(json_keys.DB_BACKUP, printed(run("db", "backup", name, *on)))
        to = f"sqlite:///of-{name}"
        held(json_keys.DB_RESTORE, printed(run("db", "restore", name, "--db", to, "--json")))


def test_the_page_shows_every_list() -> None:
    """Each list that this file holds against the commands stands in the documentation."""
    lists = {name: one for name, one in vars(json_keys).items() if name.isupper() and isinstance(one, dict)}
    shown = [texts for parts in SECTIONS.values() for _, texts in parts]
    hidden = [
        name for name, one in lists.items() if name[0] != "_" and name != "SECTIONS" and one not in shown
    ]
    assert hidden == []


def test_a_key_that_is_not_listed_is_found() -> None:
    """The comparison itself can fail: of a key too many, one too few, and deep ones."""
    listed = {"a": "", "b[].c": "", "d.*": ""}
    held(listed, {"a": 1, "b": [{"c": 1}], "d": {"x": 1}})
    for wrong in (
        {"a": 1, "b": [{"c": 1}], "d": {}, "e": 1},
        {"b": [{"c": 1}], "d": {}},
        {"a": 1, "b": [{"c": 1, "x": 2}], "d": {}},
        {"a": 1, "b": [], "d": {}},
    ):
        with pytest.raises(AssertionError):
            held(listed, wrong)
