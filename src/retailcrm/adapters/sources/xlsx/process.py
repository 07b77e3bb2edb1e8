"""Talk to the process that parses workbooks, and tell what stopped it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from retailcrm.adapters.sources.containers.streams import damaged, too_large
from retailcrm.adapters.sources.xlsx import child
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from retailcrm.adapters.sources.limits import ImportLimits

# Not "-m": the package's own imports would cost time and address space. "-P" keeps our csv.py from
# hiding the standard one. One thread each: threads reserve address space, which is limited.
_COMMAND: Final = ("-P", "-B", "-W", "ignore", str(Path(child.__file__).resolve()))
_QUIET: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_NO_MEMORY: Final = re.compile(
    r"memory allocation|cannot allocate memory|failed to map segment|memoryerror|bad_alloc|out of memory"
)
_SAVE_AGAIN: Final = "open it in Excel or WPS, save it again, and give that file"


def converse(
    data: bytes,
    name: str,
    limits: ImportLimits,
    *,
    task: str,
    sheet: str | None = None,
    password: str | None = None,
) -> Generator[tuple[bytes, bytes], None, None]:
    """Have a workbook parsed or decrypted in a process of its own.

    Args:
        data: The workbook.
        name: Its name for messages.
        limits: What the process may take.
        task: ``"read"`` or ``"decrypt"``.
        sheet: The only sheet wanted; ``None`` for all.
        password: To decrypt with.

    Yields:
        Frames: their kind (a constant of :mod:`~retailcrm.adapters.sources.xlsx.child`) and content.
        The process ends with the iterator, however that ends.

    Raises:
        ImportRefusedError: It refused the file or died of it.
    """
    request = {
        "task": task,
        "sheet": sheet,
        "password": password,
        "memory": limits.child_memory_bytes,
        "cpu": limits.child_cpu_seconds,
        "max_columns": limits.max_columns,
        "max_cells": limits.max_cells,
        "max_cell_chars": limits.max_cell_chars,
    }
    with subprocess.Popen(  # noqa: S603 - our own script, no shell
        (sys.executable, *_COMMAND),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **_QUIET},
    ) as process:
        try:
            _hand_over(process, request, data)
            del data  # the process has it now
            while (frame := _next_frame(cast("BinaryIO", process.stdout))) is not None:
                kind, content = frame
                if kind == child.DONE:
                    return
                if kind == child.REFUSED:
                    raise _refusal(json.loads(content), name, limits)
                yield frame
            raise _death(process, name, limits)
        finally:
            process.kill()  # leaving the block then waits for it: no zombie


def _hand_over(process: subprocess.Popen[bytes], request: Mapping[str, object], data: bytes) -> None:
    stdin = cast("BinaryIO", process.stdin)
    with contextlib.suppress(OSError):  # it died early: what it said and how is read below
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.write(data)
    with contextlib.suppress(OSError):
        stdin.close()


def _next_frame(stdout: BinaryIO) -> tuple[bytes, bytes] | None:
    header = stdout.read(child.FRAME.size)
    if len(header) < child.FRAME.size:
        return None
    kind, length = child.FRAME.unpack(header)
    content = stdout.read(length)
    return (kind, content) if len(content) == length else None


def _refusal(answer: Mapping[str, str], name: str, limits: ImportLimits) -> ImportRefusedError:
    code, message = answer["code"], answer["message"]
    if code == "encrypted":
        return ImportRefusedError(f"'{name}' is protected by a password; pass it with --password", code=code)
    if code == "password":
        return ImportRefusedError(f"the password does not open '{name}'; check it and try again", code=code)
    if code == "memory":
        return _out_of_memory(name, limits)
    if code == "too-large":
        return ImportRefusedError(f"'{name}' was refused: {message}; save it as CSV", code=code)
    return damaged(name, message)


def _death(process: subprocess.Popen[bytes], name: str, limits: ImportLimits) -> ImportRefusedError:
    status = process.wait()
    said = cast("BinaryIO", process.stderr).read().decode(errors="replace")
    if status == -getattr(signal, "SIGXCPU", 0):
        seconds = limits.child_cpu_seconds
        return too_large(
            name, f"it took over {seconds:,} s to parse; save it as CSV", "child_cpu_seconds", seconds
        )
    if _NO_MEMORY.search(said.lower()):
        return _out_of_memory(name, limits)
    how = signal.strsignal(-status) if status < 0 else said.strip().rpartition("\n")[2]
    return ImportRefusedError(
        f"'{name}' broke the program that parses workbooks ({how}); {_SAVE_AGAIN}", code="crashed"
    )


def _out_of_memory(name: str, limits: ImportLimits) -> ImportRefusedError:
    most = limits.child_memory_bytes
    return too_large(
        name, f"it takes over {most >> 20:,} MiB to parse; save it as CSV", "child_memory_bytes", most
    )
