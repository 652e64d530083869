-- Holders have a name of their own at each site: what credentials name them by.
UPDATE holder SET site_id = '' WHERE site_id IS NULL;
ALTER TABLE holder ALTER COLUMN site_id SET NOT NULL;
ALTER TABLE holder ADD COLUMN places integer CHECK (places >= 0);
ALTER TABLE holder ADD CHECK (kind IN ('person', 'company', 'partner'));
CREATE UNIQUE INDEX holder_name ON holder (site_id, name);
COMMENT ON TABLE holder IS 'Companies with the places they share, partners, and persons of whom more than a name is known.';

ALTER TABLE credential ADD COLUMN kind text NOT NULL DEFAULT 'badge' CHECK (kind IN ('badge', 'plate'));
ALTER TABLE credential ADD COLUMN windows text NOT NULL DEFAULT '';
ALTER TABLE credential ADD COLUMN lane text;
ALTER TABLE credential ADD COLUMN temporary boolean NOT NULL DEFAULT false;
CREATE INDEX credential_of_holder ON credential (site_id, holder);
CREATE INDEX credential_ending ON credential (site_id, valid_until) WHERE valid_until IS NOT NULL;
COMMENT ON COLUMN credential.uid IS 'What it is found by: a badge''s UID, or the id of a plate''s subject.';
COMMENT ON COLUMN credential.windows IS 'Hours of the week it holds in, in the site''s own time: "mon-fri 08:00-18:00, sat 09:00-12:00"; always when empty.';
