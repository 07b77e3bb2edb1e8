"""Attack a store through the public shop, and say whether it kept its promises.

Each harness is a plain function: it takes the store's URL, a seed and sizes, and returns a frozen value
with what it did and whatever was wrong. The suite runs them small, ``retailcrm torture`` at any size, on the
disk and the database of whoever asks. Nothing here is trusted because it says so itself: every harness has a
seeded bug in the tests that it must report.

Processes under attack come from a fork server that has never opened a database, so that each opens its own.
"""
