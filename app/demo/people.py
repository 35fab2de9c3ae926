"""The people of the demo, who can sign in with a password."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from app.demo.process import ServerFailed
from app.demo.state import write_private

_SIGN_IN = """
mutation SignIn($email: String!, $password: String!, $organization: String) {
  signIn(input: { email: $email, password: $password, organization: $organization }) { accessToken }
}
"""


class SignInFailed(ServerFailed):
    """Somebody was refused, or nobody answered."""


@dataclass(frozen=True)
class Person:
    """One sign-in; `organization` is a slug."""

    role: str
    email: str
    password: str
    organization: str


@dataclass(frozen=True)
class SignedIn(Person):
    """A person with an access token that works for a quarter of an hour."""

    access_token: str


def save_people(path: Path, people: Iterable[Person]) -> None:
    """Keep the sign-ins; the file also says that the data was seeded completely."""
    write_private(path, json.dumps([asdict(person) for person in people], indent=2))


def load_people(path: Path) -> list[Person]:
    return [Person(**fields) for fields in json.loads(path.read_text())]


def sign_in(url: str, people: Iterable[Person]) -> list[SignedIn]:
    """Sign everybody in. Raises SignInFailed."""
    with httpx.Client(timeout=30, trust_env=False) as client:
        return [SignedIn(**asdict(person), access_token=_access_token(client, url, person)) for person in people]


def _access_token(client: httpx.Client, url: str, person: Person) -> str:
    variables = {
        "email": person.email,
        "password": person.password,
        "organization": person.organization,
    }
    try:
        answer = client.post(url, json={"query": _SIGN_IN, "variables": variables}).json()
        return str(answer["data"]["signIn"]["accessToken"])
    except (httpx.HTTPError, ValueError) as error:
        raise SignInFailed(f"{person.email} could not sign in: {error}") from error
    except (KeyError, TypeError):
        raise SignInFailed(f"{person.email} could not sign in: {answer.get('errors', answer)}") from None
