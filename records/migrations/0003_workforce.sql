-- migrate:up

-- Who can do what and when: staff with their history, absences, who goes to whom, and the hours that are booked.

ALTER TABLE staff ADD COLUMN job_share text;
ALTER TABLE staff ADD CONSTRAINT contracted_hours_of_a_week CHECK (hours_per_week BETWEEN 0.1 AND 37.5) NOT VALID;

-- What a team has settled otherwise than the service's local policy.
ALTER TABLE teams ADD COLUMN policy jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(policy) = 'object');

-- What the staff list said before, and who changed it: written by the database, so that nothing can forget to.
CREATE TABLE staff_history (
    staff text NOT NULL REFERENCES staff,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text,
    was jsonb,
    is_now jsonb NOT NULL,
    PRIMARY KEY (staff, changed_at)
);
CREATE FUNCTION keep_staff_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO staff_history (staff, changed_by, is_now)
        VALUES (NEW.id, nullif(current_setting('alongside.actor', true), ''), to_jsonb(NEW));
    ELSIF OLD IS DISTINCT FROM NEW THEN
        INSERT INTO staff_history (staff, changed_by, was, is_now)
        VALUES (NEW.id, nullif(current_setting('alongside.actor', true), ''), to_jsonb(OLD), to_jsonb(NEW));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_history AFTER INSERT OR UPDATE ON staff FOR EACH ROW EXECUTE FUNCTION keep_staff_history();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON staff_history
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- When somebody is away. There is no column for why, and there must never be one.
CREATE TABLE absences (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    staff text NOT NULL REFERENCES staff,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL CHECK (ends > starts),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text,
    withdrawn_at timestamptz,
    CONSTRAINT away_once_at_a_time EXCLUDE USING gist (staff WITH =, tstzrange(starts, ends) WITH &&)
        WHERE (withdrawn_at IS NULL)
);
CREATE INDEX absences_of_staff ON absences (staff, ends) WHERE withdrawn_at IS NULL;

-- Which peer worker goes with whom, and why them: `considered` has a sentence for every candidate.
CREATE TABLE assignments (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    transition_id uuid NOT NULL REFERENCES transitions,
    staff text NOT NULL REFERENCES staff,
    joining boolean NOT NULL DEFAULT false,
    starts timestamptz NOT NULL,
    ends timestamptz CHECK (ends >= starts),
    why text NOT NULL,
    considered jsonb NOT NULL DEFAULT '[]',
    assigned_by text,
    reason text,
    revision integer NOT NULL
);
CREATE UNIQUE INDEX one_peer_worker_at_a_time ON assignments (transition_id, joining) WHERE ends IS NULL;
CREATE INDEX assignments_of_staff ON assignments (staff) WHERE ends IS NULL;
CREATE INDEX assignments_of_transition ON assignments (transition_id, starts);

-- People who accepted peer support and whom nobody is free to go with, the most at risk and then the longest waiting first.
CREATE TABLE peer_queue (
    transition_id uuid PRIMARY KEY REFERENCES transitions,
    team text NOT NULL REFERENCES teams,
    urgency integer NOT NULL CHECK (urgency BETWEEN 0 AND 2),
    since timestamptz NOT NULL,
    ask jsonb NOT NULL,
    considered jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX peer_queue_in_order ON peer_queue (team, urgency DESC, since, transition_id);

-- A group that meets once: the weekly drop-in, a co-facilitated group. Each person's attendance is their own contact.
CREATE TABLE group_sessions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    team text NOT NULL REFERENCES teams,
    title text NOT NULL CHECK (title <> ''),
    place text NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL CHECK (ends > starts),
    people_at_most integer NOT NULL CHECK (people_at_most > 0),
    cancelled_at timestamptz
);
CREATE INDEX group_sessions_ahead ON group_sessions (team, starts) WHERE cancelled_at IS NULL;

-- An hour of one worker that is spoken for. `busy` is the contact with the way there and the writing up; two of one
-- worker never overlap, whatever program writes. A contact with two workers is two rows, a group one row a worker.
CREATE TABLE bookings (
    id uuid NOT NULL,
    transition_id uuid REFERENCES transitions,
    step text,
    group_id uuid REFERENCES group_sessions,
    staff text NOT NULL REFERENCES staff,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL CHECK (ends > starts),
    busy tstzrange NOT NULL,
    minutes integer NOT NULL CHECK (minutes > 0),
    place text NOT NULL,
    status text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked', 'done', 'not-seen', 'unreported', 'released')),
    over_hours boolean NOT NULL DEFAULT false,
    override_by text,
    override_reason text,
    released_why text,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (id, staff),
    CONSTRAINT for_somebody_or_a_group CHECK ((transition_id IS NULL) = (step IS NULL) AND (step IS NULL) = (group_id IS NOT NULL)),
    CONSTRAINT busy_holds_the_contact CHECK (busy @> tstzrange(starts, ends)),
    CONSTRAINT over_hours_says_who_and_why
        CHECK (NOT over_hours OR (override_by IS NOT NULL AND override_reason IS NOT NULL)),
    CONSTRAINT one_place_at_a_time EXCLUDE USING gist (staff WITH =, busy WITH &&) WHERE (status <> 'released')
);
CREATE UNIQUE INDEX one_booking_of_a_worker_per_step ON bookings (transition_id, step, staff) WHERE status = 'booked';
CREATE INDEX bookings_of_staff ON bookings (staff, starts) WHERE status <> 'released';
CREATE INDEX bookings_of_transition ON bookings (transition_id, step);
CREATE INDEX bookings_of_group ON bookings (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX bookings_over_hours ON bookings (starts) WHERE over_hours AND status <> 'released';

-- Who is coming to a group: each for a step of their own.
CREATE TABLE group_places (
    group_id uuid NOT NULL REFERENCES group_sessions,
    transition_id uuid NOT NULL REFERENCES transitions,
    step text NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (group_id, transition_id, step)
);
CREATE INDEX group_places_of_transition ON group_places (transition_id) WHERE released_at IS NULL;

-- Peer support has things to tell, too: a person to go with, a contact without a time, hours that are overrun.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN (
    'reminder', 'escalation', 'silence', 'handover', 'attempt', 'peer-worker', 'booking', 'no-slot', 'over-hours'
));

CREATE INDEX transitions_open_by_team ON transitions (team) WHERE status = 'open';

-- migrate:down
-- Undoing is a new migration.
