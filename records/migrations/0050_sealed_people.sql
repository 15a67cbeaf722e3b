-- migrate:up

-- What names a person is sealed with the key of that person, and found by what stands for it: a keyed hash, of which
-- nothing is read. The date of birth stays, for reports count by age. `people` is what is read: each value with all that opens it, so that whoever has the keys has it
-- opened on the way, and whoever has them not (or the key was destroyed) learns nothing.
DROP VIEW worklist;
DROP VIEW caseload;
DROP INDEX people_by_family_name, people_by_given_name, people_by_known_as;
DROP FUNCTION name_to_find;

-- Whoever was here before waits, open, for the first program that has the keys: it seals them, one by one.
CREATE TABLE people_open AS
    SELECT id AS person_id, local_id, nhs_number, given_name, family_name, known_as FROM people;
ALTER TABLE people_open ADD PRIMARY KEY (person_id), ADD FOREIGN KEY (person_id) REFERENCES people;

ALTER TABLE people RENAME TO people_sealed;
-- Each column is written anew, so that nothing open stays behind in the table.
ALTER TABLE people_sealed
    DROP CONSTRAINT one_person_per_local_id, DROP CONSTRAINT one_person_per_nhs_number,
    DROP CONSTRAINT nhs_number_with_check_digit, DROP CONSTRAINT people_local_id_check,
    DROP CONSTRAINT people_given_name_check, DROP CONSTRAINT people_family_name_check,
    DROP CONSTRAINT IF EXISTS people_known_as_check;
ALTER TABLE people_sealed
    ALTER local_id DROP NOT NULL, ALTER given_name DROP NOT NULL, ALTER family_name DROP NOT NULL;
ALTER TABLE people_sealed
    ALTER local_id TYPE bytea USING NULL, ALTER nhs_number TYPE bytea USING NULL,
    ALTER given_name TYPE bytea USING NULL, ALTER family_name TYPE bytea USING NULL,
    ALTER known_as TYPE bytea USING NULL,
    ADD local_id_blind bytea CONSTRAINT one_person_per_local_id UNIQUE CHECK (length(local_id_blind) = 32),
    ADD nhs_number_blind bytea CONSTRAINT one_person_per_nhs_number UNIQUE CHECK (length(nhs_number_blind) = 32),
    -- How a family name begins, how a given name or what they are called begins: a hash of each beginning.
    ADD found_by bytea[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT found_by_what_is_known CHECK (
        (local_id IS NULL) = (local_id_blind IS NULL) AND (nhs_number IS NULL) = (nhs_number_blind IS NULL)),
    ADD CONSTRAINT known_whole_or_erased CHECK (
        num_nulls(local_id, given_name, family_name) IN (0, 3));
DROP FUNCTION nhs_number_is_valid;
CREATE INDEX people_by_names ON people_sealed USING gin (found_by);

-- What somebody was called when they agreed to something; how they are called now is with the person.
ALTER TABLE agreements DROP CONSTRAINT IF EXISTS agreements_known_as_check;
ALTER TABLE agreements ALTER known_as TYPE bytea USING NULL;

-- A sealed value with what opens it: a mark, what it is, whose, their key as the key ring wraps it, and the value.
CREATE FUNCTION sealed_of(person uuid, wrapped bytea, about text, sealed bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '\x9e414c5345414c01'::bytea || int4send(length(about)) || convert_to(about, 'UTF8') || uuid_send(person)
    || int4send(length(wrapped)) || wrapped || sealed;
-- A word that is read as if it had been sealed.
CREATE FUNCTION as_if_sealed(word text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '\x9e414c5345414c00'::bytea || convert_to(word, 'UTF8');

CREATE VIEW people AS
    SELECT p.id,
        coalesce(sealed_of(p.id, k.wrapped, 'local_id', p.local_id), as_if_sealed('erased')) AS local_id,
        sealed_of(p.id, k.wrapped, 'nhs_number', p.nhs_number) AS nhs_number,
        coalesce(sealed_of(p.id, k.wrapped, 'given_name', p.given_name), as_if_sealed('Somebody')) AS given_name,
        coalesce(sealed_of(p.id, k.wrapped, 'family_name', p.family_name), as_if_sealed('erased')) AS family_name,
        p.date_of_birth,
        sealed_of(p.id, k.wrapped, 'known_as', p.known_as) AS known_as,
        p.shares, p.ethnicity, p.died_on, p.local_id_blind, p.nhs_number_blind, p.found_by
    FROM people_sealed p LEFT JOIN person_keys k ON k.person_id = p.id;

CREATE VIEW worklist AS
    SELECT s.transition_id, p.local_id, p.given_name, p.family_name, t.pathway, t.team, t.coordinator_id, t.on_hold,
        s.step, s.title, s.kind, s.owner, s.ladder, s.state, s.due, s.opened, s.rung, s.acknowledged_until, s.by_hand,
        ARRAY(SELECT DISTINCT r FROM escalations e CROSS JOIN unnest(e.recipients) AS r
              WHERE e.transition_id = s.transition_id AND e.step = s.step AND e.due = s.due ORDER BY r) AS told
    FROM steps s
    JOIN transitions t ON t.id = s.transition_id
    JOIN people p ON p.id = t.person_id;

CREATE VIEW caseload AS
    SELECT t.id, p.local_id, p.given_name, p.family_name, t.pathway, t.team, t.coordinator_id, t.status, t.on_hold,
        t.started, t.taken_on, t.stage, t.next_due, t.overdue_count, t.highest_rung, t.handover_to, t.exit, t.closed_at,
        t.revision, p.local_id_blind
    FROM transitions t
    JOIN people p ON p.id = t.person_id;

-- migrate:down
-- Undoing is a new migration.
