-- migrate:up

-- What somebody agreed to share with their peer worker, and how they wish to be called, each time that it was recorded.
-- What holds now is in `people`; this says who recorded it, and when.
CREATE TABLE agreements (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    person_id uuid NOT NULL REFERENCES people,
    at timestamptz NOT NULL,
    staff text NOT NULL REFERENCES staff,
    known_as text CHECK (known_as <> ''),
    shares text[] NOT NULL CHECK (shares <@ ARRAY['stage', 'dates', 'facts', 'steps'])
);
CREATE INDEX agreements_of_person ON agreements (person_id, at DESC, id DESC);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON agreements
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON agreements
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- migrate:down
-- Undoing is a new migration.
