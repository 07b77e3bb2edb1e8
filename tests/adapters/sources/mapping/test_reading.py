"""Mappings: read from TOML or tables, and every mistake answered by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.adapters.sources.mapping.reading import TableMapping, load_mapping, mapping_from_table, nearest
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import BuyerKey, Grain

if TYPE_CHECKING:
    from pathlib import Path

Table = dict[str, Any]

ORDER: Final[Table] = {
    "name": "shop",
    "columns": {"number": "no", "buyer": "who", "placed_at": "when", "paid": "paid", "state": "state"},
    "buyer": {"strength": "stable"},
    "states": {"completed": ["done", "ok"], "closed": "cancelled"},
}
LINE: Final[Table] = {
    "grain": "line",
    "columns": {"number": "no", "placed_at": "when", "quantity": "pcs", "unit_price": "price"},
    "constants": {"state": "paid"},
}


def changed(table: Table, path: str, value: Any = ...) -> Table:
    """Set or (without a value) remove one setting, named with dots."""
    section, _, key = path.rpartition(".")
    inner = dict(table.get(section, {})) if section else dict(table)
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return {**table, section: inner} if section else inner


def refusal(table: Any) -> str:
    """Give the message that a mapping is refused with."""
    with pytest.raises(SettingsError) as caught:
        mapping_from_table(table)
    return str(caught.value)


def test_a_mapping_says_what_its_table_says() -> None:
    """Every section ends in its place."""
    table = {
        **LINE,
        "name": "till",
        "platform": "pos",
        "zone": "Europe/Paris",
        "currency": "EUR",
        "file": {"encoding": "cp1252", "delimiter": ";"},
        "columns": {
            **LINE["columns"],
            "placed_at": {"column": ["when", "date"], "format": "%d/%m/%Y", "zone": "Europe/London"},
            "buyer": {"column": "card", "decimal_id": True, "optional": True},
        },
        "buyer": {"kind": "phone", "strength": "weak"},
        "cancel": {"number_prefix": "C", "negative_quantity": True},
    }
    mapping = mapping_from_table(table)
    assert (mapping.name, mapping.platform, mapping.grain) == ("till", "pos", Grain.LINES)
    assert (mapping.zone, mapping.currency, mapping.state) == ("Europe/Paris", "EUR", OrderState.PAID)
    assert mapping.form == TextForm(encoding="cp1252", delimiter=";")
    assert mapping.buyer == BuyerKey(platform="pos", kind="phone", strength=1)
    assert (mapping.cancel.number_prefix, mapping.cancel.negative_quantity) == ("C", True)
    assert mapping.optional == {"buyer"}
    when, card, number = (mapping.fields[name] for name in ("placed_at", "buyer", "number"))
    assert (when.names, when.pattern, when.zone) == (("when", "date"), "%d/%m/%Y", "Europe/London")
    assert (card.decimal_id, card.kind, card.required) == (True, Kind.TEXT, False)
    assert (number.coded, number.required, mapping.fields["quantity"].zone) == (True, True, "Europe/Paris")


def test_what_is_not_said_is_the_shops_or_the_usual() -> None:
    """Orders, the shop's zone and currency, a buyer's id, the name as platform."""
    mapping = mapping_from_table(ORDER)
    assert (mapping.grain, mapping.zone, mapping.currency, mapping.platform) == (
        Grain.ORDERS,
        None,
        None,
        "shop",
    )
    assert mapping.buyer == BuyerKey(platform="shop", kind="id", strength=2)
    assert mapping.fields["buyer"].kind is Kind.NAME
    assert mapping.fields["state"].states == {"done": 5, "ok": 5, "cancelled": 6}
    nameless = changed(ORDER, "name")
    assert (mapping_from_table(nameless).name, mapping_from_table(nameless, name="file").name) == (
        "mapping",
        "file",
    )


def test_states_are_found_whatever_their_width(take: Any) -> None:
    """Texts of states are compared as column names are; those of [cancel] mean closed."""
    table = changed(changed(ORDER, "states", {"paid": "已付款，待发货"}), "cancel", {"states": ["已取消"]})
    data = 'no,who,when,paid,state\n1,a,2024-01-01,1,"已付款,待发货"\n2,b,2024-01-01,1,已取消 \n'
    assert take(data.encode(), table).column("state") == [OrderState.PAID, OrderState.CLOSED]
    assert header_name("已付款，待发货") in mapping_from_table(table).fields["state"].states


# Mistakes


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("zoen", "UTC", "unknown setting 'zoen'; did you mean 'zone'?"),
        ("columns.placed", "x", "[columns]: unknown setting 'placed'; did you mean 'placed_at'?"),
        ("columns.paid", {"colum": "x"}, "[columns] paid: unknown setting 'colum'; did you mean 'column'?"),
        ("columns.paid", {"optional": True}, "[columns] paid: say which column it is"),
        ("columns.paid", 5, "[columns] paid column: must be a text or a list of texts, not 5"),
        ("columns.paid", [], "[columns] paid column: must be a text or a list of texts"),
        ("columns.paid", ["a", 5], "[columns] paid column: must be a text or a list of texts"),
        ("columns.paid", {"column": "x", "format": "%Y"}, "[columns] paid: format means nothing for paid"),
        ("columns.paid", {"column": "x", "decimal_id": True}, "decimal_id means nothing for paid"),
        ("columns.paid", {"column": "x", "zone": "UTC"}, "zone means nothing for paid"),
        ("columns.placed_at", {"column": "x", "format": "%H:%M"}, "does not tell year, month and day"),
        ("columns.placed_at", {"column": "x", "format": "%Q"}, "[columns] placed_at: format '%Q'"),
        (
            "columns.placed_at",
            {"column": "x", "zone": "Mars"},
            "[columns] placed_at: no such time zone: 'Mars'",
        ),
        ("columns.buyer", {"column": "x", "optional": "yes"}, "optional must be true or false, not 'yes'"),
        ("columns", "no", "[columns]: a table was expected, not 'no'"),
        ("grain", "lines", "grain: 'lines' is not one of order, line, customer, "),
        ("grain", ["line"], "grain: ['line'] is not one of order, line, "),
        ("zone", "Asia/Shanhai", "no such time zone: 'Asia/Shanhai'"),
        ("zone", 8, "zone must be text, not 8"),
        ("zone", "../etc", "no such time zone"),
        ("currency", "yuan", "currency: a currency is an ISO 4217 code such as CNY, not 'yuan'"),
        ("currency", 5, "currency must be text"),
        ("name", 5, "name must be text"),
        ("platform", "", "platform must be text"),
        ("file", {"encoding": "klingon"}, "[file]: there is no encoding 'klingon'"),
        ("file", {"delimiter": ",,"}, "[file]: a delimiter is one character"),
        ("file", {"delimiter": 5}, "[file]: delimiter must be text"),
        ("file", {"header": "no"}, "[file]: header must be true or false"),
        ("file", {"header": False}, "[file]: name the columns exactly if header = false"),
        ("file", {"header": True, "columns": ["a"]}, "[file]: name the columns exactly if header = false"),
        ("file", {"columns": "ab"}, "[columns] number: no column 'no' in [file] columns"),
        (
            "file",
            {"columns": ["no", "who", "whne", "paid", "state"]},
            "'when' in [file] columns; did you mean 'whne'?",
        ),
        ("file", {"columns": ["no", "no"]}, "[file] columns: no two columns can have one name"),
        ("buyer", {"strength": "strong"}, "[buyer] strength: 'strong' is not one of stable, weak, none"),
        (
            "buyer",
            {"kind": "id"},
            '[buyer]: strength is missing; write "stable" if one key is always one person',
        ),
        ("buyer", {"strength": "weak", "king": "x"}, "[buyer]: unknown setting 'king'; did you mean 'kind'?"),
        ("buyer", {"strength": "weak", "kind": 5}, "[buyer]: kind must be text"),
        ("states", {"complete": "done"}, "[states]: 'complete' is not one of placed, "),
        ("states", {"complete": "done"}, "did you mean 'completed'?"),
        ("states", {"paid": "done", "closed": "Done"}, "[states]: 'Done' has two meanings"),
        ("states", "done", "[states]: a table was expected"),
        ("states", {}, "say in [states] what the texts of the state column mean"),
        ("constants", {"state": "paid"}, "give either a column for state or constants.state"),
        ("constants", {"staet": "paid"}, "[constants]: unknown setting 'staet'; did you mean 'state'?"),
        ("cancel", {"negative_quantity": True}, "cancel.negative_quantity needs grain line"),
        ("cancel", {"states": [5]}, "[cancel] states: must be a text or a list of texts"),
        ("key", {"synthetic": True}, "give either a column for number or key.synthetic = true"),
        ("key", {"synthetic": 1}, "[key]: synthetic must be true or false"),
        (
            "money",
            {"paid_is": "gros"},
            "[money] paid_is: 'gros' is not one of gross, net; did you mean 'gross'?",
        ),
        ("money", {"paid_is": "gross"}, "say [money] paid_is = 'gross' or 'net'"),
        ("columns.refunded", "back", "say [money] paid_is = 'gross' or 'net'"),
        ("columns.amount", "x", "amount cannot be a column of grain order"),
        ("columns.quantity", "x", "quantity is read with unit_price, or at grain line"),
        ("columns.unit_price", "x", "unit_price goes with quantity, and not beside paid"),
        ("columns.number", {"column": "no", "optional": True}, "number cannot be optional"),
        ("columns.state", {"column": "s", "optional": True}, "state cannot be optional"),
        ("columns.paid", {"column": "x", "optional": True}, "is needed that is not optional (paid)"),
        (
            "columns.placed_at",
            {"column": "x", "optional": True},
            "is needed that is not optional (placed_at)",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_the_nearest_word(path: str, value: Any, said: str) -> None:
    """Unknown, misspelt, contradictory and useless settings are refused when the mapping is made."""
    message = refusal(changed(ORDER, path, value))
    assert said in message
    assert message.startswith("mapping ")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("columns.number", "give either a column for number or key.synthetic = true"),
        ("columns.placed_at", "a column for placed_at or paid_at is needed"),
        ("columns.paid", "a column for paid, total or amount, or quantity and unit_price, is needed"),
        ("columns.buyer", "[buyer] is about a column for buyer, and there is none"),
        ("columns.state", "[states] is about a column for state, and there is none"),
        ("buyer", "say in [buyer] what the buyer column holds (kind, strength)"),
        ("states", "say in [states] what the texts of the state column mean"),
    ],
)
def test_what_is_lacking_is_named(path: str, said: str) -> None:
    """Without a number, a time, money, or the meaning of a column there is no order."""
    assert said in refusal(changed(ORDER, path))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("columns.total", "x", "total cannot be a column of grain line"),
        ("columns.quantity", ..., "a column for amount, or quantity and unit_price, is needed"),
        ("columns.amount", "x", "unit_price goes with quantity, and not beside"),
        ("cancel", {"number_prefix": ""}, "number_prefix must be text"),
        ("cancel", {"states": ["x"]}, "cancel.states needs a column for state"),
        ("constants", {"state": "unknown"}, "'unknown' is not one of placed, paid"),
        ("constants", {"state": "complete"}, "did you mean 'completed'?"),
    ],
)
def test_a_mistake_in_a_mapping_of_lines(path: str, value: Any, said: str) -> None:
    """The same for files of order lines."""
    assert said in refusal(changed(LINE, path, value))


@pytest.mark.parametrize("thing", ["columns", 5, None, ["columns"]])
def test_what_is_no_table_is_no_mapping(thing: Any) -> None:
    """A value of another kind is named."""
    assert "a table was expected" in refusal(thing)


def test_a_mapping_made_as_an_object_is_checked_too() -> None:
    """The same rules hold for TableMapping itself."""
    number, when = (
        Field(names=(name,), kind=kind) for name, kind in (("no", Kind.KEY), ("when", Kind.INSTANT))
    )
    fields = {"number": number, "placed_at": when, "paid": Field(names=("paid",), kind=Kind.AMOUNT)}
    given: Table = {"name": "x", "platform": "x", "grain": Grain.ORDERS, "fields": fields}
    assert TableMapping(**given, state=OrderState.PAID).fields == fields
    with pytest.raises(SettingsError, match=r"mapping x: give either a column for state or constants\.state"):
        TableMapping(**given)
    with pytest.raises(SettingsError, match="city cannot be optional without a column"):
        TableMapping(**given, state=OrderState.PAID, optional=frozenset({"city"}))


# Files


def test_a_file_is_read_with_or_without_a_mark_at_its_start(tmp_path: Path) -> None:
    """Notepad writes a byte-order mark; the name is the file's where the mapping has none."""
    toml = 'columns = {number = "no", placed_at = "t", paid = "p"}\nconstants = {state = "paid"}\n'
    for encoding in ("utf-8", "utf-8-sig"):
        path = tmp_path / "my shop.toml"
        path.write_text(toml, encoding)
        assert load_mapping(path).name == "my shop"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, a folder, not TOML, not text: the path and the reason."""
    bad, folder, binary = (tmp_path / name for name in ("bad.toml", "folder", "binary.toml"))
    bad.write_text("grain = \n")
    folder.mkdir()
    binary.write_bytes(b"\xff\xfe\xff")
    for path, said in (
        (tmp_path / "none.toml", "No such file"),
        (folder, "directory"),
        (bad, "not TOML"),
        (binary, "not TOML"),
    ):
        with pytest.raises(SettingsError, match=said) as caught:
            load_mapping(path)
        assert str(path) in str(caught.value)


def test_the_mappings_that_ship_are_valid(repo_root: Path) -> None:
    """Each file in examples/mappings loads, under a name of its own."""
    paths = sorted((repo_root / "examples" / "mappings").glob("*.toml"))
    assert [load_mapping(path).name for path in paths] == [path.stem.replace("_", "-") for path in paths]
    assert len(paths) == 10


@pytest.mark.parametrize(
    ("word", "choices", "want"),
    [
        ("OrderID", ["order_id", "total"], "; did you mean 'order_id'?"),
        ("買家", ["买家", "賣家"], "; did you mean '賣家'?"),
        ("实付金额", ["实付", "应付"], "; did you mean '实付'?"),
        ("xyz", ["order", "total"], ""),
        ("", [], ""),
    ],
)
def test_the_nearest_word_is_suggested(word: str, choices: list[str], want: str) -> None:
    """Marks and capitals do not matter; what is too far away is not suggested."""
    assert nearest(word, choices) == want
