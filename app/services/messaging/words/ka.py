"""Waypost's own words in Georgian."""

from app.models import NotificationKind as Kind
from app.services.messaging.words.wording import Words, said

DEAR = "გამარჯობა, {{ person }}!\n\n"
BYE = "\nპატივისცემით,\n{{ organization }}\n"
FACTS = "  მომსახურება: {{ service }}\n  ვისთვის: {{ subject }}\n  როდის: {{ starts }} – {{ ends }}\n"
REASON = "{% if reason %}\nმიზეზი: {{ reason }}\n{% endif %}"
LIMITS = (
    "{% if date %}თარიღი: {{ date }}{% if due_km %}, ან {% endif %}{% endif %}"
    "{% if due_km %}გარბენი: {{ due_km }}{% endif %}"
)

WORDS: Words = {
    Kind.BOOKING_CONFIRMED: said(
        "ჯავშანი {{ number }} დადასტურებულია",
        f"{DEAR}თქვენი ჯავშანი {{{{ number }}}} დადასტურებულია.\n\n{FACTS}{BYE}",
        "ჯავშანი {{ number }} დადასტურებულია: {{ service }}, {{ subject }}, {{ day }}, {{ time }}.",
    ),
    Kind.BOOKING_DECLINED: said(
        "ჯავშანი {{ number }} ვერ შედგება",
        f"{DEAR}ვწუხვართ, თქვენს ჯავშანს {{{{ number }}}} ვერ ვიღებთ.\n\n{FACTS}{REASON}{BYE}",
        "ვწუხვართ, ჯავშანს {{ number }} ვერ ვიღებთ ({{ service }}, {{ day }}).",
    ),
    Kind.BOOKING_CANCELLED: said(
        "ჯავშანი {{ number }} გაუქმებულია",
        f"{DEAR}ვწუხვართ, თქვენი ჯავშნის {{{{ number }}}} გაუქმება მოგვიხდა.\n\n{FACTS}{REASON}{BYE}",
        "ვწუხვართ, ჯავშანი {{ number }} გავაუქმეთ: {{ service }}, {{ subject }}, {{ day }}, {{ time }}.",
    ),
    Kind.BOOKING_TOMORROW: said(
        "გელოდებით: {{ subject }}, {{ date }}",
        f"{DEAR}შეგახსენებთ თქვენს ჯავშანს. გელოდებით!\n\n{FACTS}\nჯავშნის ნომერია {{{{ number }}}}.\n{BYE}",
        "გელოდებით: {{ subject }}, {{ day }}, {{ time }} ({{ service }}).",
    ),
    Kind.WAITLIST_OFFER: said(
        "თქვენთვის ადგილი შენახულია, ჯავშანი {{ number }}",
        f"{DEAR}ადგილი, რომელსაც ელოდით, გათავისუფლდა და თქვენთვის ვინახავთ.\n\n{FACTS}\n"
        "დაჯავშნეთ მითითებულ დრომდე: {{ held_until }}. ამის შემდეგ ადგილს რიგში შემდეგს შევთავაზებთ.\n"
        f"ჯავშნის ნომერია {{{{ number }}}}.\n{BYE}",
        "ადგილი გათავისუფლდა: {{ subject }}, {{ day }}, {{ time }}. ვინახავთ ამ დრომდე: {{ held_until }}.",
    ),
    Kind.DRIVER_UNDER_WAY: said(
        "მძღოლი {{ driver }} გზაშია",
        f"{DEAR}მძღოლი {{{{ driver }}}} უკვე გზაშია.\n"
        "{% if subject %}\nვისთვის: {{ subject }}\n{% endif %}{% if place %}\nმისამართი: {{ place }}\n{% endif %}"
        "{% if eta %}\nსავარაუდო დრო: {{ eta }}\n{% endif %}"
        f"{{% if vehicle %}}\nავტომობილი: {{{{ vehicle }}}}\n{{% endif %}}{BYE}",
        "მძღოლი {{ driver }} გზაშია{% if subject %}: {{ subject }}{% endif %}"
        "{% if eta %}, სავარაუდო დრო {{ eta }}{% endif %}{% if vehicle %} ({{ vehicle }}){% endif %}.",
    ),
    Kind.AFTER_VISIT: said(
        "როგორ ჩაიარა ვიზიტმა?",
        f"{DEAR}გმადლობთ, რომ გვენდეთ: {{{{ subject }}}} ({{{{ service }}}}, {{{{ date }}}}).\n"
        f"კმაყოფილი დარჩით? მოხარული ვიქნებით, თუ აზრს გაგვიზიარებთ.\n{BYE}",
        "გმადლობთ ვიზიტისთვის ({{ subject }}). კმაყოფილი დარჩით?",
    ),
    Kind.CARE_DUE: said(
        "{{ subject }}: {{ care }}, ვადა {{ date }}",
        f"{DEAR}ახლოვდება ვადა:\n\n{{{{ list }}}}\n\nგთხოვთ, დროულად ჩაეწეროთ.\n{BYE}",
        "{{ subject }}: {{ care }}, ვადა {{ date }}. გთხოვთ, ჩაეწეროთ.",
    ),
    Kind.CARE_OVERDUE: said(
        "{{ subject }}: {{ care }}, ვადა გასულია",
        f"{DEAR}ვადა გასულია:\n\n{{{{ list }}}}\n\nგთხოვთ, მალე ჩაეწეროთ.\n{BYE}",
        "{{ subject }}: {{ care }}, ვადა გავიდა {{ date }}. გთხოვთ, ჩაეწეროთ.",
    ),
    Kind.LICENCE_EXPIRING: said(
        "მართვის მოწმობა: {{ driver }}, ვადა {% if expired %}გავიდა{% else %}იწურება{% endif %} {{ date }}",
        f"{DEAR}მძღოლის მართვის მოწმობის ვადა {{% if expired %}}გავიდა{{% else %}}იწურება{{% endif %}}: "
        "{{ driver }}, {{ date }}.\n"
        f"ამ დღის შემდეგ მძღოლს მარშრუტები აღარ დაეგეგმება, სანამ ახალი ვადა არ ჩაიწერება.\n{BYE}",
        "მართვის მოწმობის ვადა {% if expired %}გავიდა{% else %}იწურება{% endif %}: {{ driver }}, {{ date }}.",
    ),
    Kind.MAINTENANCE_DUE: said(
        f"ტექმომსახურების ვადა: {{{{ vehicle }}}}, {LIMITS}",
        f"{DEAR}ავტომობილს {{{{ vehicle }}}} ტექმომსახურება სჭირდება. {LIMITS}.\n"
        f"ამჟამინდელი გარბენია {{{{ driven_km }}}}. ვადის შემდეგ ავტომობილი აღარ დაიგეგმება.\n{BYE}",
        f"ტექმომსახურების ვადა: {{{{ vehicle }}}}, {LIMITS}.",
    ),
    Kind.POST_PUBLISHED: said(
        "{{ title }}",
        f"{DEAR}{{{{ text }}}}\n{BYE}",
        "{{ title }}",
    ),
    Kind.WEBHOOK_FAILING: said(
        "ვებჰუკი არ მუშაობს: {{ endpoint }}",
        f"{DEAR}ვებჰუკი {{{{ endpoint }}}} არ პასუხობს. დასაწყისი: {{{{ since }}}}.\n"
        f"შეტყობინებები შენახულია და კვლავ გაიგზავნება; რამდენიმე დღის შემდეგ ვებჰუკი გამოირთვება.\n{BYE}",
        "ვებჰუკი არ მუშაობს: {{ endpoint }}. დასაწყისი: {{ since }}.",
    ),
    Kind.WEBHOOK_DISABLED: said(
        "ვებჰუკი გამოირთო: {{ endpoint }}",
        f"{DEAR}ვებჰუკი {{{{ endpoint }}}} გამოირთო: "
        "{% if gone %}მისამართი აღარ არსებობს{% else %}რამდენიმე დღეა, არ პასუხობს{% endif %}.\n"
        f"ჩართვის შემდეგ ის გაგრძელდება იქიდან, სადაც შეჩერდა.\n{BYE}",
        "ვებჰუკი გამოირთო: {{ endpoint }}.",
    ),
}
