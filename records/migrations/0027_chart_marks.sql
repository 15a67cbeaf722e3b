-- migrate:up

-- What somebody wrote on a chart: from a day on figures are held against a baseline of their own, or something changed
-- that whoever reads the chart should know. Without a team it is on the chart of the whole service.
CREATE TABLE chart_marks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    report text NOT NULL CHECK (report ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    team text REFERENCES teams,
    pathway text,
    kind text NOT NULL CHECK (kind IN ('baseline', 'note')),
    begins date NOT NULL,
    text text NOT NULL CHECK (text ~ '\S' AND length(text) <= 300),
    made_by text NOT NULL REFERENCES staff,
    made_at timestamptz NOT NULL,
    withdrawn_by text REFERENCES staff,
    withdrawn_at timestamptz,
    CONSTRAINT withdrawn_by_somebody CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX chart_marks_of_report ON chart_marks (report, begins) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX one_baseline_begins_on_a_day ON chart_marks (report, team, pathway, begins) NULLS NOT DISTINCT
    WHERE kind = 'baseline' AND withdrawn_at IS NULL;

CREATE FUNCTION a_mark_is_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what stands on a chart is withdrawn, not changed'
        USING ERRCODE = 'restrict_violation', HINT = 'Withdraw it and write it anew.';
END
$$;
CREATE TRIGGER only_withdrawn BEFORE UPDATE ON chart_marks FOR EACH ROW
    WHEN (OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
          OR (OLD.id, OLD.report, OLD.team, OLD.pathway, OLD.kind, OLD.begins, OLD.text, OLD.made_by, OLD.made_at)
              IS DISTINCT FROM
             (NEW.id, NEW.report, NEW.team, NEW.pathway, NEW.kind, NEW.begins, NEW.text, NEW.made_by, NEW.made_at))
    EXECUTE FUNCTION a_mark_is_only_withdrawn();
CREATE TRIGGER never_taken_away BEFORE DELETE ON chart_marks
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- migrate:down
-- Undoing is a new migration.
