-- migrate:up

-- The keys of the key ring that were ever used here, never the keys themselves. `proof` shows that a key is still the
-- same. One that nothing is sealed with any more may leave the ring once it is retired here.
CREATE TABLE ring_keys (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
    proof bytea NOT NULL CHECK (length(proof) = 32),
    used_since timestamptz NOT NULL,
    retired_at timestamptz CHECK (retired_at >= used_since)
);

-- What is sealed of a person is sealed with a key of their own, which is kept here, sealed with the key ring. Destroyed,
-- it is gone for good, and with it whatever it sealed, wherever a copy of that lies.
CREATE TABLE person_keys (
    person_id uuid PRIMARY KEY REFERENCES people,
    wrapped bytea CHECK (length(wrapped) > 32),
    ring_key text CHECK (ring_key <> ''),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz CHECK (destroyed_at >= made_at),
    CONSTRAINT there_or_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CONSTRAINT wrapped_by_a_key CHECK ((wrapped IS NULL) = (ring_key IS NULL))
);
CREATE INDEX person_keys_of_ring_key ON person_keys (ring_key, person_id) WHERE ring_key IS NOT NULL;

-- Destroyed is for good: no program brings a key back or makes another one for the same person.
CREATE FUNCTION a_destroyed_key_stays_so() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the key of this person was destroyed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER destroyed_for_good BEFORE UPDATE OR DELETE ON person_keys
    FOR EACH ROW WHEN (OLD.destroyed_at IS NOT NULL) EXECUTE FUNCTION a_destroyed_key_stays_so();

-- migrate:down
-- Undoing is a new migration.
