"""A store as one file that any kind of database can take: a ZIP of its tables as lines of JSON.

``manifest.json`` says the version of the tables and, for each, its columns, how many rows and the digest of
its lines; ``<table>.jsonl`` has a JSON array a row. So a shop moves from SQLite to PostgreSQL and back.
"""
