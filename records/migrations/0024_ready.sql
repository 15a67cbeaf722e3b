-- migrate:up

-- Who ended a period of being ready to leave, and when they said so; of one from before this it is not known. Beside
-- that, a period is never changed: it is withdrawn, and another one entered in its place.
ALTER TABLE ready_periods ADD COLUMN ended_by text;
ALTER TABLE ready_periods ADD COLUMN ended_at timestamptz;
ALTER TABLE ready_periods ADD CONSTRAINT ended_says_who_and_when
    CHECK ((ended_by IS NULL) = (ended_at IS NULL) AND (ended_by IS NULL OR ends IS NOT NULL));

CREATE FUNCTION ready_periods_keep_what_was_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (OLD.id, OLD.transition_id, OLD.starts, OLD.reason, OLD.attribution, OLD.recorded_by, OLD.recorded_at)
            = (NEW.id, NEW.transition_id, NEW.starts, NEW.reason, NEW.attribution, NEW.recorded_by, NEW.recorded_at)
        AND OLD.corrects IS NOT DISTINCT FROM NEW.corrects AND OLD.withdrawn_at IS NULL
        AND (OLD.ends IS NULL
            OR (OLD.ends, OLD.ended_by, OLD.ended_at) IS NOT DISTINCT FROM (NEW.ends, NEW.ended_by, NEW.ended_at)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ready_periods keeps what was said: % is not allowed', lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Withdraw the period, and enter another one.';
END
$$;
CREATE TRIGGER keeps_what_was_said BEFORE UPDATE OR DELETE ON ready_periods
    FOR EACH ROW EXECUTE FUNCTION ready_periods_keep_what_was_said();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ready_periods
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- The delays that stand. Whoever has left the ward, or is not followed any more, is not delayed any more.
CREATE VIEW delays AS
    SELECT r.id, r.transition_id, r.starts, r.reason, r.attribution,
        CASE WHEN e.ends IS NOT NULL THEN greatest(r.starts, e.ends) END AS ends
    FROM ready_periods r JOIN transitions t ON t.id = r.transition_id
    LEFT JOIN milestones m ON m.transition_id = r.transition_id AND m.milestone = 'discharged'
    CROSS JOIN LATERAL (SELECT least(
        r.ends, (m.occurred AT TIME ZONE 'Europe/London')::date, (t.closed_at AT TIME ZONE 'Europe/London')::date
    ) AS ends) e
    WHERE r.withdrawn_at IS NULL;

-- What is known of somebody beside their name, each time that it was recorded. What holds now is in `people`.
CREATE TABLE people_said (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    person_id uuid NOT NULL REFERENCES people,
    at timestamptz NOT NULL,
    staff text NOT NULL REFERENCES staff,
    ethnicity text,
    died_on date
);
CREATE INDEX people_said_of_person ON people_said (person_id, at DESC, id DESC);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON people_said
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON people_said
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- What the wait of four weeks reads of steps and contacts: the few that may end one, in order, and not the whole tables.
CREATE INDEX steps_that_end_a_wait ON steps (transition_id, kind, step, done_on)
    WHERE state = 'done' AND kind IN ('measure', 'document');
CREATE INDEX contacts_attended ON contacts (transition_id, at)
    WHERE attendance IN ('5', '6') AND mechanism IN ('01', '02', '04', '11');

-- migrate:down
-- Undoing is a new migration.
