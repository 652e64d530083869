-- Ends a statement that several were made into, with nothing written: one of them has not done what it must.
CREATE FUNCTION refuse(part text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% has not written what it must', part USING ERRCODE = 'integrity_constraint_violation';
END
$$;
