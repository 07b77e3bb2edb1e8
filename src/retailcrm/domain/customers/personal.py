"""Texts that are somebody's: they print masked, so that no log or traceback spreads them."""

from __future__ import annotations

from typing import ClassVar, Final

import attrs

from retailcrm.domain.identity import IdentityKind, Strength, normalised, strength_of

SHOWN_DIGITS: Final = 4
"""Digits of a phone that may be printed, and only of numbers more than twice as long."""


@attrs.frozen(repr=False, order=True)
class Personal:
    """A text about a person. ``text`` gives it in clear; printing it does not.

    Attributes:
        text: In its normal form; empty if nothing was given.

    Example:
        >>> print(Name("张三"), [Phone("+86 138 0013 4821")], Phone("138 0013 4821").text)
        Name(***) [Phone(***4821)] 13800134821
    """

    kind: ClassVar[str] = IdentityKind.NAME

    text: str = attrs.field()

    def __attrs_post_init__(self) -> None:
        """Bring the text into its normal form."""
        object.__setattr__(self, "text", normalised(self.kind, self.text))

    @property
    def is_clear(self) -> bool:
        """Whether the platform has hidden no part of it."""
        return "*" not in self.text and "＊" not in self.text

    def __repr__(self) -> str:
        """Name the kind of text only."""
        return f"{type(self).__name__}(***)"

    def __str__(self) -> str:
        """Print as masked as ``repr``, in f-strings too."""
        return repr(self)


@attrs.frozen(repr=False, order=True)
class Name(Personal):
    """A person's name."""


@attrs.frozen(repr=False, order=True)
class Address(Personal):
    """Where a person lives."""


@attrs.frozen(repr=False, order=True)
class Email(Personal):
    """An e-mail address."""

    kind: ClassVar[str] = IdentityKind.EMAIL

    @property
    def is_clear(self) -> bool:
        """Whether it is an address, no part hidden."""
        return strength_of(self.kind, self.text) is not Strength.NONE


@attrs.frozen(repr=False, order=True)
class Phone(Personal):
    """A telephone number; prints its last four digits."""

    kind: ClassVar[str] = IdentityKind.PHONE

    @property
    def is_clear(self) -> bool:
        """Whether it is a subscriber's number: not hidden, not a platform's virtual number."""
        return strength_of(self.kind, self.text) is not Strength.NONE

    def __repr__(self) -> str:
        """Show the last digits, as people read a number back to its owner."""
        tail = self.text[-SHOWN_DIGITS:] if self.is_clear and len(self.text) > 2 * SHOWN_DIGITS else ""
        return f"Phone(***{tail})"
