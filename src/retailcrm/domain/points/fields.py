"""The fields of a document, taken one by one, each by its kind; what nobody takes is an error."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_T = TypeVar("_T")


class Fields:
    """The fields of one document that nobody has taken yet.

    Args:
        document: What was written.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.left = dict(document)

    def take(self, name: str) -> Any:  # noqa: ANN401 - whatever stands there
        """Take a field as it is."""
        return self.left.pop(name)

    def text(self, name: str) -> str:
        """Take a text."""
        value = self.take(name)
        if not isinstance(value, str):
            raise TypeError(f"{name} is a text, not {type(value).__name__}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts."""
        value = self.take(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise TypeError(f"{name} is a list of texts")
        return tuple(value)

    def whole(self, name: str) -> int:
        """Take a whole number."""
        return whole(self.take(name))

    def moment(self, name: str) -> datetime | None:
        """Take a moment that may be missing."""
        value = self.take(name)
        return None if value is None else datetime.fromisoformat(value)

    def known_moment(self, name: str) -> datetime:
        """Take a moment."""
        return datetime.fromisoformat(self.text(name))

    def fraction(self, name: str) -> Fraction:
        """Take an exact number, written ``"n/d"``."""
        numerator, denominator = self.text(name).split("/")
        return Fraction(int(numerator), int(denominator))


def whole(value: object) -> int:
    """Take a whole number, and nothing that only looks like one.

    Raises:
        TypeError: It is a float, a truth value or no number.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number, not {type(value).__name__}")
    return value


def read(
    what: str, document: Mapping[str, Any], build: Callable[[Fields], _T], *, schema: int | None = None
) -> _T:
    """Read a document.

    Args:
        what: Word for it, for messages.
        document: What was written.
        build: Takes its fields.
        schema: Version of the format that it must say; ``None`` for a part of another document.

    Raises:
        InputError: A field is missing, wrong, or read by nobody.
    """
    try:
        fields = Fields(document)
        found = None if schema is None else fields.whole("schema")
        built = build(fields) if found == schema else None
    except KeyError as missing:
        raise InputError(f"no document of {what}: {missing} is missing") from missing
    except (TypeError, ValueError, AttributeError, ArithmeticError) as wrong:
        raise InputError(f"no document of {what}: {wrong}") from wrong
    if built is None:
        raise InputError(f"no document of {what}: version {found!r} of the format, not {schema}")
    if fields.left:
        raise InputError(f"no document of {what}: nothing reads {', '.join(sorted(map(str, fields.left)))}")
    return built
