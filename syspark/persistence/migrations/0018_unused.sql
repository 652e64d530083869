-- A picture is found, and held, by its reading's session; these were never written.
ALTER TABLE photo DROP COLUMN session_id, DROP COLUMN held_until;

-- What was sent at QoS 0 has come to its end: the broker never says that it has it.
DROP INDEX outbox_unfinished;
CREATE INDEX outbox_unfinished ON outbox (partition, created_at) WHERE fate = 'queued';
