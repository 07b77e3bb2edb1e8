"""The nouns of a shop: frozen values and their rules. No I/O, no clock, no numpy."""
