"""The report's figures: from sales, lines, people and reviews to the rows that the page shows.

Everything that is made of orders alone is computed part by part, and parts of disjoint customers are
joined by adding up: a shop larger than memory has the same figures. What needs lines is made of a shop
in one part only.
"""
