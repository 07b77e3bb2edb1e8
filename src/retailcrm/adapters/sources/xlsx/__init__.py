"""Workbooks: parsed in a child process with limits, read sheet by sheet."""
