-- migrate:up

-- What lets a machine in. The token itself is with whoever runs the machine; here is its SHA-256. The machine acts as a
-- member of staff: their role and team decide what it may do of what its scopes are for.
CREATE TABLE api_tokens (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    token bytea NOT NULL CONSTRAINT one_machine_per_token UNIQUE CHECK (length(token) = 32),
    name text NOT NULL CHECK (name <> ''),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    acts_as text NOT NULL REFERENCES staff,
    created_by text NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    last_used timestamptz,
    revoked_at timestamptz CHECK (revoked_at >= created_at),
    revoked_by text REFERENCES staff
);
CREATE INDEX api_tokens_of_staff ON api_tokens (acts_as);

-- What a machine said under a key of its own, as a digest: said again it is the same thing, or it is refused.
-- `about` is the transition, or for a start whoever starts it.
CREATE TABLE api_requests (
    about text NOT NULL CHECK (about <> ''),
    key text NOT NULL CHECK (key <> ''),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    said_at timestamptz NOT NULL,
    PRIMARY KEY (about, key)
);

-- migrate:down
-- Undoing is a new migration.
