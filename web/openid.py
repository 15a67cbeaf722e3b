"""OpenID Connect: where somebody is sent to sign in, and who the provider says that they are when they come back.

Authorization code with PKCE. What the provider is, and its keys, are asked at each sign-in: a few times a minute at
most, and a key that the provider has changed is never an old one here.
"""

import base64
import hashlib
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, ValidationError

from records.sign_ins import Begun
from workers.settings import Settings, encrypted

TIMEOUT = 10.0
"""Seconds that the provider has for each answer."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""How a token may be signed: by a key of the provider's own; never by one that we share with it, nor not at all."""
SCOPE = "openid profile email"
BASIC, POST = "client_secret_basic", "client_secret_post"


class Away(Exception):
    """The provider cannot be reached, or does not speak as it should. Nothing of its answer is in the message."""


class Untrue(Exception):
    """What came back is not what was asked for: it was changed, is too old, or was for something else."""


class Client(NamedTuple):
    """What we are to the provider."""

    issuer: str
    id: str
    secret: str | None
    claim: str
    public_url: str

    @classmethod
    def of(cls, settings: Settings) -> "Client | None":
        """By the settings; None when signing in is not set up."""
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            return None
        secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        return cls(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_claim, settings.public_url)

    @property
    def back(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.public_url}/sign-in/back"


class Metadata(BaseModel):
    """What the provider says of itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = [BASIC]
    authorization_response_iss_parameter_supported: bool = False


class Tokens(BaseModel):
    """What the provider gives for a code."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id_token: str
    access_token: str | None = None


class Person(NamedTuple):
    """Who the provider says that somebody is: their id in the staff list, or their own e-mail address."""

    staff: str | None
    email: str | None


async def metadata(client: Client) -> Metadata:
    """What the provider says of itself. Raises Away."""
    try:
        said = Metadata.model_validate(await _get(f"{client.issuer.rstrip('/')}/.well-known/openid-configuration"))
    except ValidationError as error:
        raise Away("it does not say what OpenID Connect needs") from error
    if said.issuer.rstrip("/") != client.issuer.rstrip("/"):
        raise Away("it says that it is another issuer")
    ends = [said.authorization_endpoint, said.token_endpoint, said.jwks_uri]
    ends += [end for end in (said.userinfo_endpoint, said.end_session_endpoint) if end is not None]
    if not all(encrypted(end) for end in ends):
        raise Away("it has an address without HTTPS")
    return said


def begin(client: Client, provider: Metadata, begun: Begun) -> str:
    """Where somebody is sent to sign in."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.back,
        "scope": SCOPE,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": _challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    return _with(provider.authorization_endpoint, asked)


def leave(client: Client, provider: Metadata) -> str | None:
    """Where somebody signs out of the provider too; None when it has no such place."""
    if provider.end_session_endpoint is None:
        return None
    asked = {"client_id": client.id, "post_logout_redirect_uri": f"{client.public_url}/sign-in"}
    return _with(provider.end_session_endpoint, asked)


async def back(client: Client, code: str, nonce: str, verifier: str, issuer: str | None, now: datetime) -> Person:
    """Who came back with a code; `issuer` is who says that it sent them. Raises Away, Untrue."""
    provider = await metadata(client)
    if issuer != provider.issuer and (issuer or provider.authorization_response_iss_parameter_supported):
        raise Untrue("another provider answered")
    tokens = await _tokens(client, provider, code, verifier)
    claims = checked(tokens.id_token, await _keys(provider), client, provider, nonce, now)
    if client.claim not in claims and provider.userinfo_endpoint and tokens.access_token:
        more = await _get(provider.userinfo_endpoint, {"Authorization": f"Bearer {tokens.access_token}"})
        if more.get("sub") != claims["sub"]:
            raise Untrue("it tells of somebody else")
        claims = more | claims
    return _person(client, claims)


def checked(
    token: str, keys: jwk.KeySet, client: Client, provider: Metadata, nonce: str, now: datetime
) -> dict[str, Any]:
    """What an ID token says, when it is the provider's, for us, for this sign-in, and still holds. Raises Untrue."""
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": client.id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=SIGNED_BY).claims
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        raise Untrue(f"its token does not hold: {type(error).__name__}") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client.id) != client.id:
        raise Untrue("its token is for another")
    return claims


def _person(client: Client, claims: dict[str, Any]) -> Person:
    said = claims.get(client.claim)
    if not isinstance(said, str) or not said:
        return Person(None, None)
    if client.claim != "email":
        return Person(said, None)
    return Person(None, said if claims.get("email_verified") is True else None)


async def _tokens(client: Client, provider: Metadata, code: str, verifier: str) -> Tokens:
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.back, "code_verifier": verifier}
    headers = {"Accept": "application/json"}
    methods = provider.token_endpoint_auth_methods_supported
    if client.secret is not None and (BASIC in methods or POST not in methods):
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        asked |= {"client_id": client.id} | ({"client_secret": client.secret} if client.secret is not None else {})
    try:
        async with _http() as http:
            answer = await http.post(provider.token_endpoint, data=asked, headers=headers)
        if answer.is_client_error:
            raise Untrue(f"it does not take the code: {answer.status_code}")
        return Tokens.model_validate(answer.raise_for_status().json())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Away(f"it gives no tokens: {type(error).__name__}") from error


async def _keys(provider: Metadata) -> jwk.KeySet:
    said: Any = await _get(provider.jwks_uri)
    try:
        return jwk.KeySet.import_key_set(said)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Away("it has no keys") from error


async def _get(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    try:
        async with _http() as http:
            said = (await http.get(url, headers=headers)).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Away(f"it gives no answer: {type(error).__name__}") from error
    if not isinstance(said, dict):
        raise Away("it does not answer as OpenID Connect does")
    return said


def _http() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with(url: str, asked: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"
