"""Text files: pieces, records, encodings."""
