import re

from syspark import __version__
from syspark.metrics import CONTENT_TYPE, Metrics, metrics_table


def test_a_process_has_its_own_registry() -> None:
    one, other = Metrics(), Metrics()
    one.parked_rows.inc(3)
    assert b"syspark_inbox_rows_parked_total 3.0" in one.render()
    assert b"syspark_inbox_rows_parked_total 0.0" in other.render()


def test_what_is_counted_is_rendered_with_its_labels() -> None:
    metrics = Metrics()
    metrics.inbox_rows.labels(kind="reported").inc(2)
    metrics.facts_received.labels(family="barriere", kind="fact").inc()
    metrics.rejected.labels(reason="not-utf-8").inc()
    metrics.duplicates.labels(by="event_id").inc()
    metrics.commit_units.observe(40)
    metrics.commit_seconds.observe(0.02)
    metrics.unit_outcomes.labels(outcome="committed").inc(40)
    metrics.messages_handled.labels(kind="site").inc()
    metrics.outbox_fates.labels(fate="withheld").inc()
    metrics.lease_epoch.labels(partition="0").set(7)
    text = metrics.render().decode()
    for line in (
        f'syspark_build_info{{version="{__version__}"}} 1.0',
        'syspark_inbox_rows_total{kind="reported"} 2.0',
        'syspark_facts_received_total{family="barriere",kind="fact"} 1.0',
        'syspark_rejected_messages_total{reason="not-utf-8"} 1.0',
        'syspark_duplicates_total{by="event_id"} 1.0',
        'syspark_commit_units_bucket{le="50.0"} 1.0',
        'syspark_commit_units_bucket{le="20.0"} 0.0',
        "syspark_commit_duration_seconds_count 1.0",
        'syspark_commit_unit_outcomes_total{outcome="committed"} 40.0',
        'syspark_actor_messages_total{kind="site"} 1.0',
        'syspark_outbox_commands_total{fate="withheld"} 1.0',
        'syspark_lease_epoch{partition="0"} 7.0',
    ):
        assert line in text.splitlines()
    assert "_created" not in text
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in Metrics().described():
        assert re.fullmatch(r"syspark_[a-z][a-z_]*[a-z]", metric.name)
        assert metric.name.endswith("_total") == (metric.type == "counter")
        assert not re.search(r"_(ms|millis|milliseconds|minutes|kb|mb|counter|gauge|histogram)(_|$)", metric.name)
        assert metric.meaning


def test_labels_are_bounded() -> None:
    allowed = {
        "version",
        "family",
        "kind",
        "reason",
        "by",
        "outcome",
        "fate",
        "partition",
        "health",
        "pool",
        "news",
        "age",
    }
    assert {label for metric in Metrics().described() for label in metric.labels} <= allowed


def test_every_metric_is_in_the_registry_and_in_the_table() -> None:
    metrics = Metrics()
    rendered = set(re.findall(r"# TYPE (syspark_\w+) (\w+)", metrics.render().decode()))
    assert rendered == {(metric.name, metric.type) for metric in metrics.described()}
    table = metrics_table(Metrics()).splitlines()
    assert len(table) == 2 + len(rendered)
    assert table == [line for line in table if line.count("|") == 5]
    assert [line.split("`")[1] for line in table[2:]] == sorted(name for name, _ in rendered)
    assert (
        "| `syspark_facts_received_total` | counter | `family` `kind` | Messages of sites that were understood |"
        in table
    )


def test_the_process_itself_is_measured() -> None:
    assert b"process_resident_memory_bytes" in Metrics().render()
