"""Standing bookings."""

from app import models
from app.models.series import SeriesStatus
from app.schema.fields import column, vocabulary
from app.schema.nodes import Node, node

vocabulary(SeriesStatus, "Whether a standing booking goes on.")


@node(models.Series, "A standing booking: one subject, one service, again and again.")
class Series(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    status: SeriesStatus = column("Whether it goes on.")
    rule: str = column("When: an RFC 5545 rule.")
