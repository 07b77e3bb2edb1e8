"""``retailcrm db``: the tables of a store, its backups, and what each command answers."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result

from retailcrm.adapters.stores.sql.migrations import HEAD
from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
from retailcrm.cli.commands import retailcrm
from retailcrm.cli.db import db
from retailcrm.cli.exits import Exit

Run = Callable[..., Result]

URL: Final = "sqlite:///shop.db"
SHOP: Final = (
    "INSERT INTO retailcrm_shops (shop, currency, zone, created_at, followed, proof)"
    " VALUES (?, 'CNY', 'Asia/Shanghai', 1, '', 'x')"
)
SET_VERSION: Final = "UPDATE retailcrm_alembic_version SET version_num = ?"
GUARDED: Final = "postgresql://ann:geheim@nowhere.invalid/shop"


@pytest.fixture
def shop(run: Run) -> SqliteDatabase:
    """Create a store that one shop is kept in."""
    assert run("db", "init", "--db", URL).exit_code == 0
    database = SqliteDatabase("shop.db")
    database.executor.run(SHOP, ("main",))
    return database


def told(result: Result) -> dict[str, Any]:
    """Read the one document of a run; it says how the run ended."""
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["version"] == 1
    assert document["exit_code"] == result.exit_code
    return document


def shops(path: str) -> list[str]:
    """Name the shops of a store."""
    database = SqliteDatabase(path, create=False)
    found = [shop for (shop,) in database.executor.all("SELECT shop FROM retailcrm_shops ORDER BY shop")]
    database.close()
    return found


def test_the_group_lists_its_commands(run: Run) -> None:
    """Each command stands in the help with its short text."""
    said = run("db", "--help").stdout
    assert list(db.commands) == ["init", "upgrade", "status", "backup", "restore"]
    for name, command in db.commands.items():
        assert f"  {name:<7}  {command.short_help}\n" in said
    assert retailcrm.commands["db"] is db


@pytest.mark.parametrize("command", ["init", "upgrade", "status", "backup", "restore"])
def test_every_option_is_explained_on_80_columns(run: Run, command: str) -> None:
    """The help of each command explains each option, and no line is wider than a terminal."""
    said = run("db", command, "--help").stdout
    assert max(map(len, said.splitlines())) <= 80
    for parameter in db.commands[command].params:
        if parameter.param_type_name == "option":
            assert parameter.opts[0] in said
            assert getattr(parameter, "help", None)


def test_creating_says_so_once(run: Run) -> None:
    """The first run creates, the second one finds the tables there."""
    first = run("db", "init", "--db", URL)
    assert (first.exit_code, f"The tables are created (version {HEAD})." in first.stdout) == (0, True)
    assert "已建好数据表" in first.stdout
    again = told(run("db", "init", "--db", URL, "--json"))
    assert (again["command"], again["db"], again["revision"], again["created"]) == (
        "db_init",
        URL,
        HEAD,
        False,
    )


def test_the_database_may_stand_in_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who always works on one database names it once."""
    monkeypatch.setenv("RETAILCRM_DB", URL)
    assert run("db", "init").exit_code == 0
    assert run("db", "status").exit_code == 0


def test_the_language_may_be_chosen(run: Run) -> None:
    """Answers come in one language, or in both."""
    assert run("db", "init", "--db", URL, "--lang", "zh").stdout == f"  已建好数据表（版本 {HEAD}）。\n"
    assert run("db", "init", "--db", URL, "--lang", "en").stdout == (
        f"  The tables are there already (version {HEAD}).\n"
    )


@pytest.mark.usefixtures("shop")
def test_the_status_names_version_and_shops(run: Run) -> None:
    """What is there, and whether it can be used."""
    said = told(run("db", "status", "--db", URL, "--json"))
    assert (said["state"], said["revision"], said["needs"], said["kind"]) == ("current", HEAD, HEAD, "sqlite")
    assert said["shops"] == [{"shop": "main", "currency": "CNY", "zone": "Asia/Shanghai"}]
    assert "shop main: CNY, Asia/Shanghai" in run("db", "status", "--db", URL).stdout


@pytest.mark.parametrize(
    ("version", "state", "hint"),
    [("0000", "older", "retailcrm db upgrade"), ("0999", "newer", "the newer one")],
)
def test_other_versions_are_told(run: Run, shop: SqliteDatabase, version: str, state: str, hint: str) -> None:
    """The status of older and newer tables ends with 2 and says what to do; no command goes on with them."""
    shop.executor.run(SET_VERSION, (version,))
    found = run("db", "status", "--db", URL, "--json")
    assert (told(found)["state"], found.exit_code) == (state, Exit.USAGE)
    assert hint in run("db", "status", "--db", URL, "--lang", "en").stdout.replace("\n  ", " ")
    assert run("db", "init", "--db", URL).exit_code == Exit.USAGE
    if state == "newer":
        refused = run("db", "upgrade", "--db", URL)
        assert (refused.exit_code, "cannot go back" in refused.stderr) == (Exit.USAGE, True)


def test_an_empty_database_is_told(run: Run) -> None:
    """A database without tables is neither upgraded nor backed up; its status says how to begin."""
    SqliteDatabase("shop.db").close()
    assert told(run("db", "status", "--db", URL, "--json"))["state"] == "empty"
    for arguments in (("upgrade",), ("backup", "copy.db"), ("backup", "copy.zip")):
        refused = run("db", *arguments, "--db", URL)
        assert (refused.exit_code, "retailcrm db init" in refused.stderr) == (Exit.USAGE, True)
    assert not list(Path().glob("*copy*"))


@pytest.mark.usefixtures("shop")
def test_an_upgrade_of_what_is_new_does_nothing(run: Run) -> None:
    """Tables of this version stay as they are."""
    said = told(run("db", "upgrade", "--db", URL, "--json"))
    assert (said["was"], said["revision"]) == (HEAD, HEAD)
    assert f"of version {HEAD} already" in run("db", "upgrade", "--db", URL).stdout


@pytest.mark.parametrize("command", [("upgrade",), ("status",), ("backup", "copy.db")])
def test_a_file_that_is_missing_is_not_made(run: Run, command: tuple[str, ...]) -> None:
    """A mistyped name makes no new store."""
    refused = run("db", *command, "--db", "sqlite:///shpo.db")
    assert (refused.exit_code, "does not exist" in refused.stderr) == (Exit.USAGE, True)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("name", ["copy.db", "copy.zip"])
def test_a_backup_is_restored(run: Run, shop: SqliteDatabase, name: str) -> None:
    """What was backed up is there again, in a new file or in place of what came later."""
    done = told(run("db", "backup", name, "--db", URL, "--json"))
    assert (done["out"], done["portable"], done["revision"]) == (name, name.endswith(".zip"), HEAD)
    assert done["bytes"] == Path(name).stat().st_size
    assert zipfile.is_zipfile(name) == name.endswith(".zip")
    shop.executor.run(SHOP, ("later",))
    fresh = told(run("db", "restore", name, "--db", "sqlite:///fresh.db", "--json"))
    assert (fresh["revision"], fresh["feed_anew"]) == (HEAD, False)
    assert shops("fresh.db") == ["main"]
    refused = run("db", "restore", name, "--db", URL)
    assert (refused.exit_code, "--force" in refused.stderr) == (Exit.USAGE, True)
    assert shops("shop.db") == ["later", "main"]
    forced = run("db", "restore", name, "--db", URL, "--force")
    assert (forced.exit_code, f"Restored from {name}" in forced.stdout) == (0, True)
    assert "Readers of the event feed start anew" in forced.stdout
    assert shops("shop.db") == ["main"]


def test_an_older_copy_asks_for_an_upgrade(run: Run, shop: SqliteDatabase) -> None:
    """A copy of older tables is restored as it is, and the answer says what is next."""
    shop.executor.run(SET_VERSION, ("0000",))
    assert run("db", "backup", "copy.db", "--db", URL).exit_code == 0
    said = run("db", "restore", "copy.db", "--db", "sqlite:///fresh.db", "--lang", "en").stdout
    assert "Run 'retailcrm db upgrade'" in said


@pytest.mark.usefixtures("shop")
def test_a_name_that_is_taken_is_refused(run: Run) -> None:
    """No backup is written over a file."""
    Path("copy.db").write_text("precious")
    refused = run("db", "backup", "copy.db", "--db", URL)
    assert (refused.exit_code, "choose another name" in refused.stderr) == (Exit.USAGE, True)
    assert Path("copy.db").read_text() == "precious"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["copy.db", "copy.zip"])
def test_a_damaged_backup_is_refused(run: Run, name: str) -> None:
    """A backup that was cut short ends with 3, and the store stays."""
    assert run("db", "backup", name, "--db", URL).exit_code == 0
    Path(name).write_bytes(Path(name).read_bytes()[:-3000])
    refused = run("db", "restore", name, "--db", URL, "--force", "--json")
    assert (refused.exit_code, "damaged" in told(refused)["error"]["message"]) == (Exit.REFUSED, True)
    assert shops("shop.db") == ["main"]


@pytest.mark.usefixtures("shop")
def test_no_file_is_no_backup(run: Run) -> None:
    """A name without a file, and a file that is something else, end with 3."""
    Path("notes.txt").write_text("hello")
    for name in ("nothing.db", "notes.txt"):
        assert run("db", "restore", name, "--db", URL, "--force").exit_code == Exit.REFUSED


def test_postgresql_is_backed_up_by_its_own_tool_or_portably(run: Run) -> None:
    """The message has the whole command, without the password, and names the other way."""
    refused = run("db", "backup", "it's.dump", "--db", GUARDED)
    assert refused.exit_code == Exit.USAGE
    assert "pg_dump --format=custom" in refused.stderr
    assert "--dbname=postgresql://ann@nowhere.invalid/shop" in refused.stderr
    assert ".zip" in refused.stderr


@pytest.mark.parametrize(
    "command", [("init",), ("status",), ("upgrade",), ("backup", "a.zip"), ("backup", "a")]
)
def test_no_password_is_printed(run: Run, command: tuple[str, ...]) -> None:
    """Whatever goes wrong, the password of the URL is not in what is printed."""
    for options in ((), ("--json",)):
        result = run("db", *command, "--db", GUARDED, *options)
        assert result.exit_code == Exit.USAGE
        assert "geheim" not in result.output


@pytest.mark.parametrize(
    "url", ["shop.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "memory:", "mysql://a/b"]
)
def test_other_urls_are_refused(run: Run, url: str) -> None:
    """The message shows how URLs are written."""
    refused = run("db", "init", "--db", url)
    assert (refused.exit_code, "sqlite:///shop.db" in refused.stderr) == (Exit.USAGE, True)
    assert not list(Path().iterdir())


@pytest.mark.usefixtures("shop")
def test_a_shop_moves_to_postgresql_and_back(run: Run, postgres_url: str) -> None:
    """A portable backup goes from SQLite to PostgreSQL, and from there to SQLite."""
    assert run("db", "backup", "there.zip", "--db", URL).exit_code == 0
    assert run("db", "status", "--db", postgres_url).exit_code == Exit.USAGE
    assert run("db", "restore", "there.zip", "--db", postgres_url).exit_code == 0
    said = told(run("db", "status", "--db", postgres_url, "--json"))
    assert (said["kind"], [one["shop"] for one in said["shops"]]) == ("postgresql", ["main"])
    assert run("db", "backup", "back.zip", "--db", postgres_url).exit_code == 0
    assert run("db", "restore", "back.zip", "--db", "sqlite:///back.db").exit_code == 0
    assert shops("back.db") == ["main"]
    assert run("db", "restore", "back.db", "--db", postgres_url, "--force").exit_code == Exit.REFUSED
