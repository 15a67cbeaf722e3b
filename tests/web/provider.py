"""A real OpenID provider on this machine, which a test can make forgetful, slow of keys, or dishonest."""

import base64
import hashlib
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

Answer = dict[str, Any]
Change = Callable[[Answer], Answer]


class Provider:
    """The provider: what it was asked, whom it knows, and how a test changes what it answers.

    `tokens` and `told` change what it answers for a code, and of itself; `asked` is what it was asked at its token end.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.port = 0
        self.tokens: Change = lambda said: said
        self.told: Change = lambda said: said
        self.asked: list[dict[str, str]] = []
        app.before_request(self._heard)
        app.after_request(self._changed)
        app.debug = False

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://localhost:{self.port}"

    @property
    def storage(self) -> Any:
        """Its users and its key."""
        import flask

        with self.app.test_request_context():
            self.app.preprocess_request()
            return flask.g.oidc_provider_mock_storage

    def knows(self, sub: str, **claims: Any) -> None:
        """Somebody who may sign in there."""
        from oidc_provider_mock import User  # type: ignore[import-untyped]  # it says nothing of types

        self.storage.store_user(User(sub=sub, claims=claims))

    def changes_its_key(self) -> None:
        """From now on it signs with another key, and shows no other."""
        from authlib.jose import RSAKey  # type: ignore[import-untyped]  # it says nothing of types

        self.storage.jwk = RSAKey.generate_key(is_private=True)

    def signed(self, claims: Answer, **header: str) -> str:
        """A token of the provider's own that says something."""
        from joserfc import jwk, jwt

        key = jwk.RSAKey.import_key(self.storage.jwk.as_dict(is_private=True))
        return jwt.encode({"alg": "RS256", **header}, claims, key)

    def _heard(self) -> None:
        import flask

        if flask.request.path == "/oauth2/token":
            self.asked.append(dict(flask.request.form) | {"header": flask.request.headers.get("Authorization", "")})

    def _changed(self, answer: Any) -> Any:
        import flask

        changes = {"/oauth2/token": self.tokens, "/.well-known/openid-configuration": self.told}
        change = changes.get(flask.request.path)
        if change is not None and answer.status_code == 200:
            answer.set_data(json.dumps(change(answer.get_json())))
        return answer

    async def says_yes(self, where: str, sub: str) -> str:
        """Somebody signs in there; answers where they are sent back to."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(where, data={"sub": sub})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def says_no(self, where: str) -> str:
        """Somebody does not sign in there after all; answers where they are sent back to."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.post(where, data={"action": "deny"})).headers["location"]


def said_of(token: str) -> Answer:
    """What a token says, whoever signed it."""
    middle = token.split(".")[1]
    said: Answer = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return said


def challenge(verifier: str) -> str:
    """What a verifier is shown as before it is told."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def asked_for(where: str) -> dict[str, str]:
    """What an address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider for the time of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the provider's own libraries
        from oidc_provider_mock import _app
        from oidc_provider_mock._server import _threaded_server  # type: ignore[import-untyped]  # as above

        _app.AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
        made = Provider(_app.app(require_nonce=True))
        with _threaded_server(made.app) as server:
            made.port = server.server_port
            yield made
