"""Everything is hurt at random while people work, and then every promise is counted: `make chaos`."""
