"""A checkout: each request's order row and its points are committed together, or not at all."""
