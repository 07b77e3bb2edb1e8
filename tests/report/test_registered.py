"""Sections of plug-ins take their place on the page, or are refused by name."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from retailcrm import plugins
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.report import DEFAULT, render_page, sections_with
from retailcrm.report.parts import Paragraph, SectionBody


def _section(key="fees", title=None, body=None):
    """Make what a plug-in may register: any object of the port's shape."""
    made = body if body is not None else SectionBody((Paragraph(text="hello from a plug-in"),))
    return SimpleNamespace(key=key, title=title or Label("费用", "Fees"), render=lambda _data, _lang: made)


def test_they_stand_after_the_figures_and_before_what_those_rest_on():
    """Between service and data, in the order in which they were registered."""
    keys = [section.key for section in sections_with([_section("b"), _section("a")])]
    assert len(keys) == len(DEFAULT) + 2
    place = keys.index("b")
    assert keys[place - 1 : place + 3] == ["reviews", "b", "a", "completeness"]


def test_they_are_shown_and_linked(sample):
    """The page has the section with its title, its text, and an entry of its own in the contents."""
    page = render_page(sample, lang="en", sections=sections_with([_section()]))
    assert '<a href="#fees">Fees</a>' in page
    assert "hello from a plug-in" in page


def test_an_empty_one_leaves_itself_out(sample):
    """A plug-in that has nothing to say for this shop costs no space."""
    assert 'id="fees"' not in render_page(sample, sections=sections_with([_section(body=SectionBody(()))]))


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (_section(key="headline"), "'headline', which is taken"),
        (_section(key="two words"), "letters, digits and hyphens"),
        (_section(title="Fees"), "is a Label with zh and en, not 'Fees'"),
    ],
)
def test_a_section_without_a_usable_key_or_title_is_refused(section, message):
    """The message names the section."""
    with pytest.raises(SettingsError, match=message):
        sections_with([section])


def test_a_section_that_returns_something_else_is_refused(sample):
    """The message names the section and what came back."""
    with pytest.raises(SettingsError, match="'fees' returned str, not a SectionBody"):
        render_page(sample, sections=sections_with([_section(body="<b>hello</b>")]))


def test_they_come_through_the_hook():
    """What a plug-in registers is collected by key; two of one key are an error."""

    class Plugin:
        @hookimpl
        def register_report_sections(self, register):
            register(_section("fees"))
            register(_section("costs"))

    manager = plugins.plugin_manager(allow=[])
    assert plugins.report_sections(manager) == {}
    manager.register(Plugin(), "one")
    assert list(plugins.report_sections(manager)) == ["fees", "costs"]
    manager.register(Plugin(), "two")
    with pytest.raises(SettingsError, match="two plugins offer a report section named"):
        plugins.report_sections(manager)


def test_a_thing_without_a_key_is_no_section():
    """A class, or an object without a key, is refused by the collector."""

    class Plugin:
        @hookimpl
        def register_report_sections(self, register):
            register(object())

    manager = plugins.plugin_manager(allow=[])
    manager.register(Plugin(), "one")
    with pytest.raises(SettingsError, match="a report section is an object with a key"):
        plugins.report_sections(manager)
