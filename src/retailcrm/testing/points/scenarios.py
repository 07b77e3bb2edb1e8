"""Scenarios: plain data, and what becomes of a system that is put through one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.testing.points.systems import PointsSystem, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Day 0 of every scenario."""

REFUSED: Final = "refused"
"""What a step gives whose command is refused."""

_MOMENTS: Final = ("activates_at", "expires_at", "ends_at")


@attrs.frozen(kw_only=True)
class Step:
    """One thing that happens.

    Attributes:
        day: On which day, from :data:`BEGIN`; never earlier than the step before.
        do: Name of the system's method.
        said: Its arguments. Moments are days, and shares texts such as ``"1/3"``.
        gives: What it has to give; ``None`` where that does not matter.
        at_once: So many callers do it in the same instant, ``{n}`` in their words being the caller's number;
            what is given then is how many were allowed.
    """

    day: int
    do: str
    said: Mapping[str, Any]
    gives: int | bool | str | tuple[int, ...] | None = None
    at_once: int = 1


@attrs.frozen(kw_only=True)
class Scenario:
    """A bug that some system had.

    Attributes:
        id: Word for it.
        title: What goes wrong, in a sentence.
        links: Where it was reported.
        steps: What happens, and what has to come of it.
        opinion: What a shop may want otherwise, where that is so: then a finding is a difference, no bug.
    """

    id: str
    title: str
    links: tuple[str, ...]
    steps: tuple[Step, ...]
    opinion: str = ""


@attrs.frozen(kw_only=True)
class Finding:
    """Where a system did something else.

    Attributes:
        scenario: Id of the scenario, or the law.
        step: Number of the step, from 1.
        did: The step in words.
        expected: What had to come of it.
        got: What came.
        law: The sentence of the law; empty for a scenario.
        before: What had been done until then, step by step, where a law is broken; a scenario has its steps.
    """

    scenario: str
    step: int
    did: str
    expected: object
    got: object
    law: str = ""
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.scenario}, step {self.step}: {self.did} gave {self.got!r}, not {self.expected!r}"


def step(
    day: int,
    do: str,
    gives: int | bool | str | tuple[int, ...] | None = None,
    at_once: int = 1,
    **said: Any,  # noqa: ANN401 - a method's arguments
) -> Step:
    """Write a step down."""
    return Step(day=day, do=do, said=said, gives=gives, at_once=at_once)


def missing(scenario: Scenario, system: PointsSystem) -> tuple[str, ...]:
    """Name the methods that a scenario needs and a system does not offer.

    Args:
        scenario: The scenario.
        system: The system.

    Returns:
        Their names, sorted; none if it can be put through the scenario.
    """
    needed = {one.do for one in scenario.steps}
    return tuple(sorted(name for name in needed if not callable(getattr(system, name, None))))


def run(scenario: Scenario, system: PointsSystem) -> Finding | None:
    """Put a system through a scenario.

    Args:
        scenario: The scenario.
        system: New, with nobody in it.

    Returns:
        The first step that came to something else; ``None`` if all is as it has to be.

    Example:
        >>> from retailcrm.testing.points import SCENARIOS, RetailcrmPoints
        >>> [one.id for one in SCENARIOS if run(one, RetailcrmPoints())]
        []
    """
    for number, one in enumerate(scenario.steps, 1):
        system.advance(BEGIN + timedelta(days=one.day))
        got = _given(one, system)
        # A float that is about right is not right, and neither is 1 where True was asked for.
        if one.gives is not None and (got != one.gives or type(got) is not type(one.gives)):
            return Finding(scenario=scenario.id, step=number, did=in_words(one), expected=one.gives, got=got)
    return None


def in_words(one: Step) -> str:
    """Say what a step does."""
    said = ", ".join(f"{name}={value}" for name, value in one.said.items())
    return f"{one.do}({said}) on day {one.day}" + (
        f", {one.at_once} times at once" if one.at_once > 1 else ""
    )


def _given(one: Step, system: PointsSystem) -> object:
    """Do a step; several callers do it in threads of their own, and the allowed ones are counted."""
    if one.at_once == 1:
        return _called(one, system, 0)
    with ThreadPoolExecutor(one.at_once) as pool:
        answers = list(pool.map(lambda n: _called(one, system, n), range(one.at_once)))
    return sum(answer is True for answer in answers)


def _called(one: Step, system: PointsSystem, number: int) -> object:
    said = {name: _value(name, value, number) for name, value in one.said.items()}
    try:
        given = getattr(system, one.do)(**said)
    except Refused:
        return REFUSED
    return tuple(given) if isinstance(given, list) else given


def _value(name: str, value: object, number: int) -> object:
    """Turn plain data into what a method takes."""
    if name in _MOMENTS and isinstance(value, int):
        return BEGIN + timedelta(days=value)
    if name == "share":
        return Fraction(str(value))
    return value.replace("{n}", str(number)) if isinstance(value, str) else value
