"""`syspark credential` on a real database with a worker."""

from pathlib import Path

import pytest

from tests.ops.service import Service

pytestmark = pytest.mark.timeout(60)


def test_badges_and_plates_are_added_replaced_shared_and_imported(service: Service, tmp_path: Path) -> None:
    service.start()
    hours = ("--holder", "Fleet", "--hours", "mon-fri 08:00-18:00", "--lane", "entry")
    assert service.ask("credential", "add", "--plate", "aa-123-bb", *hours).exit_code == 0
    assert service.ask("credential", "add", "A1B2C3D4", "--holder", "Ada").exit_code == 0
    assert service.ask("credential", "company", "Fleet", "--places", "10").exit_code == 0
    assert service.ask("credential", "replace", "A1B2C3D4", "0E0E0E0E").exit_code == 0
    unknown = service.ask("credential", "replace", "FFFFFFFF", "0E0E0E0F")
    assert (unknown.exit_code, "does not know the badge that is lost" in unknown.output) == (1, True)

    listed = tmp_path / "badges.csv"
    listed.write_text("number;holder;until\n0B0B0B0B;Bob;2026-12-31\n?;Eve;\n", encoding="utf-8")
    wrong = service.ask("credential", "import", str(listed))
    assert (wrong.exit_code, "line 3: a badge has" in wrong.output) == (2, True)
    listed.write_text("number;holder;until\n0B0B0B0B;Bob;2026-12-31\n", encoding="utf-8")
    assert "1 lines are understood" in service.ask("credential", "import", str(listed), "--dry-run").output
    assert "1 stored, 0 accepted and pending, 0 refused" in service.ask("credential", "import", str(listed)).output

    shown = {line.split()[0]: line for line in service.ask("credential", "list").output.splitlines()}
    assert set(shown) == {"AA123BB", "A1B2C3D4", "0E0E0E0E", "0B0B0B0B"}
    assert "mon-fri 08:00-18:00, enters by entry, shares 10 places" in shown["AA123BB"]
    assert shown["A1B2C3D4"].endswith("blocked")


def test_a_badge_of_several_sites_is_made_known_and_replaced_at_each(service: Service) -> None:
    service.start()
    assert service.ask("site", "add", "lyon-2", "--capacity", "10").exit_code == 0
    both = ("--site", "default", "--site", "lyon-2")
    told = service.ask("credential", "add", "A1B2C3D4", "--holder", "Ada", *both)
    assert [line.split(" ")[1] for line in told.output.splitlines()] == ["default", "lyon-2"]
    assert service.ask("credential", "replace", "A1B2C3D4", "0E0E0E0E", *both).exit_code == 0
    for site in both[1::2]:
        shown = {
            line.split()[0]: line for line in service.ask("credential", "list", "--site", site).output.splitlines()
        }
        assert set(shown) == {"A1B2C3D4", "0E0E0E0E"}
        assert shown["A1B2C3D4"].endswith("blocked")
    wrong = service.ask("credential", "add", "0B0B0B0B", "--holder", "Bob", "--site", "default", "--site", "nowhere")
    assert wrong.exit_code != 0
    assert "0B0B0B0B" not in service.ask("credential", "list").output


def test_what_is_not_understood_asks_nothing(service: Service) -> None:
    for words, why in (
        (("--holder", "Ada"), "name a badge by its UID, or a plate by --plate"),
        (("A1B2C3D4", "--plate", "AA123BB", "--holder", "Ada"), "name a badge by its UID"),
        (("A1B2C3D4", "--holder", "Ada", "--hours", "always"), "is not understood"),
    ):
        told = service.ask("credential", "add", *words)
        assert (told.exit_code, why in told.output) == (2, True)


def test_a_site_s_rules_are_shown_and_changed(service: Service) -> None:
    service.start()
    rules = ("passback=hard", "opening_hours=mon-fri 06:00-22:00", "--template", "hotel")
    told = service.ask("site", "policy", "default", *rules)
    assert told.exit_code == 0
    shown = service.ask("site", "policy", "default").output.splitlines()
    assert {'passback="hard"', "longest_stay_s=1209600"} <= set(shown)
    [[version]] = service.query("SELECT policy_version FROM site WHERE site_id = 'default'")
    assert version == 2
    service.ask("site", "policy", "default", "passback=soft")
    history = service.ask("site", "policy", "default", "--history").output.splitlines()
    assert [line.split()[0] for line in history if not line.startswith(" ")] == ["version"] * 3
    assert '    passback: "soft" -> "hard"' in history
    assert history[-1] == '    passback: "hard" -> "soft"'
    assert service.ask("site", "policy", "default", "passback=hard", "--history").exit_code == 2
    wrong = service.ask("site", "policy", "default", "passback=harder")
    assert (wrong.exit_code, "Invalid enum value" in wrong.output) == (1, True)
