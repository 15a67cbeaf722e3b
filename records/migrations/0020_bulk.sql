-- migrate:up

-- One thing done for many: what somebody asked for, and for which transitions. Whether it is stopped is here and
-- nowhere else; `ended_at` is when nothing was left to do.
CREATE TABLE bulk_actions (
    id uuid PRIMARY KEY,
    what text NOT NULL CHECK (what IN ('move-definition', 'acknowledge', 'handover-offer', 'handover-answer')),
    staff text NOT NULL REFERENCES staff,
    at timestamptz NOT NULL,
    said jsonb NOT NULL,
    stopped_at timestamptz,
    stopped_by text REFERENCES staff,
    ended_at timestamptz,
    CONSTRAINT stopped_by_somebody CHECK ((stopped_at IS NULL) = (stopped_by IS NULL))
);
CREATE INDEX bulk_actions_of_staff ON bulk_actions (staff, at DESC, id);
CREATE INDEX bulk_actions_by_what ON bulk_actions (what, at DESC, id);
CREATE INDEX bulk_actions_under_way ON bulk_actions (id) WHERE ended_at IS NULL;

-- One of the many, and what became of it, which stays. `asked` is the id that was sent; without a transition it is of
-- nobody whom whoever asked may see, or of nobody at all: which of the two is kept nowhere. `tries` is how often its
-- turn came.
CREATE TABLE bulk_items (
    bulk_id uuid NOT NULL REFERENCES bulk_actions,
    number integer NOT NULL CHECK (number > 0),
    asked text NOT NULL,
    transition_id uuid REFERENCES transitions,
    step text,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    became text NOT NULL DEFAULT 'to-do' CHECK (became IN ('to-do', 'done', 'refused', 'left')),
    why text,
    recorded_at timestamptz,
    PRIMARY KEY (bulk_id, number),
    CONSTRAINT once_in_a_bulk_action UNIQUE NULLS NOT DISTINCT (bulk_id, asked, step),
    CONSTRAINT nothing_is_done_for_nobody CHECK (transition_id IS NOT NULL OR became = 'refused'),
    CONSTRAINT what_was_not_done_says_why CHECK ((became IN ('refused', 'left')) = (why IS NOT NULL)),
    CONSTRAINT an_outcome_has_its_time CHECK ((became = 'to-do') = (recorded_at IS NULL))
);
CREATE INDEX bulk_items_to_do ON bulk_items (bulk_id, tries, number) WHERE became = 'to-do';
CREATE INDEX bulk_items_by_outcome ON bulk_items (bulk_id, became, number);

CREATE FUNCTION an_outcome_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what became of one of many stays'
        USING ERRCODE = 'restrict_violation', HINT = 'Ask for what is still wanted anew.';
END
$$;
-- What was left while it was under way may turn out to be done.
CREATE TRIGGER an_outcome_stays BEFORE UPDATE ON bulk_items FOR EACH ROW
    WHEN (OLD.became IN ('done', 'refused') OR (OLD.became = 'left' AND NEW.became NOT IN ('left', 'done')))
    EXECUTE FUNCTION an_outcome_stays();
CREATE TRIGGER never_taken_away BEFORE DELETE ON bulk_items
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- Whoever is concerned by what somebody else decided has word of it.
ALTER TABLE notices DROP CONSTRAINT notices_kind_check;
ALTER TABLE notices ADD CONSTRAINT notices_kind_check CHECK (kind IN (
    'reminder', 'escalation', 'silence', 'handover', 'attempt', 'peer-worker', 'booking', 'no-slot', 'over-hours',
    'word'
));

-- How many journeys run by each version, and those that do, the next date first.
CREATE INDEX transitions_open_by_definition ON transitions (definition) WHERE status = 'open';
CREATE INDEX transitions_running_by_definition ON transitions (definition, coalesce(next_due, 'infinity'), id)
    WHERE status = 'open';

-- migrate:down
-- Undoing is a new migration.
