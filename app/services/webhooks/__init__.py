"""Telling others' systems what happens, by HTTP.

The log is the outbox: `feeding` makes deliveries of it, `delivering` says what goes out next and what follows from the
answer, `sending` asks. docs/webhooks.md is for those who are told.
"""

from app.services.webhooks.delivering import SLOW_MS, Round, hold, is_slow, next_round, record
from app.services.webhooks.endpoints import (
    create_webhook_endpoint,
    disable_webhook_endpoint,
    enable_webhook_endpoint,
    remove_webhook_endpoint,
    rotate_webhook_secret,
    update_webhook_endpoint,
)
from app.services.webhooks.feeding import behind, feed, hear
from app.services.webhooks.keeping import tidy, tidy_again, warn_of_failing
from app.services.webhooks.messages import message_id
from app.services.webhooks.replaying import (
    replay_portion,
    replay_webhooks,
    retry_webhook_delivery,
    send_test_webhook,
)
from app.services.webhooks.scheduling import schedule
from app.services.webhooks.sending import Answer, Parcel, Sender

__all__ = [
    "SLOW_MS",
    "Answer",
    "Parcel",
    "Round",
    "Sender",
    "behind",
    "create_webhook_endpoint",
    "disable_webhook_endpoint",
    "enable_webhook_endpoint",
    "feed",
    "hear",
    "hold",
    "is_slow",
    "message_id",
    "next_round",
    "record",
    "remove_webhook_endpoint",
    "replay_portion",
    "replay_webhooks",
    "retry_webhook_delivery",
    "rotate_webhook_secret",
    "schedule",
    "send_test_webhook",
    "tidy",
    "tidy_again",
    "update_webhook_endpoint",
    "warn_of_failing",
]
