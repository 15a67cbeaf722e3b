-- migrate:up

-- Out alone: who is out, until when they are expected, and who was told that they are not back.

CREATE TABLE visits (
    id uuid PRIMARY KEY,
    staff text NOT NULL REFERENCES staff,
    joined_by text REFERENCES staff CHECK (joined_by <> staff),
    team text REFERENCES teams,
    transition_id uuid REFERENCES transitions,
    place text NOT NULL CHECK (place IN ('ward', 'community', 'home', 'clinic')),
    alone_because text CHECK (alone_because <> ''),
    checked_in timestamptz NOT NULL,
    expected_end timestamptz NOT NULL,
    checked_out timestamptz,
    checked_out_by text REFERENCES staff,
    checked_out_command text,
    went_wrong boolean NOT NULL DEFAULT false,
    CONSTRAINT ends_within_eight_hours
        CHECK (expected_end > checked_in AND expected_end - checked_in <= interval '8 hours'),
    CONSTRAINT back_after_going CHECK (checked_out >= checked_in),
    CONSTRAINT checked_out_says_by_whom CHECK (
        (checked_out IS NULL) = (checked_out_by IS NULL) AND (checked_out IS NULL) = (checked_out_command IS NULL)
    ),
    CONSTRAINT known_to_have_gone_wrong_afterwards CHECK (NOT went_wrong OR checked_out IS NOT NULL)
);
CREATE UNIQUE INDEX out_once_at_a_time ON visits (staff) WHERE checked_out IS NULL;
CREATE INDEX visits_joined ON visits (joined_by) WHERE checked_out IS NULL;
CREATE INDEX visits_now ON visits (expected_end, id) WHERE checked_out IS NULL;
CREATE INDEX visits_of_transition ON visits (transition_id, place) WHERE transition_id IS NOT NULL;
CREATE INDEX visits_by_check_out ON visits (checked_out_command) WHERE checked_out IS NOT NULL;

-- Each rung is told once for one expected end; a visit that is extended begins again.
CREATE TABLE visit_alerts (
    visit_id uuid NOT NULL REFERENCES visits,
    expected_end timestamptz NOT NULL,
    rung integer NOT NULL CHECK (rung BETWEEN 0 AND 2),
    at timestamptz NOT NULL,
    roles text[] NOT NULL,
    recipients text[] NOT NULL,
    CONSTRAINT told_once_for_one_expected_end PRIMARY KEY (visit_id, expected_end, rung),
    CONSTRAINT never_told_early CHECK (at >= expected_end)
);

-- What each of them was told. Nobody to tell: `recipient` is null, operations see it.
CREATE TABLE visit_notices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    visit_id uuid NOT NULL,
    expected_end timestamptz NOT NULL,
    rung integer NOT NULL,
    recipient text REFERENCES staff,
    roles text[] NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    email text NOT NULL DEFAULT 'none'
        CHECK (email IN ('none', 'waiting', 'sending', 'sent', 'failed', 'uncertain', 'withdrawn')),
    claimed_at timestamptz,
    sent_at timestamptz,
    error text,
    CONSTRAINT each_of_them_told_once UNIQUE NULLS NOT DISTINCT (visit_id, expected_end, rung, recipient),
    FOREIGN KEY (visit_id, expected_end, rung) REFERENCES visit_alerts
);
CREATE INDEX visit_notices_of_recipient ON visit_notices (recipient, created_at DESC, id DESC);

-- migrate:down
-- Undoing is a new migration.
