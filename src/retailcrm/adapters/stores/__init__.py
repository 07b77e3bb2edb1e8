"""Where a shop is kept."""
