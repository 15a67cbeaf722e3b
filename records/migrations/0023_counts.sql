-- migrate:up

-- What the service counts is read from here, beside the steps: when each milestone was expected and happened, and from
-- when until when each fact held a value. Both follow from the journey and are written with its commit, by the database:
-- whatever program records a journey, they say the same as it.
CREATE TABLE milestones (
    transition_id uuid NOT NULL REFERENCES transitions,
    milestone text NOT NULL,
    expected timestamptz,
    occurred timestamptz,
    PRIMARY KEY (transition_id, milestone),
    CONSTRAINT expected_or_happened CHECK (expected IS NOT NULL OR occurred IS NOT NULL)
);
CREATE INDEX milestones_by_time ON milestones (milestone, occurred);
CREATE INDEX milestones_ahead ON milestones (milestone, expected) WHERE occurred IS NULL;

-- What a fact was given at the start holds from the start of the transition, also for somebody taken on later: a placement
-- did not begin on the day of an import. What it is now has no end.
CREATE TABLE fact_periods (
    transition_id uuid NOT NULL REFERENCES transitions,
    fact text NOT NULL,
    value jsonb NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz CHECK (until >= since),
    PRIMARY KEY (transition_id, fact, since)
);
CREATE UNIQUE INDEX one_value_at_a_time ON fact_periods (transition_id, fact) WHERE until IS NULL;
CREATE INDEX fact_periods_by_time ON fact_periods (fact, since);

-- What a journey says of its milestones.
CREATE FUNCTION keep_milestones(which uuid) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
        SELECT n.name, (t.journey -> 'expected' ->> n.name)::timestamptz AS expected,
            (t.journey -> 'occurred' ->> n.name)::timestamptz AS occurred
        FROM transitions t CROSS JOIN LATERAL (
            SELECT json_object_keys(t.journey -> 'occurred') AS name
            UNION SELECT json_object_keys(t.journey -> 'expected')
        ) AS n WHERE t.id = which
    ), gone AS (
        DELETE FROM milestones m WHERE m.transition_id = which AND NOT EXISTS (SELECT FROM told WHERE name = m.milestone)
    )
    INSERT INTO milestones AS m (transition_id, milestone, expected, occurred)
    SELECT which, name, expected, occurred FROM told
    ON CONFLICT (transition_id, milestone) DO UPDATE SET expected = excluded.expected, occurred = excluded.occurred
    WHERE (m.expected, m.occurred) IS DISTINCT FROM (excluded.expected, excluded.occurred)
$$;

-- What a journey says of its facts since an instant: a value that is another one ends, and the new one begins.
CREATE FUNCTION keep_facts(which uuid, changed timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := (SELECT journey -> 'facts' FROM transitions WHERE id = which);
BEGIN
    UPDATE fact_periods SET until = greatest(changed, since)
    WHERE transition_id = which AND until IS NULL AND value IS DISTINCT FROM told -> fact;
    INSERT INTO fact_periods (transition_id, fact, value, since)
    SELECT which, f.key, f.value, changed FROM jsonb_each(coalesce(told, '{}')) AS f
    WHERE NOT EXISTS (
        SELECT FROM fact_periods p WHERE p.transition_id = which AND p.fact = f.key AND p.until IS NULL
    )
    ON CONFLICT (transition_id, fact, since) DO UPDATE SET value = excluded.value, until = NULL;
END
$$;

CREATE FUNCTION keep_what_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT a.transition_id, bool_or(a.event <> 'fact') AS milestones,
            max(CASE WHEN a.event = 'started' THEN (t.journey -> 'occurred' ->> 'started')::timestamptz ELSE a.at END)
                FILTER (WHERE a.event IN ('started', 'fact', 'definition-changed')) AS facts
        FROM added a JOIN transitions t ON t.id = a.transition_id
        WHERE a.event IN ('started', 'milestone', 'expected', 'closed', 'fact', 'definition-changed')
        GROUP BY a.transition_id
    LOOP
        IF one.milestones THEN
            PERFORM keep_milestones(one.transition_id);
        END IF;
        IF one.facts IS NOT NULL THEN
            PERFORM keep_facts(one.transition_id, one.facts);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_what_is_counted AFTER INSERT ON events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_what_is_counted();

-- The journeys that are here already. What a fact was before its first recorded change is in no event: it is not guessed.
CREATE FUNCTION count_everything_anew() RETURNS void LANGUAGE sql AS $$
    DELETE FROM milestones;
    DELETE FROM fact_periods;
    INSERT INTO milestones (transition_id, milestone, expected, occurred)
    SELECT t.id, n.name, (t.journey -> 'expected' ->> n.name)::timestamptz,
        (t.journey -> 'occurred' ->> n.name)::timestamptz
    FROM transitions t CROSS JOIN LATERAL (
        SELECT json_object_keys(t.journey -> 'occurred') AS name
        UNION SELECT json_object_keys(t.journey -> 'expected')
    ) AS n;
    WITH told AS (
        SELECT e.transition_id, e.payload ->> 'fact' AS fact, nullif(e.payload -> 'value', 'null') AS value,
            e.at AS since, lead(e.at) OVER later AS until
        FROM (
            SELECT DISTINCT ON (transition_id, payload ->> 'fact', at) * FROM events WHERE event = 'fact'
            ORDER BY transition_id, payload ->> 'fact', at, revision DESC, seq DESC
        ) e
        WINDOW later AS (PARTITION BY e.transition_id, e.payload ->> 'fact' ORDER BY e.at)
    )
    INSERT INTO fact_periods (transition_id, fact, value, since, until)
    SELECT transition_id, fact, value, since, until FROM told WHERE value IS NOT NULL
    UNION ALL
    SELECT t.id, f.key, f.value, t.started, NULL FROM transitions t CROSS JOIN LATERAL jsonb_each((t.journey -> 'facts')::jsonb) f
    WHERE NOT EXISTS (SELECT FROM told WHERE told.transition_id = t.id AND told.fact = f.key);
$$;
SELECT count_everything_anew();

-- From when until when somebody was clinically ready to leave the ward and had not left, and what for. A correction
-- withdraws a period and enters another one: nothing that was said is lost.
CREATE TABLE ready_periods (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    transition_id uuid NOT NULL REFERENCES transitions,
    starts date NOT NULL,
    ends date CHECK (ends >= starts),
    reason text NOT NULL CHECK (reason ~ '^(0[1-9]|[12][0-9]|3[0-7]|98)$'),
    attribution text NOT NULL CHECK (attribution IN ('04', '05', '06')),
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    corrects uuid REFERENCES ready_periods,
    withdrawn_by text,
    withdrawn_at timestamptz,
    withdrawn_why text,
    CONSTRAINT withdrawn_says_who_and_why
        CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_why IS NULL)),
    CONSTRAINT ready_once_at_a_time EXCLUDE USING gist (transition_id WITH =, daterange(starts, ends) WITH &&)
        WHERE (withdrawn_at IS NULL)
);
CREATE INDEX ready_periods_of_transition ON ready_periods (transition_id, starts, id);
CREATE INDEX ready_periods_by_time ON ready_periods (starts) WHERE withdrawn_at IS NULL;

-- Ethnic category as the person says it (NHS Data Dictionary), and the day on which somebody died.
ALTER TABLE people ADD COLUMN ethnicity text CHECK (ethnicity ~ '^([A-H]|[J-N]|P|R|S|Z|99)$');
ALTER TABLE people ADD COLUMN died_on date CHECK (died_on >= date_of_birth);
UPDATE people SET died_on = t.closed_at FROM (
    SELECT person_id, min((closed_at AT TIME ZONE 'Europe/London')::date) AS closed_at FROM transitions
    WHERE exit = 'died' GROUP BY person_id
) t WHERE people.id = t.person_id;

CREATE INDEX contacts_by_time ON contacts (at);

-- migrate:down
-- Undoing is a new migration.
