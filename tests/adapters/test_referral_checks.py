"""The built-in referral checks: what two customers share, rings, and nothing that tells whose it is."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.referral_checks import SAME, Ring
from retailcrm.domain.labels import Label
from retailcrm.domain.points.referrals import Flag
from retailcrm.errors import SettingsError
from retailcrm.plugins import plugin_manager, referral_checks
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.ports.referral_checks import Contact, ReferralFacts, flags_of

NOW: Final = datetime(2024, 5, 1, tzinfo=UTC)
CHECKS: Final = (*SAME, Ring())
ONE, OTHER = "0123456789abcdef" * 4, "f" * 64
STREET: Final = "浙江省杭州市西湖区文三路 1 号 2 幢 301 室"


def codes(referrer: Contact, referred: Contact, **facts: Any) -> list[str]:
    """Give the codes of all flags."""
    given_ = ReferralFacts(at=NOW, zone="Asia/Shanghai", **facts)
    return [flag.code for flag in flags_of(CHECKS, referrer, referred, given_)]


def ann(**known: Any) -> Contact:
    """Give the one who brings."""
    return Contact(customer="ann", **known)


def ben(**known: Any) -> Contact:
    """Give the one who comes."""
    return Contact(customer="ben", **known)


@pytest.mark.parametrize(
    ("kind", "here", "there", "code"),
    [
        ("phones", "138 0013 4821", "+86-13800134821", "same_phone"),
        ("phones", "13800134821", "13800134822", None),
        ("phones", "138****4821", "138****4821", None),
        ("phones", "18400000000-1234", "18400000000-1234", None),
        ("emails", "Ann.Li@Gmail.com", "annli+new@googlemail.com", "same_email"),
        ("emails", "ann@example.com", "ann+2@example.com", "same_email"),
        ("emails", "a.nn@example.com", "ann@example.com", None),
        ("emails", "a**@example.com", "a**@example.com", None),
        ("addresses", STREET, "浙江省杭州市西湖区文三路1号，2幢３０１室", "same_address"),
        ("addresses", "12 Main St., Apt. 4", "12 MAIN ST APT 4", "same_address"),
        ("addresses", STREET, "浙江省杭州市西湖区文三路 1 号 2 幢 302 室", None),
        ("addresses", "浙江省杭州市西湖区***", "浙江省杭州市西湖区***", None),
        ("addresses", "杭州市", "杭州市", None),
        ("devices", ONE, ONE, "same_device"),
        ("devices", ONE, OTHER, None),
        ("payments", ONE, ONE, "same_payment"),
        ("payments", ONE, OTHER, None),
    ],
)
def test_what_two_customers_share_is_noticed(kind: str, here: str, there: str, code: str | None) -> None:
    """However it is written; hidden, lent or vague values are nobody's and never match."""
    found = codes(ann(**{kind: frozenset({here})}), ben(**{kind: frozenset({there})}))
    assert found == ([code] if code else [])


def test_one_of_several_is_enough() -> None:
    """Customers have several addresses; any that both have counts, and counts once."""
    many = frozenset({ONE, OTHER})
    assert codes(ann(devices=many, phones=["13800134821"]), ben(devices=many, phones=["13800134821"])) == [
        "same_device",
        "same_phone",
    ]


def test_what_is_not_known_never_matches() -> None:
    """Two customers of whom nothing is known are not alike."""
    assert codes(ann(), ben()) == []
    assert (
        codes(ann(phones=[""], emails=[""], addresses=[""]), ben(phones=[""], emails=[""], addresses=[""]))
        == []
    )


@pytest.mark.parametrize(
    ("brought_by", "found"),
    [
        ({"ann": "ben"}, ["ring"]),
        ({"ann": "cat", "cat": "ben"}, ["ring"]),
        ({"ann": "cat", "cat": "dan", "dan": "eve", "eve": "ben"}, ["ring"]),
        ({"ann": "cat", "cat": "dan"}, []),
        ({"cat": "ann", "dan": "ben"}, []),
        ({"ann": "cat", "cat": "ann"}, []),
        ({}, []),
    ],
)
def test_a_ring_of_any_length_is_noticed(brought_by: dict[str, str], found: list[str]) -> None:
    """Ann brings ben, who brought her at first, second or fourth hand; a chain is no ring."""
    assert codes(ann(), ben(), brought_by=brought_by) == found


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"), max_size=6))
def test_a_ring_is_what_closes_a_circle(brought_by: dict[str, str]) -> None:
    """Flagged exactly where walking up from the referrer, six steps at most, meets the referred."""
    facts = ReferralFacts(at=NOW, zone="UTC", brought_by=brought_by)
    found = bool(Ring().flags(Contact(customer="a"), Contact(customer="b"), facts))
    above = ["a"]
    for _ in range(6):
        above.append(brought_by.get(above[-1], ""))
    assert found == ("b" in above)


def test_no_flag_and_no_printed_contact_tells_whose_it_is() -> None:
    """Messages are in both languages and quote nothing; a contact prints masked, and without digests."""
    known = {
        "phones": ["13800134821"], "emails": ["ann@example.com"], "addresses": [STREET],
        "devices": frozenset({ONE}), "payments": frozenset({OTHER}),
    }  # fmt: skip
    facts = ReferralFacts(at=NOW, zone="UTC", brought_by={"ann": "ben"})
    flags = flags_of(CHECKS, ann(**known), ben(**known), facts)
    assert len(flags) == len(CHECKS) == 6
    for text in (repr(flags), repr(ann(**known))):
        for secret in ("13800134821", "ann@example.com", "文三路", ONE, OTHER):
            assert secret not in text
    assert all(flag.message.zh and flag.message.en for flag in flags)


@pytest.mark.parametrize("raw", ["6222020200112233445", "AB" * 20, "iphone-of-ann", "ab" * 15])
@pytest.mark.parametrize("kind", ["devices", "payments"])
def test_what_is_no_digest_is_refused_without_quoting_it(kind: str, raw: str) -> None:
    """A card's number given by mistake is neither kept nor printed."""
    with pytest.raises(SettingsError, match="are digests") as caught:
        ann(**{kind: frozenset({raw})})
    assert raw not in str(caught.value)


def test_the_built_in_checks_come_through_the_hook() -> None:
    """By name, as a plugin's would; blocked, there are none."""
    assert set(referral_checks(plugin_manager(allow=[]))) == {check.name for check in CHECKS}
    blocked = plugin_manager(allow=[], block=["retailcrm.adapters.referral_checks"])
    assert not referral_checks(blocked)


def test_a_name_that_is_taken_is_an_error() -> None:
    """Two checks of one name would hide each other."""
    manager = plugin_manager(allow=[])
    mine = SimpleNamespace(name="ring", flags=lambda *_: [])
    manager.register(offering(mine))
    with pytest.raises(SettingsError, match="two plugins offer a referral check named 'ring'"):
        referral_checks(manager)


def offering(check: Any) -> Any:
    """Make a plugin with one check."""

    def implementation(register: Any) -> None:
        register(check)

    plugin = SimpleNamespace()
    plugin.register_referral_checks = hookimpl(implementation)
    return plugin


def test_flags_come_by_code_and_once() -> None:
    """Whatever the sequence of the checks; two checks may notice the same thing."""
    label = Label("一", "one")
    b = SimpleNamespace(name="b", flags=lambda *_: [Flag("z", label), Flag("a", label)])
    a = SimpleNamespace(name="a", flags=lambda *_: [Flag("z", label)])
    facts = ReferralFacts(at=NOW, zone="UTC")
    for checks in ([a, b], [b, a]):
        assert [flag.code for flag in flags_of(checks, ann(), ben(), facts)] == ["a", "z"]


def test_a_check_that_gives_something_else_is_named() -> None:
    """A plugin's mistake is the plugin's."""
    wrong: Any = SimpleNamespace(name="mine", flags=lambda *_: ["suspicious"])
    with pytest.raises(SettingsError, match="referral check mine gives flags, not str"):
        flags_of([wrong], ann(), ben(), ReferralFacts(at=NOW, zone="UTC"))
