"""Settings: environment variables that begin with ALONGSIDE_.

Where Temporal is, and how to sign in to it, comes from Temporal's own environment configuration instead
(TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS..., or a profile of temporal.toml).
"""

import difflib
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.codes import Division
from workers.stop import Stop

PREFIX = "ALONGSIDE_"
OF_COMMANDS = ("as",)
"""Variables that are no settings of a process but options of commands."""
Port = Annotated[int, Field(ge=1, le=65535)]


def default_data_dir() -> Path:
    """Where `alongside up` keeps its data when nobody says otherwise."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "alongside"


def _database_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://, such as postgresql://user@host/alongside")
    return value


def _public_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _address(value: str) -> str:
    if value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
        raise ValueError("must be one e-mail address, such as alongside@example.org")
    return value


def encrypted(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way: by HTTPS, or on this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _here(parts.hostname)))
    except ValueError:
        return False


def _here(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _issuer(value: str) -> str:
    if not encrypted(value) or urlsplit(value).query or urlsplit(value).fragment:
        raise ValueError("must begin with https:// (http:// on this machine alone) and be the issuer's address alone")
    return value


def _proxies(value: str) -> str:
    for one in value.split(","):
        try:
            ipaddress.ip_network(one.strip())
        except ValueError:
            raise ValueError(
                "must be addresses or networks with commas between, such as 10.0.0.5,10.1.0.0/16"
            ) from None
    return value


class Settings(BaseSettings):
    """Everything that can be set, each field by the variable ALONGSIDE_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid")

    data_dir: Path = Field(default_factory=default_data_dir)
    """The data folder of the embedded services."""
    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """PostgreSQL 18; without it, the one that `alongside up` runs on the data folder."""
    owner_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """The same database as who owns it, for `alongside migrate` alone; without it, as `database_url`."""
    worklist_dir: Path | None = None
    """Where the worklist for when Alongside is down is kept, every hour; without it, in the data folder."""
    worklist: bool = True
    """Whether it is kept."""
    temporal_profile: str | None = None
    """Profile of Temporal's configuration file; without it, TEMPORAL_PROFILE or `default`."""
    temporal_cli: Path | None = None
    """The `temporal` program for the embedded server; without it, the one of the wheel, then of PATH."""
    temporal_ui_url: Annotated[str, AfterValidator(_public_url)] | None = None
    """Temporal's own pages, which operations are led to; without it, those that `alongside up` runs, if any."""
    task_queue: str = Field("alongside", min_length=1)

    deployment_name: str | None = None
    """Switches worker versioning on, together with `build_id`."""
    build_id: str | None = None

    log_format: Literal["json", "console", "auto"] = "auto"
    """`auto` is console in a terminal, JSON otherwise."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    debug: bool = False
    """Show tracebacks."""

    public_url: Annotated[str, AfterValidator(_public_url)] = "http://localhost:8000"
    """Where links in messages lead."""
    web_port: Port | None = None
    """Where the HTTP door listens: without it 8000 or, under `alongside up`, the port of the last start."""
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = "127.0.0.1,::1"
    """Proxies that are believed when they say where a request comes from, with commas between."""

    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    """Who signs people in, by OpenID Connect; without it nobody signs in."""
    oidc_client_id: str | None = None
    """What Alongside is called by the provider."""
    oidc_client_secret: SecretStr | None = None
    """Without it Alongside is a public client."""
    oidc_claim: str = Field("preferred_username", min_length=1)
    """The claim that is the id in the staff list; `email` is compared with the e-mail address there, once verified."""

    keys_file: Path | None = None
    """The key ring: a file, such as a secret that is mounted; without any of the three, the one of the data folder."""
    keys: SecretStr | None = None
    """The key ring itself."""
    keys_command: str | None = None
    """A program that prints the key ring, such as one that asks a key management service."""
    erased_file: Path | None = None
    """The list of who was erased, apart from the records; without it and with embedded records, in the data folder."""
    person_keys_file: Path | None = None
    """The keys of people that a backup does not have; without it and with embedded records, in the data folder."""

    division: Division = Division.ENGLAND_AND_WALES
    """Whose bank holidays count for a transition that does not say."""

    chart_shift: Annotated[int, Field(ge=0, le=20)] = 7
    """How many figures on one side of their mean are more than chance; 0 switches the rule off."""
    chart_trend: Annotated[int, Field(ge=0, le=20)] = 7
    """How many that rise or fall without a break are more than chance (6 in older guidance); 0 switches it off."""
    chart_near_limit: bool = True
    """Whether two of three figures near a limit are more than chance."""

    retention_years: Annotated[int, Field(ge=1, le=150)] = 20
    """Years for which what is held of a person is kept after their last closure."""
    retention_years_after_death: Annotated[int, Field(ge=1, le=150)] = 10
    """Years for which it is kept after a death."""
    retention_birthday: Annotated[int, Field(ge=18, le=150)] = 25
    """The birthday to which it is kept of a child, and one more of somebody who was 17 at the end."""

    smtp_host: str | None = None
    """Without it no e-mail is sent; every notice is in its inbox all the same."""
    smtp_port: Port = 25
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: Annotated[str, AfterValidator(_address)] | None = None
    smtp_starttls: bool = False

    def apart(self, chosen: Path | None, own: Path) -> Path | None:
        """Where a file is that is kept apart from the records: as it is set, else in the folder of embedded ones."""
        return chosen or (own if self.database_url is None else None)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        _both(self.deployment_name, self.build_id, "DEPLOYMENT_NAME", "BUILD_ID")
        _both(self.smtp_username, self.smtp_password, "SMTP_USERNAME", "SMTP_PASSWORD")
        _both(self.oidc_issuer, self.oidc_client_id, "OIDC_ISSUER", "OIDC_CLIENT_ID")
        if sum(source is not None for source in (self.keys_file, self.keys, self.keys_command)) > 1:
            raise ValueError(f"set one of {PREFIX}KEYS_FILE, {PREFIX}KEYS and {PREFIX}KEYS_COMMAND, not several")
        if self.oidc_client_secret and not self.oidc_issuer:
            raise ValueError(f"{PREFIX}OIDC_CLIENT_SECRET is set, so {PREFIX}OIDC_ISSUER must say whose it is")
        if self.smtp_host and not self.smtp_from:
            raise ValueError(f"{PREFIX}SMTP_HOST is set, so {PREFIX}SMTP_FROM must say who the e-mail is from")
        return self


def _both(first: object, second: object, first_name: str, second_name: str) -> None:
    if (first is None) != (second is None):
        raise ValueError(f"{PREFIX}{first_name} and {PREFIX}{second_name} go together: set both or neither")


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; an override that is None leaves the variable's value.

    Raises Stop (exit code 2) with one sentence for each setting that is wrong.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise Stop(explain(error), 2) from None
    settings.data_dir = settings.data_dir.expanduser().absolute()
    return settings


def explain(error: ValidationError) -> str:
    """One sentence for each wrong setting, naming its variable and never a secret's value."""
    return "\n".join(_sentence(detail) for detail in error.errors())


def _sentence(detail: ErrorDetails) -> str:
    problem = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return f"{problem}."
    name = str(detail["loc"][0])
    problem = problem[0].lower() + problem[1:]
    secret = any(word in name for word in ("password", "secret", "url", "keys"))
    told = "" if secret else f" (it is {str(detail['input'])!r})"
    return f"{PREFIX}{name.upper()} is wrong: {problem}{told}."


def unknown_variables(names: Iterable[str]) -> list[str]:
    """A sentence for each ALONGSIDE_ variable that is no setting: most likely a slip of the pen."""
    known = [PREFIX + name.upper() for name in [*Settings.model_fields, *OF_COMMANDS]]
    sentences = []
    for name in sorted(set(names)):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            sentences.append(f"{name} is no setting" + (f"; is {near[0]} meant?" if near else "."))
    return sentences
