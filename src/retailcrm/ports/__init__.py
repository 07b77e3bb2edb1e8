"""What a plugin offers: small protocols and the hooks that register them."""
