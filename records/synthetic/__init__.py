"""A past that nobody has lived: made-up people on the shipped pathways, played by the planner, with known truth.

It is for figures: to see reports with something in them, and to test that they count what really happened.
"""
