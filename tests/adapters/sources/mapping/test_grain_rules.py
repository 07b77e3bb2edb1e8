"""What a mapping of each grain may say, and every mistake answered by its place."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retailcrm.adapters.sources.mapping.grains import FORMS, GRAINS
from retailcrm.adapters.sources.mapping.reading import mapping_from_table
from retailcrm.adapters.sources.mapping.words import PASSED, meanings
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import COLUMNS, KEYS, Grain

Table = dict[str, Any]

MEMBERS: Final[Table] = {
    "name": "members",
    "grain": "customer",
    "columns": {
        "buyer": "card", "name": "name", "gender": "sex", "birthday": "born", "phone": "phone",
        "email": "mail", "joined_at": "joined", "level": "level", "points": "points", "consent_sms": "sms",
        "tags": "tags", "address": "address", "city": "city",
    },
    "buyer": {"strength": "stable"},
}  # fmt: skip
PRODUCTS: Final[Table] = {
    "grain": "product",
    "columns": {
        "product": "code", "title": "title", "category": "path", "cost": "cost", "price": "price",
        "stock": "stock", "on_shelf": "on", "on_shelf_since": "since",
    },
}  # fmt: skip
REFUNDS: Final[Table] = {
    "grain": "refund",
    "columns": {
        "refund": "id", "number": "no", "amount": "amount", "asked_at": "asked", "settled_at": "settled",
        "reason": "why",
    },
}  # fmt: skip
REVIEWS: Final[Table] = {
    "grain": "review",
    "columns": {
        "number": "no",
        "buyer": "who",
        "product": "what",
        "score": "stars",
        "text": "text",
        "at": "at",
    },
    "buyer": {"strength": "weak"},
    "score": {"full_marks": 5},
}
EVENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "parcel": "parcel", "carrier": "by", "event": "event", "at": "at"},
}
SHIPMENTS: Final[Table] = {
    "grain": "parcel",
    "columns": {"number": "no", "shipped_at": "sent", "signed_at": "signed"},
}
ALL: Final = {
    Grain.CUSTOMERS: MEMBERS, Grain.PRODUCTS: PRODUCTS, Grain.REFUNDS: REFUNDS, Grain.REVIEWS: REVIEWS,
    Grain.PARCELS: EVENTS,
}  # fmt: skip


def test_every_grain_has_its_form() -> None:
    """Fields that batches know, beside those that make one of them; the key is asked for."""
    assert set(GRAINS.values()) == set(Grain)
    for grain, form in FORMS.items():
        made = {"quantity", "unit_price"} if grain in (Grain.ORDERS, Grain.LINES) else set()
        assert form.fields.keys() - made <= COLUMNS[grain].keys()
        assert COLUMNS[grain].keys() - form.fields.keys() <= {"credit"}
        assert KEYS[grain] in form.always or grain is Grain.REVIEWS
        assert form.always <= form.fields.keys()


def refusal(table: Table) -> str:
    """Give the message that a mapping is refused with."""
    with pytest.raises(SettingsError) as caught:
        mapping_from_table(table)
    return str(caught.value)


@pytest.mark.parametrize("grain", list(ALL))
def test_sections_that_mean_nothing_are_refused(grain: Grain) -> None:
    """Whatever only another grain can say."""
    table = ALL[grain]
    for section in sorted({s for form in FORMS.values() for s in form.sections} - FORMS[grain].sections):
        said = f"[{section}] means nothing at grain {table['grain']}"
        assert said in refusal({**table, section: {}})


@pytest.mark.parametrize("grain", list(ALL))
def test_fields_of_other_grains_are_refused(grain: Grain) -> None:
    """By their name; a misspelt one is answered with the nearest of this grain."""
    table = ALL[grain]
    for name in sorted({n for form in FORMS.values() for n in form.fields} - FORMS[grain].fields.keys()):
        message = refusal({**table, "columns": {**table["columns"], name: "x"}})
        assert f"{name} cannot be a column of grain {table['grain']}" in message


def without(table: Table, *names: str) -> Table:
    """Leave columns out."""
    return {**table, "columns": {n: c for n, c in table["columns"].items() if n not in names}}


def having(table: Table, **columns: Any) -> Table:
    """Add or change columns."""
    return {**table, "columns": {**table["columns"], **columns}}


MISTAKES: Final[list[tuple[Table, str]]] = [
    (having(MEMBERS, birthdate="x"), "[columns]: unknown setting 'birthdate'; did you mean 'birthday'?"),
    (without(MEMBERS, "buyer"), "a column for buyer is needed"),
    (having(MEMBERS, buyer={"column": "x", "optional": True}), "needed that is not optional (buyer)"),
    ({**MEMBERS, "genders": {"femal": "x"}}, "[genders]: 'femal' is not one of female, male, other, unknown"),
    ({**MEMBERS, "genders": {"femal": "x"}}, "did you mean 'female'?"),
    ({**MEMBERS, "genders": {"female": "x", "male": "X"}}, "[genders]: 'X' has two meanings"),
    ({**MEMBERS, "genders": "x"}, "[genders]: a table was expected"),
    ({**MEMBERS, "answers": {"yes": 1}}, "[answers] yes: must be a text or a list of texts, not 1"),
    ({**without(MEMBERS, "gender"), "genders": {}}, "[genders] is about a column for gender"),
    ({**without(MEMBERS, "consent_sms"), "answers": {}}, "[answers] is about a column for a yes or no"),
    ({k: v for k, v in MEMBERS.items() if k != "buyer"}, "say in [buyer] what the buyer column holds"),
    (having(MEMBERS, gender={"column": "x", "separator": ","}), "separator means nothing for gender"),
    (having(MEMBERS, level={"levels": ["x"]}), "levels means nothing for level"),
    (having(MEMBERS, birthday={"column": "x", "format": "%Y%m%d"}), "format means nothing for birthday"),
    (without(PRODUCTS, "product"), "a column for product is needed"),
    (having(PRODUCTS, category={"levels": []}), "levels: must be a text or a list of texts"),
    (having(PRODUCTS, category={"levels": ["a"], "column": "b"}), "category: say which column it is"),
    (having(PRODUCTS, category={"levels": ["a"], "separator": ">"}), "separator means nothing where levels"),
    (without(REFUNDS, "refund"), "give either a column for refund (its number) or key.synthetic = true"),
    ({**REFUNDS, "key": {"synthetic": True}}, "give either a column for refund"),
    (without(REFUNDS, "amount"), "a column for amount is needed"),
    (having(REFUNDS, refund={"column": "x", "optional": True}), "refund cannot be optional"),
    (without(REVIEWS, "score", "text"), "[score] is about a column for score"),
    ({**REVIEWS, "score": {"full_marks": 0}}, "full_marks must be at least 1"),
    ({**REVIEWS, "score": {"full_marks": "5"}}, "[score]: full_marks must be a whole number, not '5'"),
    ({**REVIEWS, "score": {"full": 5}}, "[score]: unknown setting 'full'; did you mean 'full_marks'?"),
    ({**REVIEWS, "scores": {"好": 101}}, "[scores]: '好' must be percent of full marks, 0 to 100, not 101"),
    ({**REVIEWS, "scores": ["好"]}, "[scores]: a table was expected"),
    ({"grain": "review", "columns": {"at": "at"}}, "a column for score or text is needed"),
    (without(EVENTS, "number"), "a column for number is needed"),
    (without(EVENTS, "at"), "event and at go together"),
    (without(EVENTS, "event"), "a column for arrived_at or attempt_failed_at or event or"),
    (having(EVENTS, signed_at="x"), "give either columns for event and at, or one for each time"),
    (having(SHIPMENTS, at="x"), "event and at go together"),
    ({**SHIPMENTS, "events": {"other": "x"}}, "[events] is about a column for event"),
    ({**EVENTS, "keep": {"column": "x"}}, "[keep] values: must be a text or a list of texts"),
    ({**EVENTS, "keep": {"values": "x"}}, "[keep] column: must be a text or a list of texts"),
    ({**EVENTS, "keep": {"colum": "x"}}, "[keep]: unknown setting 'colum'; did you mean 'column'?"),
    ({**MEMBERS, "currency": "yuan"}, "currency: a currency is an ISO 4217 code"),
    (having(MEMBERS, joined_at={"column": "x", "format": "unix", "zone": "UTC"}), "count from 1970 in UTC"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "said"), MISTAKES)
def test_a_mistake_is_answered_with_its_place(table: Table, said: str) -> None:
    """Unknown, lacking, contradictory and useless settings of every grain."""
    assert said in refusal(table)


def test_a_table_of_words_goes_before_what_is_built_in() -> None:
    """And a word that is left out keeps its built-in texts."""
    words = {"yes": 1, "no": 0}
    assert meanings({"yes": ["否"]}, words, {"是": 1, "否": 0}, "x") == {"是": 1, "否": 1}


def test_no_event_means_what_leaves_a_row_out() -> None:
    """The mark of such rows is no event, and no sign of a missing one."""
    assert PASSED not in {*ParcelEvent, -1}


CELLS: Final = [
    "",
    "-",
    "1",
    "x",
    "男",
    "1990-05-01",
    "2023-02-29",
    "1.5",
    "已签收",
    "运输中",
    "1.93E+15",
    "是",
    "a@b.cn",
]
TABLES: Final = [MEMBERS, PRODUCTS, REFUNDS, REVIEWS, EVENTS, SHIPMENTS]


@pytest.mark.parametrize("table", TABLES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_record_is_accounted_for(
    tmp_path_factory: Any, take_file: Any, table: Table, data: Any
) -> None:
    """Whatever stands in the cells of whatever grain: accepted, rejected, blank or left out."""
    columns = list(table["columns"].values())
    row = st.lists(st.sampled_from(CELLS), min_size=len(columns), max_size=len(columns))
    rows = data.draw(st.lists(row, max_size=12))
    path = tmp_path_factory.mktemp("grain") / "a.csv"
    path.write_text("".join(",".join(cells) + "\n" for cells in [columns, *rows]), "utf-8")
    (found,) = take_file(path, table)
    passed = sum(batch.passed for batch in found.batches)
    assert found.accounts_for(len(rows) - passed)
    key = KEYS[found.grain] if found.batches else ""
    texts = [row[key] for row in found.rows if key not in ("", "at")]
    assert None not in texts
    kept = {i for i, cells in enumerate(rows, 1) if not set(cells) <= {"", "-"}}
    assert found.blank == len(rows) - len(kept)
