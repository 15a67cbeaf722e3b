-- migrate:up

-- Each worker's private calendar feed. Of the secret in its address only a hash is kept: shown once, it cannot be read
-- again, here or in a backup.
CREATE TABLE feeds (
    staff text NOT NULL REFERENCES staff,
    token_hash bytea NOT NULL CONSTRAINT one_feed_per_token UNIQUE CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz CHECK (revoked_at >= created_at),
    PRIMARY KEY (staff, created_at)
);
CREATE UNIQUE INDEX one_feed_at_a_time ON feeds (staff) WHERE revoked_at IS NULL;

-- A feed shows for a while what was released, too.
CREATE INDEX bookings_of_staff_released ON bookings (staff, starts) WHERE status = 'released';

-- Who said that an absence does not stand.
ALTER TABLE absences ADD COLUMN withdrawn_by text;

-- What a team had settled before, and who changed it: written by the database, like the history of the staff.
CREATE TABLE team_history (
    team text NOT NULL REFERENCES teams,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text,
    was jsonb NOT NULL,
    is_now jsonb NOT NULL,
    PRIMARY KEY (team, changed_at)
);
CREATE FUNCTION keep_team_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO team_history (team, changed_by, was, is_now)
    VALUES (NEW.name, nullif(current_setting('alongside.actor', true), ''), OLD.policy, NEW.policy);
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_history AFTER UPDATE ON teams
    FOR EACH ROW WHEN (OLD.policy IS DISTINCT FROM NEW.policy) EXECUTE FUNCTION keep_team_history();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON team_history
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- migrate:down
-- Undoing is a new migration.
