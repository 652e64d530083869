-- A vehicle of which nothing was read is let in all the same: only the sensor speaks for it.
ALTER TABLE witness DROP CONSTRAINT witness_kind_check;
ALTER TABLE witness ADD CONSTRAINT witness_kind_check CHECK (kind IN ('badge', 'plate', 'pin', 'sensor'));
