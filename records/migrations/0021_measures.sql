-- migrate:up

-- A measure that was asked: whose view, by which version of the scoring, and on which day. Written with the commit of
-- the step that it belongs to, so its key is the revision. `items` are there only where the licence allows it.
CREATE TABLE measures (
    transition_id uuid NOT NULL,
    revision integer NOT NULL,
    instrument text NOT NULL CHECK (instrument <> ''),
    view text NOT NULL CHECK (view IN ('self', 'parent', 'clinician')),
    step text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    taken_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text,
    declined boolean NOT NULL,
    items jsonb,
    change text CHECK (change IN ('baseline', 'improved', 'deteriorated', 'no-change')),
    PRIMARY KEY (transition_id, revision, instrument, view),
    FOREIGN KEY (transition_id, revision) REFERENCES commits,
    CONSTRAINT said_or_declined UNIQUE (transition_id, revision, instrument, view, declined),
    CONSTRAINT declined_says_nothing CHECK (NOT declined OR (items IS NULL AND change IS NULL))
);
CREATE INDEX measures_of_transition ON measures (transition_id, taken_on, revision);
CREATE INDEX measures_of_instrument ON measures (instrument, taken_on, transition_id);

-- Its numbers, one a scale: what was added up, and what it comes to. Nothing that was declined has any.
CREATE TABLE measure_scores (
    transition_id uuid NOT NULL,
    revision integer NOT NULL,
    instrument text NOT NULL,
    view text NOT NULL,
    scale text NOT NULL CHECK (scale <> ''),
    version integer NOT NULL,
    taken_on date NOT NULL,
    raw numeric,
    derived numeric NOT NULL,
    change text CHECK (change IN ('baseline', 'improved', 'deteriorated', 'no-change')),
    declined boolean NOT NULL DEFAULT false CHECK (NOT declined),
    PRIMARY KEY (transition_id, revision, instrument, view, scale),
    FOREIGN KEY (transition_id, revision, instrument, view, declined)
        REFERENCES measures (transition_id, revision, instrument, view, declined)
);
CREATE INDEX measure_scores_of_transition
    ON measure_scores (transition_id, instrument, view, scale, taken_on, revision);
CREATE INDEX measure_scores_of_instrument ON measure_scores (instrument, scale, taken_on, transition_id);

-- Which measures this service may use with their answers, who said so, and on what ground.
CREATE TABLE licences (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    instrument text NOT NULL CHECK (instrument <> ''),
    ground text NOT NULL CHECK (ground <> '' AND length(ground) <= 300),
    recorded_by text NOT NULL REFERENCES staff,
    recorded_at timestamptz NOT NULL,
    ended_by text REFERENCES staff,
    ended_at timestamptz CHECK (ended_at >= recorded_at),
    CONSTRAINT ended_says_by_whom CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX one_licence_per_instrument ON licences (instrument) WHERE ended_at IS NULL;

-- Answers that nobody is to be known by: counted, so that no row is anybody's, and by nothing finer than a month.
CREATE TABLE experience (
    team text NOT NULL REFERENCES teams,
    pathway text NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    instrument text NOT NULL,
    answer text NOT NULL CHECK (answer <> ''),
    answers integer NOT NULL CHECK (answers > 0),
    PRIMARY KEY (instrument, month, team, pathway, answer)
);

-- That an answer was counted, so that a report which comes twice counts once. What it was is not here.
CREATE TABLE experience_heard (
    transition_id uuid NOT NULL,
    revision integer NOT NULL,
    instrument text NOT NULL,
    PRIMARY KEY (transition_id, revision, instrument),
    FOREIGN KEY (transition_id, revision) REFERENCES commits
);

-- migrate:down
-- Undoing is a new migration.
