"""A shop, its clients and its disk in one thread: one seed decides everything that happens to them.

:mod:`places` holds the store and what goes wrong in it, :mod:`clients` who sends commands, :mod:`exports` the
files of orders, :mod:`books` what must be true whatever happens, and :mod:`simulation` makes them meet.
"""
