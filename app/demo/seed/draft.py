"""One organization's rows while they are made up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from app.demo.seed.businesses import Business
from app.models import Dimension, PartnerType

Row = dict[str, object]


def json_of(amounts: Mapping[Dimension, int]) -> str:
    """A capacity or a demand as COPY takes it for a jsonb column."""
    return json.dumps({dimension.value: amount for dimension, amount in amounts.items()})


@dataclass
class Draft:
    """Rows by table, in an order in which foreign keys find what they point to."""

    business: Business
    now: datetime
    tables: dict[str, list[Row]] = field(default_factory=dict)
    partners: dict[PartnerType, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.business.slug)
        self.zone = ZoneInfo(self.business.time_zone)
        self.today = self.now.astimezone(self.zone).date()
        self.organization_id = uuid7()
        self._append(
            "organizations",
            {
                "id": self.organization_id,
                "slug": self.business.slug,
                "name": self.business.name,
                "time_zone": self.business.time_zone,
                "currency": self.business.currency,
                "country": self.business.country,
                "locale": self.business.locale,
            },
        )
        self._append("event_heads", {"organization_id": self.organization_id})

    def add(self, table: str, **columns: object) -> UUID:
        """A row of the organization. A child of a subject brings the subject's id along; others get one."""
        id = uuid7()
        self._append(table, {"organization_id": self.organization_id, "id": id, **columns})
        return id

    def add_user(self, **columns: object) -> UUID:
        """People belong to no organization."""
        id = uuid7()
        self._append("users", {"id": id, **columns})
        return id

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant by the organization's clock."""
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    def _append(self, table: str, row: Row) -> None:
        self.tables.setdefault(table, []).append(row)
