-- migrate:up

-- Who is told by HTTP of what changes: of some kinds of events or of all, in one team or everywhere.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    url text NOT NULL CHECK (url ~ '^https?://'),
    secret text NOT NULL CHECK (secret ~ '^whsec_'),
    kinds text[] NOT NULL DEFAULT '{}',
    team text REFERENCES teams,
    created_by text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= created_at),
    ended_why text,
    CONSTRAINT ended_says_why CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX webhooks_that_are_told ON webhooks (id) WHERE ended_at IS NULL;

-- What each is told: a revision of a transition, in the order in which it was recorded.
CREATE TABLE webhook_messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhooks,
    transition_id uuid NOT NULL,
    revision integer NOT NULL,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'nothing', 'given-up')),
    tries integer NOT NULL DEFAULT 0,
    error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    CONSTRAINT told_of_a_revision_once UNIQUE (webhook_id, transition_id, revision),
    FOREIGN KEY (transition_id, revision) REFERENCES commits
);
CREATE INDEX webhook_messages_waiting ON webhook_messages (webhook_id, number) WHERE status = 'waiting';
CREATE INDEX webhook_messages_given_up ON webhook_messages (number DESC) WHERE status = 'given-up';

-- Written with the commit, by the database: what is recorded is told, whatever program recorded it.
CREATE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_messages (webhook_id, transition_id, revision)
    SELECT w.id, NEW.transition_id, NEW.revision FROM webhooks w
    WHERE w.ended_at IS NULL
        AND (w.team IS NULL OR w.team = (SELECT t.team FROM transitions t WHERE t.id = NEW.transition_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_webhooks AFTER INSERT ON commits FOR EACH ROW EXECUTE FUNCTION tell_webhooks();

-- Other systems that tell us: each signs what it says, and acts as a member of staff.
CREATE TABLE event_sources (
    source text PRIMARY KEY CHECK (source ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^\s]{1,200}$'),
    secret text NOT NULL CHECK (secret ~ '^whsec_'),
    acts_as text NOT NULL REFERENCES staff,
    created_by text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= created_at)
);

-- What they told us, and what we answered: the same again is answered the same.
CREATE TABLE inbound_events (
    source text NOT NULL REFERENCES event_sources,
    id text NOT NULL CHECK (length(id) BETWEEN 1 AND 200),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    status integer NOT NULL,
    answer jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);

-- migrate:down
-- Undoing is a new migration.
