-- How many messages are stored and not decided.
SELECT count(*) FROM inbox WHERE status = 'new'
