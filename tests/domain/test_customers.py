"""Customers: what is known, from where, and what may be printed of it."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.customers import (
    GENDER_LABELS,
    Address,
    Birthday,
    Customer,
    CustomerFile,
    Email,
    FieldValue,
    Gender,
    Name,
    Phone,
)
from retailcrm.domain.identity import CustomerId
from retailcrm.errors import InputError

C1 = CustomerId("c1")
DAYS = [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=i) for i in range(6)]

SECRETS = {
    "name": "欧阳小明",
    "phone": "13800134821",
    "email": "xiaoming@example.com",
    "address": "浙江省 杭州市 西湖区 文三路1号(310000)",
}


def told(*observations: tuple[dict[str, Any], str, datetime]) -> CustomerFile:
    """Make a file of observations given as (fields, source, moment)."""
    file = CustomerFile(C1)
    for fields, source, at in observations:
        file = file.with_observation(Customer(id=C1, **fields), source=source, observed_at=at)
    return file


class TestPrinting:
    """Personal texts never reach a log in clear."""

    def test_a_printed_customer_shows_no_personal_text(self) -> None:
        """Neither repr nor str nor an f-string of a customer or her file does."""
        file = told((SECRETS, "erp", DAYS[0]))
        customer = file.profile()
        for shown in (
            repr(customer),
            str(customer),
            f"{customer}",
            repr(file),
            f"{file.in_force('phone')!r}",
        ):
            assert not [secret for secret in SECRETS.values() if secret in shown]

    def test_nor_does_a_traceback(self) -> None:
        """An error that quotes the values quotes masks."""
        customer = told((SECRETS, "erp", DAYS[0])).profile()
        error = ValueError(customer, customer.phone, [customer.email], {"name": customer.name})
        shown = "".join(traceback.format_exception(error))
        assert "ValueError" in shown
        assert not [secret for secret in SECRETS.values() if secret in shown]

    def test_masks_name_the_kind_of_text(self) -> None:
        """A phone keeps its last four digits, as people read numbers back; the rest keeps nothing."""
        shown = [
            repr(v) for v in (Phone("138 0013 4821"), Name("张三"), Email("a@b.c"), Address("文三路1号"))
        ]
        assert shown == ["Phone(***4821)", "Name(***)", "Email(***)", "Address(***)"]

    @pytest.mark.parametrize(
        "text", ["1234567", "18400000000-1234", "138****4821", "call me at home 13800134821"]
    )
    def test_a_phone_that_is_short_or_no_number_shows_nothing(self, text: str) -> None:
        """Four digits of seven would be half of it, and a note is not a number."""
        assert repr(Phone(text)) == "Phone(***)"

    def test_the_text_is_there_for_those_who_ask(self) -> None:
        """In its normal form."""
        assert Phone("+86 138-0013-4821").text == "13800134821"
        assert Email(" Ann@Example.com").text == "ann@example.com"


class TestBirthday:
    """Days with or without a year, in two calendars."""

    @pytest.mark.parametrize(
        ("birthday", "text"),
        [
            (Birthday(5, 1, 1990), "1990-05-01"),
            (Birthday(2, 29), "--02-29"),
            (Birthday(2, 29, 1996), "1996-02-29"),
            (Birthday(2, 30, lunar=True), "lunar --02-30"),
        ],
    )
    def test_takes_days_that_exist(self, birthday: Birthday, text: str) -> None:
        """29 February without a year; 30 days in a lunar month."""
        assert str(birthday) == text

    @pytest.mark.parametrize(
        ("parts", "lunar"),
        [
            ((2, 30), False),
            ((2, 29, 1997), False),
            ((13, 1), False),
            ((0, 1), True),
            ((1, 31), True),
            ((1, 0), True),
            ((1, 1, 0), False),
        ],
    )
    def test_refuses_days_that_do_not(self, parts: Any, lunar: bool) -> None:
        """No such day in that calendar, or that year."""
        with pytest.raises(InputError, match="no such birthday"):
            Birthday(*parts, lunar=lunar)


class TestFile:
    """Each value with its source; the newest in force."""

    def test_the_newest_value_is_in_force_and_the_others_stay(self) -> None:
        """With source and moment of each."""
        file = told(({"level": "银卡"}, "2023.csv", DAYS[0]), ({"level": "金卡"}, "2024.csv", DAYS[2]))
        assert file.profile().level == "金卡"
        assert file.in_force("level") == FieldValue(value="金卡", source="2024.csv", observed_at=DAYS[2])
        assert [v.value for v in file.history["level"]] == ["金卡", "银卡"]

    @pytest.mark.parametrize("empty", [None, "", "  ", "-", "null", "NULL"])
    def test_an_empty_value_erases_nothing(self, empty: str | None) -> None:
        """A missing column and a blank cell tell nothing, and are not kept."""
        fields = dict.fromkeys(("name", "phone", "email", "address", "source", "level"), empty)
        file = told((SECRETS | {"level": "金卡", "tags": ["老客"]}, "a", DAYS[0]), (fields, "b", DAYS[1]))
        profile = file.profile()
        assert (profile.level, set(profile.tags), profile.name) == ("金卡", {"老客"}, Name(SECRETS["name"]))
        assert {len(history) for history in file.history.values()} == {1}

    def test_at_equal_moments_the_first_source_by_name_is_in_force(self) -> None:
        """A tie is broken the same way in every run."""
        both = [({"level": "x"}, "b.csv", DAYS[0]), ({"level": "y"}, "a.csv", DAYS[0])]
        assert told(*both).profile().level == told(*both[::-1]).profile().level == "y"

    def test_the_masks_of_later_exports_hide_nothing(self) -> None:
        """Since 2021 exports mask: what was known in clear stays in force, the mask is history."""
        masked = {
            "name": "欧**明",
            "phone": "138****4821",
            "email": "x***@example.com",
            "address": "西湖区****",
        }
        file = told((SECRETS, "2019.csv", DAYS[0]), (masked, "2022.csv", DAYS[3]))
        profile = file.profile()
        assert (profile.phone, profile.name) == (Phone(SECRETS["phone"]), Name(SECRETS["name"]))
        assert (profile.email, profile.address) == (Email(SECRETS["email"]), Address(SECRETS["address"]))
        assert len(file.history["phone"]) == 2
        assert told((masked, "2022.csv", DAYS[3])).profile().name == Name("欧**明")

    def test_a_virtual_number_does_not_replace_a_real_one(self) -> None:
        """It is the platform's, for one parcel."""
        file = told(({"phone": "13800134821"}, "a", DAYS[0]), ({"phone": "18400000000-1234"}, "b", DAYS[1]))
        assert file.profile().phone == Phone("13800134821")

    def test_first_seen_is_the_earliest(self) -> None:
        """A newer file that met her later does not make her newer."""
        file = told(({"first_seen": DAYS[1]}, "a", DAYS[2]), ({"first_seen": DAYS[3]}, "b", DAYS[4]))
        assert file.profile().first_seen == DAYS[1]

    def test_two_files_read_as_one(self) -> None:
        """Joining gives what one file with all observations would have; the parts stay as they were."""
        a, b = ({"level": "银卡", "gender": Gender.FEMALE}, "a", DAYS[0]), ({"level": "金卡"}, "b", DAYS[1])
        assert told(a).joined(told(b)) == told(a, b) == told(b).joined(told(a))

    def test_a_file_takes_only_its_own_customer(self) -> None:
        """Nor a moment without a zone, nor fields that customers do not have."""
        with pytest.raises(InputError, match="file of c1, not of c2"):
            CustomerFile(C1).with_observation(Customer(id=CustomerId("c2")), source="a", observed_at=DAYS[0])
        with pytest.raises(InputError, match="zone"):
            told(({"level": "x"}, "a", datetime(2024, 3, 1)))  # noqa: DTZ001 - naive on purpose
        with pytest.raises(InputError, match="no field shoe_size"):
            CustomerFile(C1, {"shoe_size": ()})

    @given(st.data())
    def test_neither_order_nor_repeats_matter(self, data: st.DataObject) -> None:
        """Any delivery of the same observations gives the same file, and the value by the stated rule."""
        drawn = data.draw(
            st.lists(
                st.tuples(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "level": st.sampled_from(["a", "b", "", None]),
                            "phone": st.sampled_from(["13800134821", "13900134821", "138****4821", "-"]),
                            "tags": st.sampled_from([("x",), ("y", "z"), ()]),
                            "gender": st.sampled_from(Gender),
                            "birthday": st.sampled_from([Birthday(1, 1), Birthday(1, 1, lunar=True)]),
                        },
                    ),
                    st.sampled_from(["p.csv", "q.csv"]),
                    st.sampled_from(DAYS),
                ),
                max_size=8,
            )
        )
        again = data.draw(st.permutations(drawn + drawn[: len(drawn) // 2]))
        assert told(*again) == told(*drawn)
        levels = sorted((-at.timestamp(), source, f["level"]) for f, source, at in drawn if f.get("level"))
        assert told(*drawn).profile().level == (levels[0][2] if levels else None)

    def test_genders_have_words_in_both_languages(self) -> None:
        """Nobody is shown a code."""
        assert set(GENDER_LABELS) == set(Gender)
