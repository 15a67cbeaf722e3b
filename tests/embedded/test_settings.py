"""Settings: what is wrong is said by its variable; where the services are is found in the right order."""

import os
from pathlib import Path

import pytest

from workers.client import Embedded, resolve
from workers.settings import Settings, default_data_dir, load_settings, unknown_variables
from workers.stop import Stop


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("ALONGSIDE_", "TEMPORAL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SMTP_PORT": "post"}, "ALONGSIDE_SMTP_PORT is wrong: input should be a valid integer"),
        ({"LOG_FORMAT": "xml"}, "ALONGSIDE_LOG_FORMAT is wrong: input should be 'json', 'console' or 'auto'"),
        ({"DATABASE_URL": "mysql://x"}, "ALONGSIDE_DATABASE_URL is wrong: must begin with postgresql://"),
        ({"PUBLIC_URL": "alongside.example"}, "ALONGSIDE_PUBLIC_URL is wrong: must begin with http"),
        ({"SMTP_FROM": "nobody"}, "ALONGSIDE_SMTP_FROM is wrong: must be one e-mail address"),
        ({"SMTP_HOST": "mail"}, "ALONGSIDE_SMTP_FROM must say who the e-mail is from"),
        ({"BUILD_ID": "1"}, "ALONGSIDE_DEPLOYMENT_NAME and ALONGSIDE_BUILD_ID go together"),
        ({"OIDC_ISSUER": "http://id.example.org"}, "ALONGSIDE_OIDC_ISSUER is wrong: must begin with https://"),
        ({"OIDC_ISSUER": "https://id.example.org"}, "ALONGSIDE_OIDC_ISSUER and ALONGSIDE_OIDC_CLIENT_ID go together"),
        ({"OIDC_CLIENT_SECRET": "hush"}, "ALONGSIDE_OIDC_ISSUER must say whose it is"),
        ({"TRUSTED_PROXIES": "the-proxy"}, "ALONGSIDE_TRUSTED_PROXIES is wrong: must be addresses or networks"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv("ALONGSIDE_" + name, value)
    with pytest.raises(Stop) as stopped:
        load_settings()
    assert says in stopped.value.message
    assert stopped.value.exit_code == 2
    assert "hush" not in stopped.value.message


def test_all_wrong_settings_are_told_at_once_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", "mysql://u:hush@x")
    monkeypatch.setenv("ALONGSIDE_SMTP_PORT", "0")
    with pytest.raises(Stop) as stopped:
        load_settings()
    assert len(stopped.value.message.splitlines()) == 2
    assert "hush" not in stopped.value.message


def test_a_slip_in_a_name_is_seen() -> None:
    assert unknown_variables(["ALONGSIDE_SMPT_HOST", "ALONGSIDE_SMTP_PORT", "HOME"]) == [
        "ALONGSIDE_SMPT_HOST is no setting; is ALONGSIDE_SMTP_HOST meant?"
    ]


def test_the_data_folder_follows_the_desktop_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_data_dir() == tmp_path / ".local/share/alongside"
    monkeypatch.setenv("XDG_DATA_HOME", "/var/tmp/mine")
    assert load_settings().data_dir == Path("/var/tmp/mine/alongside")
    assert load_settings(data_dir=Path("here")).data_dir == Path.cwd() / "here"


def test_without_any_service_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="`alongside up` in another terminal, or set ALONGSIDE_DATABASE_URL and TEMPORAL_"):
        resolve(Settings(data_dir=tmp_path))


def test_running_services_are_found_by_their_folder(tmp_path: Path) -> None:
    _tell(tmp_path, os.getpid())
    services = resolve(Settings(data_dir=tmp_path))
    assert services.database_url == "postgresql:///embedded"
    assert services.temporal == {"target_host": "127.0.0.1:1"}


def test_services_of_a_dead_process_do_not_count(tmp_path: Path) -> None:
    _tell(tmp_path, 2**22 + 1)
    with pytest.raises(Stop, match="Nothing runs on the data folder"):
        resolve(Settings(data_dir=tmp_path))


def test_explicit_settings_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _tell(tmp_path, os.getpid())
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "care")
    services = resolve(Settings(data_dir=tmp_path, database_url="postgresql://db.example/records"))
    assert services.database_url == "postgresql://db.example/records"
    assert services.temporal == {"target_host": "temporal.example:7233", "namespace": "care"}


def _tell(folder: Path, pid: int) -> None:
    told = Embedded(pid=pid, database_url="postgresql:///embedded", temporal_address="127.0.0.1:1")
    Embedded.file(folder).write_text(told.model_dump_json())
