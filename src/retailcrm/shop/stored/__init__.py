"""What a shop on a store is made of."""
