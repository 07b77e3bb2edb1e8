"""The kit for plugin authors: contracts, golden files, hypothesis strategies, broken and evil files.

Nothing of the library imports it. Each part says what it needs beside the base install: the contract and
the golden files open real files (``retailcrm-core[shop]``) and run under pytest; the strategies need
hypothesis.
"""
