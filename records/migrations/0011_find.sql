-- migrate:up

-- Names are found by how they begin, whoever types them: capitals, accents, apostrophes and hyphens do not matter.
CREATE FUNCTION name_to_find(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    regexp_replace(
        replace(replace(replace(
            translate(lower(normalize(name, NFD) COLLATE pg_c_utf8), 'łøđðħı', 'loddhi'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
        '[\u0300-\u036f''’‘ʼ`.]', '', 'g'),
    '[\s\u00a0\u2010-\u2015-]+', ' ', 'g'));

DROP INDEX people_by_family_name;
DROP INDEX people_by_given_name;
CREATE INDEX people_by_family_name
    ON people (name_to_find(family_name) text_pattern_ops, name_to_find(given_name) text_pattern_ops);
CREATE INDEX people_by_given_name ON people (name_to_find(given_name) text_pattern_ops);
CREATE INDEX people_by_known_as ON people (name_to_find(known_as) text_pattern_ops) WHERE known_as IS NOT NULL;
CREATE INDEX people_by_birth ON people (date_of_birth);

-- A team's people and what they need, and what is offered to somebody, are listings of their own.
CREATE INDEX transitions_of_team ON transitions (team, coalesce(next_due, 'infinity'), id) WHERE status <> 'closed';
CREATE INDEX transitions_offered ON transitions (handover_to) WHERE handover_to IS NOT NULL;
CREATE INDEX steps_to_do_in_team ON steps (team, due, transition_id, step) WHERE state IN ('open', 'missed');

-- migrate:down
-- Undoing is a new migration.
