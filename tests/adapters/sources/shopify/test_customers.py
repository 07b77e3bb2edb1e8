"""The customers export: today's form, the older one, and who cannot be joined to any order."""

from __future__ import annotations

from typing import Any, Final

import pytest

from retailcrm.domain.problems import Severity

TODAY: Final = (
    *("Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing"),
    *(f"Default Address {part}" for part in ("Company", "Address1", "Address2", "City")),
    *(f"Default Address {part}" for part in ("Province Code", "Country Code", "Zip", "Phone")),
    *("Phone", "Accepts SMS Marketing", "Total Spent", "Total Orders", "Note", "Tax Exempt", "Tags"),
)
OLDER: Final = (
    *("First Name", "Last Name", "Email", "Accepts Email Marketing", "Company", "Address1", "Address2"),
    *("City", "Province", "Province Code", "Country", "Country Code", "Zip", "Phone"),
    *("Accepts SMS Marketing", "Total Spent", "Total Orders", "Tags", "Note", "Tax Exempt"),
)


def somebody(**changes: str) -> dict[str, str]:
    """Give one customer in today's form; columns by words joined with ``_``."""
    row = {
        "Customer ID": "'6940112000000",
        "First Name": "Ann",
        "Last Name": "Lee",
        "Email": "Ann@Example.com",
        "Accepts Email Marketing": "yes",
        "Default Address Address1": "1 High St",
        "Default Address Address2": "Flat 2",
        "Default Address City": "Reno",
        "Default Address Province Code": "NV",
        "Default Address Country Code": "US",
        "Default Address Zip": "'89801",
        "Phone": "'+1 775-555-0123",
        "Accepts SMS Marketing": "no",
        "Total Spent": "12.00",
        "Total Orders": "1",
        "Tax Exempt": "no",
        "Tags": "vip, newsletter,vip",
    }
    return row | {word.replace("_", " "): text for word, text in changes.items()}


def test_a_customer_of_todays_form(read: Any, forms: Any) -> None:
    """Name, contacts, address, consent and tags, each in its normal form."""
    found = read(forms.sheet([somebody()], TODAY))
    (person,) = found.people
    assert person == {
        "buyer": "Ann@Example.com",
        "name": "Ann Lee",
        "phone": "+17755550123",
        "email": "ann@example.com",
        "address": "1 High St, Flat 2, Reno, NV, 89801, US",
        "province": "NV",
        "city": "Reno",
        "tags": "vip,newsletter",
        "consent_email": 1,
        "consent_sms": 0,
        "record": 1,
    }
    assert found.reason.startswith("customers export")
    assert not found.problems


def test_further_columns_change_nothing(read: Any, forms: Any) -> None:
    """What a shop has added behind the twenty is passed over."""
    columns = (*TODAY, "Accepts WhatsApp Marketing", "Shoe size (customer.metafields.custom.shoe)")
    assert read(forms.sheet([somebody()], columns)).people == read(forms.sheet([somebody()], TODAY)).people


def test_the_older_form_has_plain_names_of_columns(read: Any, forms: Any) -> None:
    """Address and province stand under their plain names."""
    row = somebody(Address1="1 High St", City="Reno", Province="Nevada", Country="United States")
    (person,) = read(forms.sheet([row], OLDER)).people
    assert (person["address"], person["province"]) == ("1 High St, Reno, Nevada, United States", "Nevada")


def test_the_oldest_consent_is_about_no_channel(read: Any, forms: Any) -> None:
    """``Accepts Marketing`` alone is consent as such."""
    columns = [name.replace("Accepts Email Marketing", "Accepts Marketing") for name in OLDER]
    (person,) = read(forms.sheet([somebody(Accepts_Marketing="yes")], columns)).people
    assert person["consent"] == 1
    assert "consent_email" not in person


@pytest.mark.parametrize(("text", "answer"), [("yes", 1), ("No", 0), ("TRUE", 1), ("", -1), ("perhaps", -1)])
def test_consent_is_yes_no_or_not_told(read: Any, forms: Any, text: str, answer: int) -> None:
    """What is neither is left out, with a warning."""
    found = read(forms.sheet([somebody(Accepts_Email_Marketing=text)], TODAY))
    assert found.people[0]["consent_email"] == answer
    assert found.warnings == ({1: {"answer"}} if text == "perhaps" else {})


def test_a_phone_stands_in_for_the_address(read: Any, forms: Any) -> None:
    """It is what the orders of such a customer have too."""
    (person,) = read(forms.sheet([somebody(Email="")], TODAY)).people
    assert person["buyer"] == "+1 775-555-0123"
    assert person["email"] is None


def test_who_has_no_contact_is_refused(read: Any, forms: Any) -> None:
    """Orders have no customer number: nothing joins such a person to any."""
    rows = [somebody(Email="", Phone=""), somebody()]
    found = read(forms.sheet(rows, TODAY))
    assert found.rejected == {1: {"no-contact"}}
    assert len(found.people) == 1
    assert found.accounts_for(2)
    only_number = {"Customer ID": "'6940112000001"}
    assert read(forms.sheet([somebody(), only_number], TODAY)).rejected == {2: {"no-contact"}}


def test_a_name_may_have_one_part_and_an_address_none(read: Any, forms: Any) -> None:
    """A city alone is no address."""
    row = somebody(First_Name="", Default_Address_Address1="", Default_Address_Address2="")
    (person,) = read(forms.sheet([row], TODAY)).people
    assert person["name"] == "Lee"
    assert person["address"] is None
    assert person["city"] == "Reno"


def test_a_phone_that_is_none_is_kept_with_a_warning_that_hides_it(read: Any, forms: Any) -> None:
    """And its text stands in no problem."""
    found = read(forms.sheet([somebody(Phone="12")], TODAY))
    assert found.people[0]["phone"] == "12"
    (problem,) = found.problems
    assert (problem.code, problem.severity, problem.value) == ("phone", Severity.WARNING, None)
