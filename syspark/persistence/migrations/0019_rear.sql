-- Which end of a vehicle a camera has read: what a site tells of later belongs to the same vehicle by it.
ALTER TABLE witness ADD COLUMN rear boolean NOT NULL DEFAULT false;
