-- migrate:up

-- What somebody writes of a person in their own words is sealed with the key of that person, and stays where it was, as
-- text: between two characters that nobody types (U+E000 and U+E001) stands what is sealed, in base64. So what is counted
-- and chained is what it was. It is read through `readable`, which gives a text with all that opens what is sealed in it:
-- whoever has the keys has it opened on the way.
-- Without a key what is sealed in it stays so, unless it is of nobody in particular: that is sealed with the key ring.
CREATE FUNCTION words_with_key(person uuid, wrapped bytea, kind bytea, said text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '\x9e414c5345414c'::bytea || kind || uuid_send(coalesce(person, '00000000-0000-0000-0000-000000000000'))
    || int4send(coalesce(length(wrapped), 0)) || coalesce(wrapped, '') || convert_to(said, 'UTF8');
CREATE FUNCTION with_key(which uuid, kind bytea, said text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    (SELECT words_with_key(k.person_id, k.wrapped, kind, said)
     FROM transitions t JOIN person_keys k ON k.person_id = t.person_id WHERE t.id = which),
    words_with_key(NULL, NULL, kind, said)
);

-- A text of a transition, as it may be read.
CREATE FUNCTION readable(which uuid, said text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN strpos(said, U&'\E000') > 0 THEN with_key(which, '\x02', said) ELSE as_if_sealed(said) END;
-- JSON of a transition, as text: what is opened in it is JSON again.
CREATE FUNCTION readable(which uuid, said json) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN strpos(said::text, U&'\E000') > 0 THEN with_key(which, '\x03', said::text)
    ELSE as_if_sealed(said::text) END;
CREATE FUNCTION readable(which uuid, said jsonb) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN strpos(said::text, U&'\E000') > 0 THEN with_key(which, '\x03', said::text)
    ELSE as_if_sealed(said::text) END;

-- The same where a query has the key: it costs nothing, so a list of many rows joins the keys itself.
CREATE FUNCTION readable_with(k person_keys, said text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN strpos(said, U&'\E000') > 0 THEN words_with_key((k).person_id, (k).wrapped, '\x02', said)
    ELSE as_if_sealed(said) END;
CREATE FUNCTION readable_with(k person_keys, said jsonb) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN strpos(said::text, U&'\E000') > 0 THEN words_with_key((k).person_id, (k).wrapped, '\x03', said::text)
    ELSE as_if_sealed(said::text) END;

-- A step that somebody added has the title that they gave it.
DROP VIEW worklist;
CREATE VIEW worklist AS
    SELECT s.transition_id, p.local_id, p.given_name, p.family_name, t.pathway, t.team, t.coordinator_id, t.on_hold,
        s.step, readable(s.transition_id, s.title) AS title, s.kind, s.owner, s.ladder, s.state, s.due, s.opened, s.rung,
        s.acknowledged_until, readable(s.transition_id, s.by_hand) AS by_hand,
        ARRAY(SELECT DISTINCT r FROM escalations e CROSS JOIN unnest(e.recipients) AS r
              WHERE e.transition_id = s.transition_id AND e.step = s.step AND e.due = s.due ORDER BY r) AS told
    FROM steps s
    JOIN transitions t ON t.id = s.transition_id
    JOIN people p ON p.id = t.person_id;

-- What was written before waits, open, for the first program that has the keys: of which transition, which visit to
-- nobody who is known here, and which thing done for many. What is chained (`events`, `broken_glass`) stays as it was
-- written.
CREATE TABLE words_open (
    kind text NOT NULL CHECK (kind IN ('transition', 'visit', 'bulk')),
    id uuid NOT NULL,
    PRIMARY KEY (kind, id)
);
INSERT INTO words_open
SELECT 'transition', id FROM transitions
UNION ALL SELECT 'visit', id FROM visits WHERE alone_because IS NOT NULL AND transition_id IS NULL
UNION ALL SELECT 'bulk', id FROM bulk_actions WHERE said ->> 'reason' IS NOT NULL;


-- Why a period was withdrawn is sealed once (or gone, of whoever was erased before), and is otherwise kept as everything
-- else that was said of it.
CREATE OR REPLACE FUNCTION ready_periods_keep_what_was_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (OLD.id, OLD.transition_id, OLD.starts, OLD.reason, OLD.attribution, OLD.recorded_by, OLD.recorded_at)
            = (NEW.id, NEW.transition_id, NEW.starts, NEW.reason, NEW.attribution, NEW.recorded_by, NEW.recorded_at)
        AND OLD.corrects IS NOT DISTINCT FROM NEW.corrects
        AND (OLD.withdrawn_at IS NULL
            OR ((OLD.withdrawn_at, OLD.withdrawn_by) = (NEW.withdrawn_at, NEW.withdrawn_by)
                AND strpos(OLD.withdrawn_why, U&'\E000') = 0
                AND (strpos(NEW.withdrawn_why, U&'\E000') = 1 OR NEW.withdrawn_why = '(erased)')))
        AND (OLD.ends IS NULL AND OLD.withdrawn_at IS NULL
            OR (OLD.ends, OLD.ended_by, OLD.ended_at) IS NOT DISTINCT FROM (NEW.ends, NEW.ended_by, NEW.ended_at)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ready_periods keeps what was said: % is not allowed', lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Withdraw the period, and enter another one.';
END
$$;

-- migrate:down
-- Undoing is a new migration.
