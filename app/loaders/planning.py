"""Relations of planning runs."""

from app.loaders.base import Listing, ToMany, ToOne
from app.models import PlanningRun, Transport, UnassignedTransport

PLANNING_RUNS = Listing(PlanningRun, "-created_at", filters={"date": lambda date: PlanningRun.date == date})
RUN_UNASSIGNED = ToMany(UnassignedTransport, "planning_run_id", ("transport_id",))
UNASSIGNED_TRANSPORT = ToOne(Transport, "transport_id")
