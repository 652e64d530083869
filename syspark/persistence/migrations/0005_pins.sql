-- A site's PINs are part of what configures it: whoever has looked finds a new one with the next look.
CREATE TRIGGER changes_by_insert AFTER INSERT ON site_pin REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_site_changes();
CREATE TRIGGER changes_by_update AFTER UPDATE ON site_pin REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_site_changes();
CREATE TRIGGER changes_by_delete AFTER DELETE ON site_pin REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION part_of_site_changes();
