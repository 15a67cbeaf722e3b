-- Run once by the PostgreSQL image, when its volume is new. The records have three roles: the owner migrates them, the
-- writer works in them and can change nothing that was recorded, the reader reports from them and sees nobody's name.
-- Temporal has one. None may read what belongs to the other. The passwords come from the environment.
\getenv records_password RECORDS_DB_PASSWORD
\getenv writer_password WRITER_DB_PASSWORD
\getenv reader_password READER_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD

CREATE ROLE alongside_owner LOGIN PASSWORD :'records_password';
CREATE ROLE alongside_writer LOGIN PASSWORD :'writer_password';
CREATE ROLE alongside_reader LOGIN PASSWORD :'reader_password';
CREATE DATABASE alongside OWNER alongside_owner;
REVOKE CONNECT ON DATABASE alongside FROM PUBLIC;
GRANT CONNECT ON DATABASE alongside TO alongside_writer, alongside_reader;
-- The writer counts reports as the reader, with nothing that the reader may not see.
GRANT alongside_reader TO alongside_writer WITH INHERIT FALSE, SET TRUE;

-- The schema jobs create Temporal's two databases themselves.
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
