"""A migrated database with the sites and the badges of a run."""

from collections.abc import Sequence

import psycopg

from syspark.domain.units import SiteId
from syspark.layout import partition_of_site
from syspark.persistence.schema import migrate
from tests.killing.field import DEFAULT, Event, Site

COPY_SITE = """
INSERT INTO site (site_id, organisation_id, legal_entity_id, partition, name, zone, currency, capacity,
    policy_version, tariff_version)
SELECT %(site)s, organisation_id, legal_entity_id, %(partition)s, %(site)s, zone, currency, capacity,
    policy_version, tariff_version
FROM site WHERE site_id = %(default)s
"""
COPY_LANES = """
INSERT INTO lane (site_id, lane, organisation_id, has_sensor)
SELECT %(site)s, lane, organisation_id, has_sensor FROM lane WHERE site_id = %(default)s
"""
COPY_DEVICES = """
INSERT INTO device (site_id, name, organisation_id, kind, lane, speaks)
SELECT %(site)s, name, organisation_id, kind, lane,
    CASE WHEN name IN ('barriere', 'barriere_entree') THEN %(speaks)s ELSE speaks END
FROM device WHERE site_id = %(default)s
"""
COPY_POLICY = """
INSERT INTO policy_version (site_id, version, organisation_id, body, author)
SELECT %(site)s, version, organisation_id, body, author FROM policy_version WHERE site_id = %(default)s
"""
COPY_TARIFF = """
INSERT INTO tariff_version (site_id, version, organisation_id, body, author)
SELECT %(site)s, version, organisation_id, body, author FROM tariff_version WHERE site_id = %(default)s
"""


def prepare(url: str, sites: Sequence[Site], events: Sequence[Event], partitions: int = 1) -> None:
    """Migrate, lay out the sites without sensors and with room for everybody, and let every badge in."""
    migrate(url, partitions)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE site SET capacity = 1000000")
        connection.execute("UPDATE lane SET has_sensor = false")
        for site in sites:
            if site.name != DEFAULT:
                partition = partition_of_site(SiteId(site.name), partitions)
                words = {"site": site.name, "default": DEFAULT, "speaks": site.speaks, "partition": partition}
                for statement in (COPY_SITE, COPY_LANES, COPY_DEVICES, COPY_POLICY, COPY_TARIFF):
                    connection.execute(statement, words)
        row = connection.execute("SELECT organisation_id FROM organisation").fetchone()
        assert row is not None
        with connection.cursor().copy(
            "COPY credential (site_id, uid, organisation_id, holder, plan) FROM STDIN"
        ) as copy:
            for event in events:
                copy.write_row((event.site.name, event.uid, row[0], f"holder of {event.uid}", "subscriber"))
