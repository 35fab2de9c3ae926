"""The people who can sign in: every role, and somebody who belongs to both organizations."""

from dataclasses import dataclass, field
from uuid import UUID

from app.demo import names
from app.demo.people import Person
from app.demo.seed.draft import Draft
from app.models import Role
from app.services.identity import hasher

PASSWORD = "gamarjoba-waypost"  # noqa: S105 - of people who do not exist; the demo prints it

SHARED_EMAIL = "shared@paws.example"
SHARED_NAME = names.person(8_999).latin
_SHARED_ROLES = {"paws": Role.STAFF, "carebus": Role.DISPATCHER}

_ONE_OF_EACH = (Role.OWNER, Role.ADMIN, Role.DISPATCHER, Role.STAFF)
_TWO_OF_EACH = (Role.DRIVER, Role.CUSTOMER)


@dataclass(frozen=True)
class Member:
    user_id: UUID
    role: Role
    email: str
    full_name: str


@dataclass
class Register:
    """Who has been given a sign-in so far, in all organizations."""

    people: list[Person] = field(default_factory=list)
    users: dict[str, UUID] = field(default_factory=dict)
    # hashing is slow by design: once for the one password of all
    password_hash: str = field(default_factory=lambda: hasher().hash(PASSWORD))

    def admit(self, draft: Draft, role: Role, email: str, full_name: str) -> Member:
        """Make somebody a member, and a user if they are not one yet."""
        if email not in self.users:
            self.users[email] = draft.add_user(email=email, full_name=full_name, password_hash=self.password_hash)
        draft.add("memberships", user_id=self.users[email], role=role.value)
        self.people.append(Person(role.value, email, PASSWORD, draft.business.slug))
        return Member(self.users[email], role, email, full_name)


def hire(draft: Draft, register: Register) -> list[Member]:
    """Members in every role."""
    slug, number = draft.business.slug, draft.business.first_of_staff
    seats = [(role, role.value.lower()) for role in _ONE_OF_EACH]
    seats += [(role, f"{role.value.lower()}{count}") for role in _TWO_OF_EACH for count in (1, 2)]
    members = [
        register.admit(draft, role, f"{name}@{slug}.example", names.person(index).latin)
        for index, (role, name) in enumerate(seats, number)
    ]
    return [*members, register.admit(draft, _SHARED_ROLES[slug], SHARED_EMAIL, SHARED_NAME)]
