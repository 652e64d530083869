-- A version of a tariff may start later than it is published. The first one of a site always counted.
ALTER TABLE tariff_version ADD COLUMN starts_at timestamptz NOT NULL DEFAULT 'epoch';
