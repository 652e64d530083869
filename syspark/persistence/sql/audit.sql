-- name: entries
-- Every journal row chain by chain in order, with the personal values still kept and their salts.
SELECT j.chain, j.organisation_id, j.site_id, j.at, j.fact_at, j.actor_kind, j.actor_id, j.kind, j.rule, j.inputs,
    j.cause, j.seq, j.commitments, j.previous, j.digest, j.encoding,
    (SELECT jsonb_object_agg(p.name, jsonb_build_array(encode(p.salt, 'hex'), p.value))
        FROM journal_personal p WHERE p.chain = j.chain AND p.seq = j.seq)
FROM journal j WHERE %(chain)s::text IS NULL OR j.chain = %(chain)s
ORDER BY j.chain, j.seq

-- name: of_session
-- Every journal row about a session in order, with the personal values still kept.
SELECT j.actor_kind, j.kind, j.rule, j.at, j.fact_at, j.cause, j.inputs,
    coalesce((
        SELECT jsonb_object_agg(v.name, v.value) FROM journal_personal v WHERE v.chain = j.chain AND v.seq = j.seq), '{}')
FROM journal j WHERE j.session_id = %(session_id)s
ORDER BY j.seq

-- name: heads
-- Where every chain ends.
SELECT chain, seq, digest FROM chain_head WHERE %(chain)s::text IS NULL OR chain = %(chain)s ORDER BY chain
