"""Scenes of the log."""

from app.schema.scalars import encode_id
from tests.client import Json
from tests.scenes.stage import Stage, scene


async def something_happens(stage: Stage) -> None:
    """To the customer, by whoever acts."""
    await stage.actor.client.act(
        "updateCustomer",
        {"customerId": stage.customer_gid, "version": 1, "notes": "Rings twice"},
        "... on UpdateCustomerSuccess { customer { id } }",
    )


@scene()
async def audit_log(stage: Stage) -> Json:
    await something_happens(stage)
    customer = stage.customer_gid
    actor = encode_id("User", stage.actor.user_id)
    return {"filter": {"types": ["CUSTOMER_UPDATED"], "nodeId": customer, "actorId": actor, "customerId": customer}}
