"""The nouns of Alongside, as pydantic models. No Temporal, no database, no clock."""
