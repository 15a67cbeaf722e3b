-- migrate:up

-- Whoever was erased and is back, because a backup from before was restored, is erased again: as the list says that is
-- kept apart from the records. Who asked and who approved need not be in these records, so nothing refers to them.
CREATE TABLE erased_again (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT nobody_is_erased_again_twice UNIQUE REFERENCES people_sealed,
    why text NOT NULL,
    rule text NOT NULL,
    kept_until date,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    approved_by text NOT NULL CHECK (approved_by <> asked_by),
    approved_at timestamptz NOT NULL,
    destroyed_at timestamptz NOT NULL CHECK (destroyed_at >= approved_at),
    destroyed jsonb NOT NULL CHECK (jsonb_typeof(destroyed) = 'object'),
    again_at timestamptz NOT NULL,
    forgotten_at timestamptz CHECK (forgotten_at >= again_at)
);
CREATE INDEX erased_again_in_temporal ON erased_again (again_at) WHERE forgotten_at IS NULL;

-- What it says stays; only that Temporal has forgotten them is added.
CREATE FUNCTION erased_again_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM person_keys k WHERE k.person_id = NEW.person_id AND k.destroyed_at IS NOT NULL
    ) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.forgotten_at IS NULL
        AND to_jsonb(OLD) - 'forgotten_at' = to_jsonb(NEW) - 'forgotten_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a certificate is for what was done, and stays as it is' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER erased_again_stays BEFORE INSERT OR UPDATE OR DELETE ON erased_again
    FOR EACH ROW EXECUTE FUNCTION erased_again_stays();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON erased_again
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- Every certificate, whether it was written when somebody was erased or comes from the list.
CREATE VIEW certificates AS
SELECT id, person_id, why, rule, kept_until, asked_by, asked_at, approved_by, approved_at, destroyed_at, destroyed,
    NULL::timestamptz AS again_at
FROM erasure_certificates
UNION ALL
SELECT id, person_id, why, rule, kept_until, asked_by, asked_at, approved_by, approved_at, destroyed_at, destroyed,
    again_at
FROM erased_again;

-- migrate:down
-- Undoing is a new migration.
