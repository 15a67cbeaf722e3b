"""The rules of peer workers' time: patterns, hours, slots and who goes to whom. Pure, as the whole planner."""
