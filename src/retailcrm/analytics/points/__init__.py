"""Points in bulk: what orders earn, what is outstanding, what lapses, what the shop owes; columns only."""
