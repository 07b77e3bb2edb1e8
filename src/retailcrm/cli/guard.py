"""Every foreseeable failure as one sentence and an exit code; never a traceback."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from retailcrm.cli.exits import Exit
from retailcrm.errors import (
    ClockJumpError,
    ConflictError,
    IdempotencyConflictError,
    InputError,
    MissingExtraError,
    MissingPackageError,
    NotFoundError,
    RetailCRMError,
    StoreError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.domain.labels import Label

JSON_VERSION: Final = 1
"""Version of every JSON document that a command prints: keys are only ever added."""

OF_THE_EXTRA: Final = frozenset(
    {"alembic", "cattrs", "click", "jinja2", "lunardate", "msoffcrypto", "phonenumbers", "plotly", "pyarrow"}
    | {"python_calamine", "rich", "sqlalchemy", "xlsxwriter"}
)
"""What the extra ``shop`` installs, by import name."""

_ENDLESS: Final = re.compile(r"\S{300,}")
_OF_IT: Final = 100
_NOBODY_READS: Final = 128 + 13
"""What shells show of a program whose reader has gone: 128 and the number of the signal SIGPIPE."""


class NobodyError(InputError):
    """Fix the input: nobody can be scored, or nobody has that id.

    Attributes:
        zh: The sentence in Chinese; empty if there is none.
        code: Stable word for programs.
    """

    def __init__(self, message: str, *, zh: str = "", code: str = "nobody") -> None:
        super().__init__(message)
        self.zh = zh
        self.code = code


def answers(command: Callable[..., Exit]) -> Callable[..., None]:
    """Let a command end with its exit code, and its errors with one sentence and theirs."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:  # noqa: ANN401 - Click gives them by name
        try:
            code = command(**options)
            # Else the interpreter would find out at its end, and say so.
            sys.stdout.flush()
        except BrokenPipeError:
            _end_unread()
        except SystemExit as end:
            # Rich ends so, with 1, where the reader has gone.
            if isinstance(end.__context__, BrokenPipeError):
                _end_unread()
            raise
        except (RetailCRMError, OSError, MemoryError, ModuleNotFoundError) as error:
            _refuse(command.__name__, error, options)
        sys.exit(code)

    return wrapped


def _end_unread() -> NoReturn:
    """End quietly: whoever read our output has gone, as ``head`` does."""
    # What is still buffered goes nowhere, instead of into a complaint at the end of the interpreter.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
    raise SystemExit(_NOBODY_READS) from None


def _refuse(command: str, error: Exception, options: Mapping[str, Any]) -> NoReturn:
    failed = told(command, error)
    code = exit_of(failed)
    if options.get("as_json", False):
        print_json({"command": command.rstrip("_"), "exit_code": code, "error": reason_of(failed)})
    for line in _lines(failed, options):
        say(line)
    raise SystemExit(code) from error


def _lines(error: Exception, options: Mapping[str, Any]) -> list[str]:
    """Give the sentence of an error; of commands that answer in Chinese too, also in Chinese if it can be."""
    english = sentence(error)
    if "lang" not in options or options["lang"] == "en":
        return [english]
    from retailcrm.cli.chinese import chinese  # noqa: PLC0415 - few runs fail

    said = chinese(error, options)
    if said is None:
        return [english]
    return [shown(said)] if options["lang"] == "zh" else [english, shown(said)]


def reason_of(error: Exception) -> dict[str, str | None]:
    """Describe an error as plain values: its sentence, and a stable word for programs.

    Args:
        error: What went wrong.

    Returns:
        ``code`` is ``None`` where the exit code says all.
    """
    word = next((word for kind, word in _WORDS if isinstance(error, kind)), None)
    return {"message": sentence(error), "code": getattr(error, "code", None) or word}


def told(command: str, error: Exception) -> Exception:
    """Put errors of Python and of the system into a sentence for a person; give others as they are.

    Args:
        command: The command's name.
        error: What went wrong.
    """
    if isinstance(error, ModuleNotFoundError) and not isinstance(error, RetailCRMError):
        package = (error.name or str(error)).partition(".")[0]
        if package == "retailcrm":
            raise error
        feature = f"retailcrm {command} (no {package} here)"
        if package in OF_THE_EXTRA:
            return MissingExtraError(feature, extra="shop")
        return MissingPackageError(feature, package=package)
    if isinstance(error, MemoryError):
        return InputError("not enough memory; --memory 512MB keeps the orders on disk and works on parts")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return InputError(f"{place}{error.strerror or error}")
    return error


_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (IdempotencyConflictError, "key-conflict"),
    (ClockJumpError, "clock"),
    (UnknownOutcomeError, "unknown"),
    (ConflictError, "busy"),
    (NotFoundError, "not-found"),
)
"""Stable words for errors that bring none of their own; of two that fit, the first."""

_CODES: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], Exit], ...]] = (
    (ClockJumpError, Exit.CLOCK),
    (UnknownOutcomeError, Exit.UNKNOWN),
    (IdempotencyConflictError, Exit.USAGE),
    (ConflictError, Exit.BUSY),
    ((InputError, StoreError), Exit.REFUSED),
    (NotFoundError, Exit.NOBODY),
)
"""Exit codes of errors; of two that fit, the first."""


def exit_of(error: Exception) -> Exit:
    """Give the exit code of an error."""
    # Loaded already where it was raised; loading it here for any other error would cost half a second.
    insight = sys.modules.get("retailcrm.shop.insight")
    if isinstance(error, NobodyError) or (insight and isinstance(error, insight.NoIdentityError)):
        return Exit.NOBODY
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), Exit.USAGE)


def shown(text: str) -> str:
    """Make text from files and names fit to print: control characters become visible, or blanks.

    Example:
        >>> shown("two" + chr(10) + "lines")
        'two lines'
    """
    return "".join(
        letter if letter.isprintable() else " " if letter in "\t\r\n" else f"\\x{ord(letter):02x}"
        for letter in text
    )


def sentence(error: Exception) -> str:
    """Give the sentence of an error, fit to print, without endless words such as a file without blanks."""
    return _ENDLESS.sub(lambda word: f"{word.group()[:_OF_IT]}...", shown(str(error)))


def say(text: str) -> None:
    """Print one sentence for a person on the error stream; on a terminal, broken between words."""
    line = f"retailcrm: {text}"
    if sys.stderr.isatty():
        line = textwrap.fill(
            line,
            shutil.get_terminal_size().columns - 1,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    click.echo(line, err=True)


def say_in(label: Label, lang: str | None) -> None:
    """Print a sentence on the error stream: English and Chinese, or the one that was asked for."""
    for text in (label.en, label.zh) if lang is None else (str(getattr(label, lang)),):
        say(shown(text))


def print_json(document: dict[str, Any]) -> None:
    """Print the one JSON document of a run on standard output."""
    # JSON is UTF-8; a stream in any other encoding gets escapes, which mean the same.
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(json.dumps({"version": JSON_VERSION, **document}, ensure_ascii=plain))
