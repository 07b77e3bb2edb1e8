"""The statements of a version: text beside its module, one file a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def run_file(connection: Connection, module: Path) -> None:
    """Run the statements that belong to a version.

    Args:
        connection: What Alembic gives.
        module: The version's module, ``v0001.py``; SQLite's statements are in ``v0001.sqlite.sql`` beside it.
    """
    text = module.with_suffix(f".{connection.dialect.name}.sql").read_text("utf-8")
    for statement in split(text):
        connection.exec_driver_sql(statement)


def split(text: str) -> tuple[str, ...]:
    r"""Split text into statements: each ends with a semicolon at the end of a line before an empty line.

    So the bodies of triggers stay whole. A comment is a paragraph of its own.

    Example:
        >>> split('''-- Two.
        ...
        ... CREATE TABLE a (b INTEGER);
        ...
        ... CREATE TRIGGER c BEFORE DELETE ON a BEGIN
        ...   SELECT 1;
        ... END;
        ... ''')
        ('CREATE TABLE a (b INTEGER)', 'CREATE TRIGGER c BEFORE DELETE ON a BEGIN\n  SELECT 1;\nEND')
    """
    paragraphs = (paragraph.strip() for paragraph in text.split("\n\n"))
    return tuple(
        paragraph.removesuffix(";")
        for paragraph in paragraphs
        if paragraph and not paragraph.startswith("--")
    )
