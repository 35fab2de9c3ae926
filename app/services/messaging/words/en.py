"""Waypost's own words in English."""

from app.models import NotificationKind as Kind
from app.services.messaging.words.wording import Words, said

DEAR = "Dear {{ person }},\n\n"
BYE = "\n{{ organization }}\n"
FACTS = "  What: {{ service }}\n  For:  {{ subject }}\n  When: {{ starts }} to {{ ends }}\n"
REASON = "{% if reason %}\nThe reason: {{ reason }}\n{% endif %}"
LIMITS = "{% if date %}on {{ date }}{% if due_km %} or {% endif %}{% endif %}{% if due_km %}at {{ due_km }}{% endif %}"

WORDS: Words = {
    Kind.BOOKING_CONFIRMED: said(
        "booking {{ number }} is confirmed",
        f"{DEAR}your booking {{{{ number }}}} is confirmed.\n\n{FACTS}{BYE}",
        "{{ service }} for {{ subject }} on {{ day }} at {{ time }} is confirmed. Booking {{ number }}.",
    ),
    Kind.BOOKING_DECLINED: said(
        "booking {{ number }} cannot take place",
        f"{DEAR}we are sorry: we cannot accept your booking {{{{ number }}}}.\n\n{FACTS}{REASON}{BYE}",
        "we are sorry, we cannot accept booking {{ number }} ({{ service }}, {{ day }}).",
    ),
    Kind.BOOKING_CANCELLED: said(
        "booking {{ number }} is cancelled",
        f"{DEAR}we are sorry: we had to cancel your booking {{{{ number }}}}.\n\n{FACTS}{REASON}{BYE}",
        "we are sorry, we had to cancel booking {{ number }}: "
        "{{ service }} for {{ subject }} on {{ day }} at {{ time }}.",
    ),
    Kind.BOOKING_TOMORROW: said(
        "we expect {{ subject }} on {{ date }}",
        f"{DEAR}we look forward to seeing {{{{ subject }}}}.\n\n{FACTS}\n"
        f"The number of the booking is {{{{ number }}}}.\n{BYE}",
        "we expect {{ subject }} on {{ day }} at {{ time }} ({{ service }}).",
    ),
    Kind.WAITLIST_OFFER: said(
        "a place is held for you, booking {{ number }}",
        f"{DEAR}a place that you waited for is free, and we hold it for you.\n\n{FACTS}\n"
        "Book it until {{ held_until }}; after that it goes to whoever waits next.\n"
        f"The number of the booking is {{{{ number }}}}.\n{BYE}",
        "a place is free for {{ subject }} on {{ day }} at {{ time }}. "
        "We hold it until {{ held_until }}: book it in time.",
    ),
    Kind.DRIVER_UNDER_WAY: said(
        "{{ driver }} is on the way",
        f"{DEAR}{{{{ driver }}}} is on the way"
        "{% if subject %} for {{ subject }}{% endif %}{% if place %}, to {{ place }}{% endif %}.\n"
        "{% if eta %}\nExpected at {{ eta }}.\n{% endif %}"
        f"{{% if vehicle %}}\nThe vehicle: {{{{ vehicle }}}}\n{{% endif %}}{BYE}",
        "{{ driver }} is on the way{% if subject %} for {{ subject }}{% endif %}"
        "{% if eta %}, expected at {{ eta }}{% endif %}{% if vehicle %} ({{ vehicle }}){% endif %}.",
    ),
    Kind.AFTER_VISIT: said(
        "how was it?",
        f"{DEAR}thank you for bringing {{{{ subject }}}} ({{{{ service }}}}, {{{{ date }}}}).\n"
        f"Was everything as it should be? We would be glad to hear from you.\n{BYE}",
        "thank you for bringing {{ subject }}. Was everything as it should be?",
    ),
    Kind.CARE_DUE: said(
        "{{ care }} of {{ subject }} is due on {{ date }}",
        f"{DEAR}this falls due soon:\n\n{{{{ list }}}}\n\nPlease make an appointment in time.\n{BYE}",
        "{{ care }} of {{ subject }} is due on {{ date }}. Please make an appointment.",
    ),
    Kind.CARE_OVERDUE: said(
        "{{ care }} of {{ subject }} is overdue",
        f"{DEAR}this is overdue:\n\n{{{{ list }}}}\n\nPlease make an appointment soon.\n{BYE}",
        "{{ care }} of {{ subject }} is overdue since {{ date }}. Please make an appointment.",
    ),
    Kind.LICENCE_EXPIRING: said(
        "the driving licence of {{ driver }} {% if expired %}ran out{% else %}runs out{% endif %} on {{ date }}",
        f"{DEAR}the driving licence of {{{{ driver }}}} "
        "{% if expired %}ran out{% else %}runs out{% endif %} on {{ date }}.\n"
        f"After that day {{{{ driver }}}} is not planned, until the licence has another date.\n{BYE}",
        "the driving licence of {{ driver }} {% if expired %}ran out{% else %}runs out{% endif %} on {{ date }}.",
    ),
    Kind.MAINTENANCE_DUE: said(
        "maintenance of {{ vehicle }} is due " + LIMITS,
        f"{DEAR}maintenance of {{{{ vehicle }}}} is due {LIMITS}.\n"
        f"It has driven {{{{ driven_km }}}}. Once it is due, it is not planned.\n{BYE}",
        f"maintenance of {{{{ vehicle }}}} is due {LIMITS}.",
    ),
    Kind.POST_PUBLISHED: said(
        "{{ title }}",
        f"{DEAR}{{{{ text }}}}\n{BYE}",
        "{{ title }}",
    ),
    Kind.WEBHOOK_FAILING: said(
        "the webhook to {{ endpoint }} fails",
        f"{DEAR}the webhook to {{{{ endpoint }}}} has failed since {{{{ since }}}}.\n"
        f"What it should have been told is kept, and sent again and again; after some days it is disabled.\n{BYE}",
        "the webhook to {{ endpoint }} has failed since {{ since }}.",
    ),
    Kind.WEBHOOK_DISABLED: said(
        "the webhook to {{ endpoint }} was disabled",
        f"{DEAR}the webhook to {{{{ endpoint }}}} was disabled, for it "
        "{% if gone %}says that it is gone{% else %}has failed for days{% endif %}.\n"
        f"Once it is enabled, it goes on where it stopped.\n{BYE}",
        "the webhook to {{ endpoint }} was disabled.",
    ),
}
