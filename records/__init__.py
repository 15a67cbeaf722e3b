"""PostgreSQL: numbered SQL migrations and the queries, one file a subject."""
