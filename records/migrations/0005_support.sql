-- migrate:up

-- Support for the workers: the dates of supervision, that a debrief was offered and whether it was taken, and who was
-- told. There is no column for what was said in either, and there must never be one.

CREATE TABLE supervisions (
    staff text NOT NULL REFERENCES staff,
    track text NOT NULL CHECK (track IN ('role', 'wellbeing')),
    held_on date NOT NULL,
    recorded_by text NOT NULL REFERENCES staff,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT one_supervision_of_a_track_a_day PRIMARY KEY (staff, track, held_on)
);

CREATE TABLE debriefs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    staff text NOT NULL REFERENCES staff,
    cause text NOT NULL CHECK (cause IN ('incident', 'death', 'visit')),
    arisen_at timestamptz NOT NULL,
    offer_by timestamptz NOT NULL CHECK (offer_by > arisen_at),
    offered_at timestamptz CHECK (offered_at >= arisen_at),
    offered_by text REFERENCES staff,
    taken boolean,
    CONSTRAINT owed_once UNIQUE (staff, cause, arisen_at),
    CONSTRAINT offered_says_by_whom CHECK ((offered_at IS NULL) = (offered_by IS NULL)),
    CONSTRAINT offered_before_it_is_answered CHECK (taken IS NULL OR offered_at IS NOT NULL)
);
CREATE INDEX debriefs_to_offer ON debriefs (staff, offer_by) WHERE offered_at IS NULL;
CREATE INDEX debriefs_to_answer ON debriefs (staff, offer_by) WHERE taken IS NULL;

-- What each of them was told, each once. Nobody to tell: `recipient` is null, operations see it.
CREATE TABLE support_alerts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    staff text NOT NULL REFERENCES staff,
    matter text NOT NULL CHECK (matter IN ('role', 'wellbeing', 'debrief')),
    debrief_id uuid REFERENCES debriefs,
    due timestamptz NOT NULL,
    number integer NOT NULL CHECK (number >= 0),
    recipient text REFERENCES staff,
    text text NOT NULL CHECK (text <> ''),
    created_at timestamptz NOT NULL,
    CONSTRAINT which_debrief CHECK ((matter = 'debrief') = (debrief_id IS NOT NULL)),
    CONSTRAINT support_told_once UNIQUE NULLS NOT DISTINCT (staff, matter, due, number, debrief_id, recipient)
);
CREATE INDEX support_alerts_of_recipient ON support_alerts (recipient, created_at DESC, id DESC);

-- Since when somebody is a peer worker is in the history. Of whoever came before there was one, it begins here.
INSERT INTO staff_history (staff, is_now)
SELECT s.id, to_jsonb(s) FROM staff s WHERE NOT EXISTS (SELECT FROM staff_history h WHERE h.staff = s.id);

-- migrate:down
-- Undoing is a new migration.
