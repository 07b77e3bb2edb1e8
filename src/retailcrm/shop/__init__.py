"""The user's verbs: open a shop, import files, score customers, look one up, write the report."""
