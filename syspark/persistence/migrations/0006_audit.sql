-- Which session a decision is about, so that a session can be explained at the cost of its own rows. It is a way to
-- find rows and no part of what is chained: the inputs, which are, name it.
ALTER TABLE journal ADD COLUMN session_id uuid;
CREATE INDEX journal_of_session ON journal (session_id) WHERE session_id IS NOT NULL;
