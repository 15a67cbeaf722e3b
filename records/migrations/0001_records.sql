-- migrate:up

-- The records: who the people and the staff are, and what happened on each transition.
-- Rules that must hold whatever program writes are constraints here.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The check digit of an NHS number (modulus 11); all zeros and all nines pass it, yet are nobody's.
CREATE FUNCTION nhs_number_is_valid(number text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN number ~ '^[0-9]{10}$'
    AND number NOT IN ('0000000000', '9999999999')
    AND (11 - (10 * substr(number, 1, 1)::int + 9 * substr(number, 2, 1)::int + 8 * substr(number, 3, 1)::int
             + 7 * substr(number, 4, 1)::int + 6 * substr(number, 5, 1)::int + 5 * substr(number, 6, 1)::int
             + 4 * substr(number, 7, 1)::int + 3 * substr(number, 8, 1)::int + 2 * substr(number, 9, 1)::int) % 11) % 11
        = substr(number, 10, 1)::int;

CREATE TABLE teams (
    name text PRIMARY KEY CHECK (name <> '')
);

CREATE TABLE staff (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}$'),
    name text NOT NULL CHECK (name <> ''),
    role text NOT NULL CHECK (role <> ''),
    team text REFERENCES teams,
    hours_per_week numeric(5, 2) CHECK (hours_per_week BETWEEN 0 AND 168),
    works text,
    languages text[] NOT NULL DEFAULT '{}',
    attributes text[] NOT NULL DEFAULT '{}',
    settings text[] NOT NULL DEFAULT '{}',
    line_manager text,
    role_supervisor text,
    wellbeing_supervisor text,
    email text CHECK (email LIKE '%_@_%'),
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE cover (
    staff text NOT NULL REFERENCES staff,
    stands_in text NOT NULL REFERENCES staff CHECK (stands_in <> staff),
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL CHECK (ends > starts),
    PRIMARY KEY (staff, starts),
    CONSTRAINT one_cover_at_a_time EXCLUDE USING gist (staff WITH =, tstzrange(starts, ends) WITH &&)
);
CREATE INDEX cover_by_stand_in ON cover (stands_in, ends);

CREATE TABLE people (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    local_id text NOT NULL CONSTRAINT one_person_per_local_id UNIQUE CHECK (local_id <> ''),
    nhs_number text CONSTRAINT one_person_per_nhs_number UNIQUE
        CONSTRAINT nhs_number_with_check_digit CHECK (nhs_number_is_valid(nhs_number)),
    given_name text NOT NULL CHECK (given_name <> ''),
    family_name text NOT NULL CHECK (family_name <> ''),
    date_of_birth date NOT NULL
);

-- The rules that journeys run by, each version named by the SHA-256 of its canonical text.
CREATE TABLE definitions (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    canonical text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

-- A person on a pathway. `coordinator_id` is no foreign key: it comes from a command that was accepted already,
-- and a commit must not fail for good; an id that nobody holds is resolved to the team lead, saying so.
CREATE TABLE transitions (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    pathway text NOT NULL,
    started timestamptz NOT NULL,
    taken_on timestamptz NOT NULL,
    team text NOT NULL REFERENCES teams,
    coordinator_id text,
    overlap_coordinator_id text,
    overlap_until timestamptz,
    handover_to text,
    division text NOT NULL,
    status text NOT NULL DEFAULT 'registered' CHECK (status IN ('registered', 'open', 'closed')),
    on_hold boolean NOT NULL DEFAULT false,
    stage text,
    next_due timestamptz,
    overdue_count integer NOT NULL DEFAULT 0 CHECK (overdue_count >= 0),
    highest_rung integer NOT NULL DEFAULT 0 CHECK (highest_rung >= 0),
    exit text,
    closed_at timestamptz,
    definition text REFERENCES definitions,
    revision integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
    journey jsonb,
    CONSTRAINT closed_says_how_and_when
        CHECK ((status = 'closed') = (exit IS NOT NULL) AND (exit IS NULL) = (closed_at IS NULL)),
    CONSTRAINT registered_until_the_first_commit CHECK ((status = 'registered') = (journey IS NULL))
);
CREATE UNIQUE INDEX one_open_transition_per_pathway ON transitions (person_id, pathway) WHERE status <> 'closed';
CREATE INDEX transitions_of_person ON transitions (person_id);
CREATE INDEX transitions_of_coordinator ON transitions (coordinator_id, coalesce(next_due, 'infinity'), id)
    WHERE status <> 'closed';
CREATE INDEX transitions_in_overlap ON transitions (overlap_coordinator_id) WHERE overlap_coordinator_id IS NOT NULL;

-- One row a revision: what a commit was, so that doing it again changes nothing.
CREATE TABLE commits (
    transition_id uuid NOT NULL REFERENCES transitions,
    revision integer NOT NULL CHECK (revision > 0),
    digest text NOT NULL,
    at timestamptz NOT NULL,
    command_id text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (transition_id, revision),
    CONSTRAINT a_command_is_done_once UNIQUE (transition_id, command_id)
);

CREATE VIEW commands AS
    SELECT transition_id, command_id AS id, revision, at, recorded_at FROM commits WHERE command_id IS NOT NULL;

-- The steps as they stand now. `holder` is the one member of staff that the owner's role means here
-- (a coordinator, or who was offered a handover); without one the role is resolved in the team.
CREATE TABLE steps (
    transition_id uuid NOT NULL REFERENCES transitions,
    step text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    owner text NOT NULL,
    ladder text NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'open', 'missed', 'done', 'waived', 'cancelled')),
    due timestamptz,
    late boolean NOT NULL,
    opened timestamptz,
    done_on timestamptz,
    ended timestamptz,
    rung integer NOT NULL CHECK (rung >= 0),
    acknowledged_until timestamptz,
    reason text,
    by_hand text,
    team text NOT NULL,
    holder text,
    PRIMARY KEY (transition_id, step),
    CONSTRAINT what_is_to_be_done_has_a_date CHECK (state NOT IN ('open', 'missed') OR due IS NOT NULL)
);
CREATE INDEX steps_to_do_by_team ON steps (team, owner, due, transition_id, step)
    WHERE state IN ('open', 'missed') AND holder IS NULL;
CREATE INDEX steps_to_do_by_holder ON steps (holder, due, transition_id, step)
    WHERE state IN ('open', 'missed') AND holder IS NOT NULL;
CREATE INDEX steps_missed ON steps (due, transition_id, step) WHERE state = 'missed';
CREATE INDEX steps_missed_by_team ON steps (team, due, transition_id, step) WHERE state = 'missed';

-- Contacts that were tried, attended or not.
CREATE TABLE contacts (
    transition_id uuid NOT NULL REFERENCES transitions,
    step text NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    attendance text NOT NULL CHECK (attendance IN ('2', '3', '4', '5', '6', '7')),
    mechanism text NOT NULL,
    by_role text,
    by_staff text,
    PRIMARY KEY (transition_id, step, number)
);

CREATE VIEW attempts AS SELECT * FROM contacts WHERE attendance NOT IN ('5', '6');

-- Everything that happened. `at` is when it happened for the journey, `said_at` when somebody said so,
-- `recorded_at` when it reached the records.
CREATE TABLE events (
    transition_id uuid NOT NULL REFERENCES transitions,
    revision integer NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    event text NOT NULL,
    step text,
    at timestamptz NOT NULL,
    said_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    command_id text,
    command text,
    role text,
    staff text,
    reason text,
    payload jsonb NOT NULL,
    PRIMARY KEY (transition_id, revision, seq),
    FOREIGN KEY (transition_id, revision) REFERENCES commits
);

CREATE FUNCTION records_are_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to: % is not allowed', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Record a correction as a new event.';
END
$$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON commits
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON commits
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- A rung that fired: at most once for one due instant.
CREATE TABLE escalations (
    transition_id uuid NOT NULL,
    step text NOT NULL,
    due timestamptz NOT NULL,
    rung integer NOT NULL CHECK (rung > 0),
    at timestamptz NOT NULL,
    roles text[] NOT NULL,
    recipients text[] NOT NULL,
    revision integer NOT NULL,
    PRIMARY KEY (transition_id, step, due, rung),
    FOREIGN KEY (transition_id, revision) REFERENCES commits
);
CREATE INDEX escalations_by_time ON escalations (at);

-- What somebody is told: always in their inbox, and by e-mail where that is set up. `number` is the rung, the
-- number of the attempt, or the revision that made an offer. Nobody to tell: `recipient` is null, operations see it.
CREATE TABLE notices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    transition_id uuid NOT NULL,
    revision integer NOT NULL,
    step text,
    kind text NOT NULL CHECK (kind IN ('reminder', 'escalation', 'silence', 'handover', 'attempt')),
    due timestamptz,
    number integer NOT NULL DEFAULT 0,
    recipient text REFERENCES staff,
    roles text[] NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    email text NOT NULL DEFAULT 'none'
        CHECK (email IN ('none', 'waiting', 'sending', 'sent', 'failed', 'uncertain', 'withdrawn')),
    claimed_at timestamptz,
    sent_at timestamptz,
    error text,
    CONSTRAINT told_once UNIQUE NULLS NOT DISTINCT (transition_id, step, kind, due, number, recipient),
    FOREIGN KEY (transition_id, revision) REFERENCES commits
);
CREATE INDEX notices_of_recipient ON notices (recipient, created_at DESC, id DESC);
CREATE INDEX notices_of_commit ON notices (transition_id, revision);
CREATE INDEX notices_to_send ON notices (created_at, id) WHERE email IN ('waiting', 'sending', 'failed');

-- migrate:down
-- Undoing is a new migration.
