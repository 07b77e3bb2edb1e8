"""Sources: platform exports and mapped files, read into batches of columns."""
