-- Run once by the PostgreSQL image, when its volume is new: one role for the records, one for Temporal,
-- and neither may read what belongs to the other. The passwords come from the environment.
\getenv records_password RECORDS_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD

CREATE ROLE alongside LOGIN PASSWORD :'records_password';
CREATE DATABASE alongside OWNER alongside;
REVOKE CONNECT ON DATABASE alongside FROM PUBLIC;

-- The schema jobs create Temporal's two databases themselves.
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
