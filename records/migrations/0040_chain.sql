-- migrate:up

-- What shows that nothing in the log of events and in the access log was changed, removed or slipped in afterwards:
-- each row's hash covers what the row says and the hash before it. docs/operations.md says what that proves and what not.

-- What a row says, as text that is the same in every time zone: a JSON list of texts, instants as seconds since 1970.
-- Each column is in it; a column that is added later needs a new form of the text, which a test will ask for.
CREATE FUNCTION chain_text(r commits) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN array_to_json(ARRAY['commits', (r).transition_id::text, (r).revision::text, (r).digest,
    extract(epoch FROM (r).at)::text, (r).command_id, extract(epoch FROM (r).recorded_at)::text])::text;
CREATE FUNCTION chain_text(r events) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN array_to_json(ARRAY['events', (r).transition_id::text, (r).revision::text, (r).seq::text, (r).event,
    (r).step, extract(epoch FROM (r).at)::text, extract(epoch FROM (r).said_at)::text,
    extract(epoch FROM (r).recorded_at)::text, (r).command_id, (r).command, (r).role, (r).staff,
    (r).reason, (r).payload::text])::text;
CREATE FUNCTION chain_text(r access_log) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN array_to_json(ARRAY['access_log', (r).id::text, extract(epoch FROM (r).at)::text, (r).staff, (r).role,
    (r).transition_id::text, (r).page, (r).why, (r).broken_glass::text])::text;
CREATE FUNCTION chain_text(r broken_glass) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN array_to_json(ARRAY['broken_glass', (r).id::text, (r).staff, (r).role, (r).transition_id::text,
    (r).code, (r).words, extract(epoch FROM (r).at)::text, extract(epoch FROM (r).ends)::text])::text;

CREATE FUNCTION chained(before bytea, says text, first bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(coalesce(before, first) || convert_to(says, 'UTF8'));
-- The hashes of rows in their order, after the hash `first`.
CREATE AGGREGATE chain(text, bytea) (SFUNC = chained, STYPE = bytea);

-- The chain of a transition, one row a revision: the hash of its commit, then those of its events in their order.
-- The last of them is where the next revision goes on.
CREATE TABLE links (
    transition_id uuid NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    hashes bytea[] NOT NULL CHECK (cardinality(hashes) > 0),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (transition_id, revision)
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON links
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON links
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

INSERT INTO links (transition_id, revision, hashes, at)
SELECT transition_id, revision, array_agg(hash ORDER BY seq), max(recorded_at)
FROM (
    SELECT transition_id, revision, seq, recorded_at,
        chain(says, ''::bytea) OVER (PARTITION BY transition_id ORDER BY revision, seq) AS hash
    FROM (
        SELECT transition_id, revision, 0 AS seq, recorded_at, chain_text(c) AS says FROM commits c
        UNION ALL SELECT transition_id, revision, seq, recorded_at, chain_text(e) FROM events e
    ) AS happened
) AS in_order
GROUP BY transition_id, revision;
CREATE INDEX links_by_time ON links (at);
ANALYZE links;

-- Written at the end of the transaction that writes a revision, by the database, whatever program records it. A chain
-- that was broken before never stops somebody's journey: it goes on from nothing, and verifying finds the break.
CREATE FUNCTION link_revision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    hash bytea := coalesce((SELECT l.hashes[cardinality(l.hashes)] FROM links l
                            WHERE l.transition_id = NEW.transition_id AND l.revision = NEW.revision - 1), ''::bytea);
    hashes bytea[];
    says text;
BEGIN
    hash := sha256(hash || convert_to(chain_text(NEW), 'UTF8'));
    hashes := ARRAY[hash];
    FOR says IN SELECT chain_text(e) FROM events e
                WHERE e.transition_id = NEW.transition_id AND e.revision = NEW.revision ORDER BY e.seq
    LOOP
        hash := sha256(hash || convert_to(says, 'UTF8'));
        hashes := hashes || hash;
    END LOOP;
    INSERT INTO links (transition_id, revision, hashes) VALUES (NEW.transition_id, NEW.revision, hashes)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER link_revision AFTER INSERT ON commits
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_revision();

CREATE FUNCTION a_revision_is_written_once() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added a JOIN links l ON l.transition_id = a.transition_id AND l.revision = a.revision) THEN
        RAISE EXCEPTION 'a revision is written once: nothing is added to it later'
            USING ERRCODE = 'restrict_violation', HINT = 'Record a correction as a new event.';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER a_revision_is_written_once AFTER INSERT ON events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION a_revision_is_written_once();

-- The chain over all days: who looked at whom, whose glass was broken, and how far the chain of each transition had
-- come. It is written in batches, so that no page waits for another; a seal closes each batch.
CREATE TABLE sealed (
    number bigint PRIMARY KEY CHECK (number > 0),
    source text NOT NULL CHECK (source IN ('access_log', 'broken_glass', 'links')),
    id uuid NOT NULL,
    revision integer NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
-- Everything before `until` is sealed. `head` covers everything that was ever sealed: a copy of it that is kept
-- elsewhere shows later that none of it was changed.
CREATE TABLE seals (
    number integer PRIMARY KEY CHECK (number > 0),
    until timestamptz NOT NULL UNIQUE,
    last bigint NOT NULL,
    head bytea NOT NULL CHECK (length(head) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON sealed
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON sealed
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON seals
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION records_are_only_added_to();

-- The first id that the database can have given at an instant: its ids (uuidv7) are in the order of its clock.
CREATE FUNCTION first_id_at(instant timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN instant = '-infinity' THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE (lpad(to_hex(floor(extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid END;

CREATE FUNCTION seal_until(instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before seals;
    closing bigint;
    hash bytea;
BEGIN
    SELECT * INTO before FROM seals ORDER BY number DESC LIMIT 1;
    before.number := coalesce(before.number, 0);
    before.until := coalesce(before.until, '-infinity');
    before.last := coalesce(before.last, 0);
    before.head := coalesce(before.head, ''::bytea);
    INSERT INTO sealed (number, source, id, revision, hash)
    SELECT before.last + row_number() OVER in_order, source, id, revision, chain(says, before.head) OVER in_order
    FROM (
        SELECT 'access_log' AS source, a.id, 0 AS revision, chain_text(a) AS says FROM access_log a
        WHERE a.id >= first_id_at(before.until) AND a.id < first_id_at(instant)
        UNION ALL SELECT 'broken_glass', g.id, 0, chain_text(g) FROM broken_glass g
        WHERE g.id >= first_id_at(before.until) AND g.id < first_id_at(instant)
        UNION ALL SELECT 'links', l.transition_id, l.revision, array_to_json(ARRAY['links', l.transition_id::text,
            l.revision::text, array_to_string(l.hashes, ' '), extract(epoch FROM l.at)::text])::text
        FROM links l WHERE l.at >= before.until AND l.at < instant
    ) AS found
    WINDOW in_order AS (ORDER BY source, id, revision ROWS UNBOUNDED PRECEDING);
    SELECT s.number, s.hash INTO closing, hash FROM sealed s WHERE s.number > before.last ORDER BY s.number DESC LIMIT 1;
    closing := coalesce(closing, before.last);
    hash := sha256(coalesce(hash, before.head) || convert_to(array_to_json(ARRAY['seals', (before.number + 1)::text,
        extract(epoch FROM instant)::text, closing::text])::text, 'UTF8'));
    INSERT INTO seals (number, until, last, head) VALUES (before.number + 1, instant, closing, hash);
END
$$;
REVOKE EXECUTE ON FUNCTION seal_until FROM PUBLIC;

-- Seal what is older than ten minutes, day by day (in UTC). By then whatever began to be written is written: nothing
-- here writes for as long as that. One program at a time; there is nothing to seal before there is a row.
CREATE FUNCTION seal() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    latest CONSTANT timestamptz := date_trunc('milliseconds', clock_timestamp() - interval '10 minutes');
    instant timestamptz;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('alongside: seal'));
    instant := coalesce(
        (SELECT max(until) FROM seals),
        least((SELECT min(at) FROM links), (SELECT uuid_extract_timestamp(id) FROM access_log ORDER BY id LIMIT 1),
              (SELECT uuid_extract_timestamp(id) FROM broken_glass ORDER BY id LIMIT 1))
    );
    WHILE instant < latest LOOP
        instant := least(date_trunc('day', instant, 'UTC') + interval '24 hours', latest);
        PERFORM seal_until(instant);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE EXECUTE ON FUNCTION seal FROM PUBLIC;
SELECT seal();

-- When everything was verified, how much that was, and how many rows were found to be wrong.
CREATE TABLE verifications (
    at timestamptz PRIMARY KEY,
    rows bigint NOT NULL,
    findings bigint NOT NULL,
    head bytea
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON verifications
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- migrate:down
-- Undoing is a new migration.
