"""What reads from outside is given anything at all: it answers, or refuses in its own words, and nothing else."""
