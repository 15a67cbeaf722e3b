-- migrate:up

-- Who is signed in to the pages. The token itself is in the browser alone; here is its SHA-256.
-- `said` is what the next page tells them first.
CREATE TABLE sessions (
    token bytea PRIMARY KEY CHECK (length(token) = 32),
    staff text NOT NULL REFERENCES staff,
    began timestamptz NOT NULL,
    seen timestamptz NOT NULL CHECK (seen >= began),
    how text NOT NULL CHECK (how IN ('openid-connect', 'demo')),
    said text
);
CREATE INDEX sessions_of_staff ON sessions (staff);
CREATE INDEX sessions_by_age ON sessions (seen);

-- Signing in that has begun and not come back from the provider: `browser` is the SHA-256 of a cookie,
-- `address` the SHA-256 of where it came from, kept for counting alone.
CREATE TABLE sign_ins (
    state bytea PRIMARY KEY CHECK (length(state) = 32),
    browser bytea NOT NULL CHECK (length(browser) = 32),
    nonce text NOT NULL,
    verifier text NOT NULL,
    return_to text NOT NULL CHECK (return_to ~ '^/([^/\\]|$)'),
    address bytea NOT NULL,
    began timestamptz NOT NULL
);
CREATE INDEX sign_ins_from ON sign_ins (address, began);
CREATE INDEX sign_ins_by_age ON sign_ins (began);

-- A person opened who would not have been seen otherwise.
CREATE TABLE broken_glass (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    staff text NOT NULL REFERENCES staff,
    role text NOT NULL,
    transition_id uuid NOT NULL REFERENCES transitions,
    code text NOT NULL CHECK (code IN ('risk-to-life', 'urgent-care', 'nobody-else', 'incident', 'records-error')),
    words text NOT NULL CHECK (words <> ''),
    at timestamptz NOT NULL,
    ends timestamptz NOT NULL CHECK (ends > at)
);
CREATE INDEX broken_glass_that_holds ON broken_glass (staff, transition_id, ends);
CREATE INDEX broken_glass_by_time ON broken_glass (at DESC, id DESC);

-- Every look at a person. `why` is what let them in: a relation, or the glass that was broken.
CREATE TABLE access_log (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    at timestamptz NOT NULL,
    staff text NOT NULL,
    role text NOT NULL,
    transition_id uuid NOT NULL REFERENCES transitions,
    page text NOT NULL CHECK (page <> ''),
    why text NOT NULL CHECK (why <> ''),
    broken_glass uuid REFERENCES broken_glass
);
CREATE INDEX access_of_transition ON access_log (transition_id, at DESC, id DESC);
CREATE INDEX access_by_staff ON access_log (staff, at DESC, id DESC);
CREATE INDEX access_by_time ON access_log (at DESC, id DESC);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON broken_glass
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON broken_glass
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- What whoever guards privacy is told. It never says whose records were opened: that is in the log, for them alone.
CREATE TABLE privacy_alerts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    recipient text REFERENCES staff,
    text text NOT NULL CHECK (text <> ''),
    created_at timestamptz NOT NULL
);
CREATE INDEX privacy_alerts_of_recipient ON privacy_alerts (recipient, created_at DESC, id DESC);

-- People are found by the beginning of a name.
CREATE INDEX people_by_family_name ON people (lower(family_name) text_pattern_ops, lower(given_name) text_pattern_ops);
CREATE INDEX people_by_given_name ON people (lower(given_name) text_pattern_ops);

-- How somebody wishes to be called, and what of their journey they agreed to share with their peer worker.
ALTER TABLE people ADD COLUMN known_as text CHECK (known_as <> '');
ALTER TABLE people ADD COLUMN shares text[] NOT NULL DEFAULT '{}'
    CHECK (shares <@ ARRAY['stage', 'dates', 'facts', 'steps']);

-- migrate:down
-- Undoing is a new migration.
