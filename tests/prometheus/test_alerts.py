"""The alerts that are shipped: what they name exists, each is tried, each has its section in the runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.documents import documents
from syspark.domain.device import Health
from syspark.metrics import Metrics
from syspark.rows import Fate
from tests.servers.waiting import required_program
from web.measures import Measures

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ops" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in RULES]
SELECTOR = re.compile(r"\b([a-z_]+)\{([^}]*)\}")
PROMETHEUS_OWN = {"up"}


def promtool(*arguments: str) -> str:
    """What promtool says, once it has found nothing wrong."""
    program = required_program("promtool", "prometheus")
    done = subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def series() -> dict[str, set[str]]:
    """Every series a process of ours may show, with its labels, beside those of scraping."""
    metrics = Metrics()
    Measures(metrics)
    found: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        labels = {label for sample in family.samples for label in sample.labels}
        for suffix in suffixes:
            found[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    for metric in metrics.described():
        for name in [name for name in found if name.startswith(metric.name)]:
            found[name] |= set(metric.labels)
    return found


@pytest.mark.timeout(60)
def test_promtool_takes_the_rules_and_they_do_what_their_tests_say() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")
    promtool("check", "config", "--syntax-only", "prometheus.yml")


def test_every_alert_is_seen_firing_in_a_test() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fired = {one["alertname"] for test in tests for one in test.get("alert_rule_test", []) if one["exp_alerts"]}
    assert fired == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_names_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    known, used = series(), SELECTOR.findall(rule["expr"])
    names = set(re.findall(r"\b(?:syspark|process|up)\w*(?=\{)", rule["expr"]))
    assert used
    assert names == {name for name, _ in used}
    assert not names - known.keys() - PROMETHEUS_OWN
    for name, selectors in used:
        assert 'job="syspark"' in selectors
        assert set(re.findall(r"(\w+)[=!]", selectors)) <= known.get(name, set()) | {"job"}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_says_how_long_how_bad_what_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d*[sm]", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}
    assert anchor == rule["alert"].lower()


def test_the_runbook_has_no_section_for_an_alert_that_is_gone() -> None:
    sections = re.findall(r"^#+ (SysPark\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(NAMES)


def test_values_that_rules_look_for_can_occur() -> None:
    wanted = " ".join(rule["expr"] for rule in RULES)
    fates, health = set(re.findall(r'fate=~"([^"]+)"', wanted)), re.findall(r'health=~"([^"]+)"', wanted)
    assert set("|".join(fates).split("|")) <= set(Fate)
    assert set("|".join(health).split("|")) <= set(Health)


def test_what_the_rules_name_is_in_the_table_of_metrics() -> None:
    table = documents()["metrics.md"]
    names = {name for rule in RULES for name, _ in SELECTOR.findall(rule["expr"]) if name.startswith("syspark_")}
    assert not {name for name in names if f"`{name.removesuffix('_bucket')}`" not in table}
