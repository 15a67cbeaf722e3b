-- migrate:up

-- Somebody asks that what is kept of a person is destroyed, and what became of that. Why, and for what it was refused,
-- are codes: this stays when the person's own records are gone, so nobody writes about them here.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people_sealed,
    why text NOT NULL CHECK (why IN ('end-of-retention', 'asked-by-person', 'never-begun')),
    rule text NOT NULL CHECK (rule IN ('closed', 'child', 'death', 'open', 'unknown')),
    kept_until date,
    asked_by text NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    became text NOT NULL DEFAULT 'asked'
        CHECK (became IN ('asked', 'approved', 'refused', 'withdrawn', 'lapsed', 'overtaken', 'done')),
    decided_by text REFERENCES staff,
    decided_at timestamptz CHECK (decided_at >= asked_at),
    refused_for text CHECK (refused_for IN ('still-needed', 'not-due', 'wrong-person')),
    ended_at timestamptz CHECK (ended_at >= asked_at),
    CONSTRAINT a_second_person_decides
        CHECK (became NOT IN ('approved', 'refused', 'overtaken', 'done') OR decided_by IS DISTINCT FROM asked_by),
    CONSTRAINT whoever_asked_withdraws CHECK (became <> 'withdrawn' OR decided_by = asked_by),
    CONSTRAINT decided_says_by_whom_and_when CHECK (
        (became IN ('asked', 'lapsed')) = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)
    ),
    CONSTRAINT refused_says_for_what CHECK ((became = 'refused') = (refused_for IS NOT NULL)),
    CONSTRAINT ended_unless_under_way CHECK ((became IN ('asked', 'approved')) = (ended_at IS NULL)),
    CONSTRAINT due_says_since_when CHECK (why <> 'end-of-retention' OR kept_until IS NOT NULL),
    CONSTRAINT as_it_was_decided UNIQUE (id, person_id, asked_by, decided_by)
);
CREATE UNIQUE INDEX one_open_erasure_a_person ON erasures (person_id) WHERE became IN ('asked', 'approved');
CREATE INDEX erasures_of_person ON erasures (person_id, asked_at DESC);
CREATE INDEX erasures_by_time ON erasures (asked_at DESC, id DESC);
CREATE INDEX erasures_under_way ON erasures (asked_at, id) WHERE became IN ('asked', 'approved');

-- What is left of an erasure for good: that it was done, by which rule, who asked and who approved, and how many rows of
-- which kind nobody reads any more. Nothing of the person but the id of their row.
CREATE TABLE erasure_certificates (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    erasure_id uuid NOT NULL CONSTRAINT one_certificate_per_erasure UNIQUE,
    person_id uuid NOT NULL CONSTRAINT nobody_is_erased_twice UNIQUE REFERENCES people_sealed,
    why text NOT NULL,
    rule text NOT NULL,
    kept_until date,
    asked_by text NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    approved_by text NOT NULL REFERENCES staff CHECK (approved_by <> asked_by),
    approved_at timestamptz NOT NULL,
    destroyed_at timestamptz NOT NULL CHECK (destroyed_at >= approved_at),
    destroyed jsonb NOT NULL CHECK (jsonb_typeof(destroyed) = 'object'),
    FOREIGN KEY (erasure_id, person_id, asked_by, approved_by)
        REFERENCES erasures (id, person_id, asked_by, decided_by)
);
CREATE INDEX erasure_certificates_by_time ON erasure_certificates (destroyed_at DESC, id DESC);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON erasure_certificates
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON erasure_certificates
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- An erasure goes one way: asked for, decided, done. What was asked for and decided is not changed afterwards, and it is
-- done only with a certificate.
CREATE FUNCTION erasures_go_one_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.became = 'asked' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (OLD.id, OLD.person_id, OLD.why, OLD.rule, OLD.asked_by, OLD.asked_at)
            = (NEW.id, NEW.person_id, NEW.why, NEW.rule, NEW.asked_by, NEW.asked_at)
        AND OLD.kept_until IS NOT DISTINCT FROM NEW.kept_until
        AND ((OLD.became = 'asked' AND NEW.became IN ('approved', 'refused', 'withdrawn', 'lapsed'))
            OR (OLD.became = 'approved' AND NEW.became IN ('overtaken', 'done')
                AND (OLD.decided_by, OLD.decided_at) = (NEW.decided_by, NEW.decided_at)))
        AND (NEW.became <> 'done' OR EXISTS (SELECT FROM erasure_certificates c WHERE c.erasure_id = NEW.id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an erasure is asked for, approved by a second person and then done: % is not allowed', lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Ask for it anew.';
END
$$;
CREATE TRIGGER erasures_go_one_way BEFORE INSERT OR UPDATE OR DELETE ON erasures
    FOR EACH ROW EXECUTE FUNCTION erasures_go_one_way();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON erasures
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- A certificate says what was done: approved, the key gone, and nobody erased who is followed.
CREATE FUNCTION a_certificate_is_true() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM erasures e WHERE e.id = NEW.erasure_id AND e.became = 'approved')
        OR NOT EXISTS (SELECT FROM person_keys k WHERE k.person_id = NEW.person_id AND k.destroyed_at IS NOT NULL)
        OR EXISTS (SELECT FROM transitions t WHERE t.person_id = NEW.person_id AND t.status = 'open') THEN
        RAISE EXCEPTION 'a certificate is for what was approved and done' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER a_certificate_is_true BEFORE INSERT ON erasure_certificates
    FOR EACH ROW EXECUTE FUNCTION a_certificate_is_true();

-- What is of a person and is neither counted nor sealed with their key goes together with the key, whatever program
-- destroys it: what they are found by (so that who comes again is somebody new), their day of birth within its month (that
-- much reports count by), what was answered to single questions (scores stay), and why somebody did what they did for them.
ALTER TABLE people_sealed ADD local_id_was bytea CHECK (length(local_id_was) = 32);
CREATE FUNCTION the_rest_goes_with_the_key() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    theirs uuid[] := ARRAY(SELECT id FROM transitions WHERE person_id = NEW.person_id);
BEGIN
    UPDATE people_sealed SET local_id = NULL, nhs_number = NULL, given_name = NULL, family_name = NULL, known_as = NULL,
        local_id_was = local_id_blind, local_id_blind = NULL, nhs_number_blind = NULL, found_by = '{}',
        date_of_birth = date_trunc('month', date_of_birth)
    WHERE id = NEW.person_id AND local_id IS NOT NULL;
    UPDATE steps SET reason = NULL WHERE transition_id = ANY (theirs) AND reason IS NOT NULL;
    UPDATE measures SET items = NULL WHERE transition_id = ANY (theirs) AND items IS NOT NULL;
    UPDATE assignments SET why = 'Erased.', considered = '[]', reason = NULL WHERE transition_id = ANY (theirs);
    UPDATE bookings SET override_reason = CASE WHEN override_reason IS NOT NULL THEN 'Erased.' END,
        released_why = CASE WHEN released_why IS NOT NULL THEN 'Erased.' END
    WHERE transition_id = ANY (theirs) AND (override_reason IS NOT NULL OR released_why IS NOT NULL);
    UPDATE visits SET alone_because = 'Erased.' WHERE transition_id = ANY (theirs) AND alone_because IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER the_rest_goes_with_the_key AFTER INSERT OR UPDATE ON person_keys
    FOR EACH ROW WHEN (NEW.destroyed_at IS NOT NULL) EXECUTE FUNCTION the_rest_goes_with_the_key();

-- Everything of one person, to be given to them.
CREATE INDEX bulk_items_of_transition ON bulk_items (transition_id);
CREATE INDEX absence_outcomes_of_transition ON absence_outcomes (transition_id);
CREATE INDEX group_places_ever_of_transition ON group_places (transition_id);
CREATE INDEX broken_glass_of_transition ON broken_glass (transition_id, at);
CREATE INDEX webhook_messages_of_transition ON webhook_messages (transition_id);

-- Whoever was erased is known by what stood for their local id, so that whoever asks is told of the certificate.
CREATE INDEX people_erased ON people_sealed (local_id_was) WHERE local_id_was IS NOT NULL;
-- Whose death lies how far back.
CREATE INDEX people_by_death ON people_sealed (died_on, id) WHERE died_on IS NOT NULL;

-- migrate:down
-- Undoing is a new migration.
