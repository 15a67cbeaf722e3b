-- migrate:up

-- What is counted by the time at which it happened: contacts of one step, alerts about silence, contacts without a time,
-- people who waited for a peer worker, and the hours that were booked.
CREATE INDEX contacts_of_step_by_time ON contacts (step, at);
CREATE INDEX events_counted_by_time ON events (event, at) WHERE event IN ('silence', 'no-slot');
CREATE INDEX steps_of_allocation ON steps (opened) WHERE kind = 'allocation';
CREATE INDEX bookings_by_time ON bookings (starts) WHERE status <> 'released';

-- migrate:down
-- Undoing is a new migration.
