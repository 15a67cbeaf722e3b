-- migrate:up

-- That a glass was broken is mailed to whoever guards privacy, too, where mail is set up; the inbox has it anyhow.
ALTER TABLE privacy_alerts
    ADD COLUMN email text NOT NULL DEFAULT 'none'
        CHECK (email IN ('none', 'waiting', 'sending', 'sent', 'failed', 'uncertain')),
    ADD COLUMN claimed_at timestamptz,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN error text;
CREATE INDEX privacy_alerts_to_send ON privacy_alerts (created_at, id) WHERE email IN ('waiting', 'sending', 'failed');
CREATE INDEX privacy_alerts_in_doubt ON privacy_alerts (created_at, id) WHERE email = 'uncertain';

CREATE OR REPLACE VIEW undelivered AS
    SELECT id, created_at, transition_id, kind, recipient, roles, email AS why, error, claimed_at FROM notices
    WHERE email IN ('waiting', 'sending', 'failed')
    UNION ALL
    SELECT id, created_at, transition_id, kind, recipient, roles, email, error, claimed_at FROM notices
    WHERE email = 'uncertain'
    UNION ALL
    SELECT id, created_at, transition_id, kind, recipient, roles, 'nobody', NULL, NULL FROM notices
    WHERE recipient IS NULL AND email <> 'withdrawn'
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, n.email, n.error, n.claimed_at
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.email IN ('waiting', 'sending', 'failed')
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, n.email, n.error, n.claimed_at
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.email = 'uncertain'
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, 'nobody', NULL, NULL
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.recipient IS NULL
    UNION ALL
    SELECT id, created_at, NULL, 'support', recipient, '{}', 'nobody', NULL, NULL FROM support_alerts
    WHERE recipient IS NULL
    UNION ALL
    SELECT id, created_at, NULL, 'privacy', recipient, '{}', 'nobody', NULL, NULL FROM privacy_alerts
    WHERE recipient IS NULL
    UNION ALL
    SELECT id, created_at, NULL, 'privacy', recipient, '{}', email, error, claimed_at FROM privacy_alerts
    WHERE email IN ('waiting', 'sending', 'failed')
    UNION ALL
    SELECT id, created_at, NULL, 'privacy', recipient, '{}', email, error, claimed_at FROM privacy_alerts
    WHERE email = 'uncertain';

-- migrate:down
-- Undoing is a new migration.
