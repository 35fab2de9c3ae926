"""The words of mails about accounts, by language."""

from app.models import AccountMailKind as Kind

LAST_RESORT = "en"

_DEAR = "{% if person %}Dear {{ person }},\n\n{% endif %}"
_BYE = "\n\n{{ organization }}\n"
_LINK = "\n\n{{ link }}\n\nThe link works once, until {{ until }}."
_ALARM = "\n\nIf that was not you, set another password at once and tell us."
_IDLE = " If you did not ask for it, do nothing."

ENGLISH = {
    Kind.PASSWORD_RESET: (
        "set a new password",
        f"{_DEAR}with this link you set a new password:{_LINK}{_IDLE}{_BYE}",
    ),
    Kind.PASSWORD_CHANGED: (
        "your password was changed",
        f"{_DEAR}your password was changed on {{{{ moment }}}}.{_ALARM}{_BYE}",
    ),
    Kind.EMAIL_CONFIRMATION: (
        "confirm your address",
        f"{_DEAR}with this link you confirm that this address is yours:{_LINK}{_IDLE}{_BYE}",
    ),
    Kind.EMAIL_CHANGE: (
        "confirm your new address",
        f"{_DEAR}with this link you sign in with this address from now on:{_LINK}{_IDLE}{_BYE}",
    ),
    Kind.EMAIL_CHANGED: (
        "your address was changed",
        f"{_DEAR}since {{{{ moment }}}} you sign in with another address than this one."
        f"\n\nIf that was not you, tell us at once.{_BYE}",
    ),
    Kind.SECOND_FACTOR_ADDED: (
        "a second factor was added",
        f"{_DEAR}since {{{{ moment }}}} signing in asks for a code.{_ALARM}{_BYE}",
    ),
    Kind.SECOND_FACTOR_REMOVED: (
        "your second factor was removed",
        f"{_DEAR}since {{{{ moment }}}} signing in asks for no code any more.{_ALARM}{_BYE}",
    ),
    Kind.RECOVERY_CODE_USED: (
        "a recovery code was used",
        f"{_DEAR}somebody signed in with one of your recovery codes on {{{{ moment }}}}.{_ALARM}{_BYE}",
    ),
    Kind.INVITATION: (
        "you are invited",
        "{% if inviter %}{{ inviter }} invites you{% else %}You are invited{% endif %} to {{ organization }}."
        f" With this link you join:{_LINK}{_BYE}",
    ),
}

_DEAR_KA = "{% if person %}გამარჯობა, {{ person }}!\n\n{% endif %}"
_BYE_KA = "\n\nპატივისცემით,\n{{ organization }}\n"
_LINK_KA = "\n\n{{ link }}\n\nბმული ერთხელ მუშაობს, ამ დრომდე: {{ until }}."
_ALARM_KA = "\n\nთუ ეს თქვენ არ იყავით, დაუყოვნებლივ შეცვალეთ პაროლი და შეგვატყობინეთ."
_IDLE_KA = " თუ ეს თქვენ არ მოგითხოვიათ, ნურაფერს მოიმოქმედებთ."

GEORGIAN = {
    Kind.PASSWORD_RESET: (
        "ახალი პაროლის დაყენება",
        f"{_DEAR_KA}ამ ბმულით ახალ პაროლს დააყენებთ:{_LINK_KA}{_IDLE_KA}{_BYE_KA}",
    ),
    Kind.PASSWORD_CHANGED: (
        "თქვენი პაროლი შეიცვალა",
        f"{_DEAR_KA}თქვენი პაროლი შეიცვალა: {{{{ moment }}}}.{_ALARM_KA}{_BYE_KA}",
    ),
    Kind.EMAIL_CONFIRMATION: (
        "დაადასტურეთ მისამართი",
        f"{_DEAR_KA}ამ ბმულით დაადასტურებთ, რომ ეს მისამართი თქვენია:{_LINK_KA}{_IDLE_KA}{_BYE_KA}",
    ),
    Kind.EMAIL_CHANGE: (
        "დაადასტურეთ ახალი მისამართი",
        f"{_DEAR_KA}ამ ბმულის შემდეგ სისტემაში ამ მისამართით შეხვალთ:{_LINK_KA}{_IDLE_KA}{_BYE_KA}",
    ),
    Kind.EMAIL_CHANGED: (
        "თქვენი მისამართი შეიცვალა",
        f"{_DEAR_KA}ამ დროიდან სისტემაში სხვა მისამართით შედიხართ: {{{{ moment }}}}."
        f"\n\nთუ ეს თქვენ არ იყავით, დაუყოვნებლივ შეგვატყობინეთ.{_BYE_KA}",
    ),
    Kind.SECOND_FACTOR_ADDED: (
        "დამატებითი კოდი ჩაირთო",
        f"{_DEAR_KA}ამ დროიდან შესვლას კოდი სჭირდება: {{{{ moment }}}}.{_ALARM_KA}{_BYE_KA}",
    ),
    Kind.SECOND_FACTOR_REMOVED: (
        "დამატებითი კოდი გამოირთო",
        f"{_DEAR_KA}ამ დროიდან შესვლას კოდი აღარ სჭირდება: {{{{ moment }}}}.{_ALARM_KA}{_BYE_KA}",
    ),
    Kind.RECOVERY_CODE_USED: (
        "აღდგენის კოდი გამოიყენეს",
        f"{_DEAR_KA}სისტემაში თქვენი აღდგენის კოდით შევიდნენ: {{{{ moment }}}}.{_ALARM_KA}{_BYE_KA}",
    ),
    Kind.INVITATION: (
        "მოწვევა",
        "{% if inviter %}{{ inviter }} გიწვევთ{% else %}გიწვევთ{% endif %}: {{ organization }}."
        f" შემოგვიერთდით ამ ბმულით:{_LINK_KA}{_BYE_KA}",
    ),
}

WORDS = {"en": ENGLISH, "ka": GEORGIAN}


def words(kind: Kind, language: str) -> tuple[str, str]:
    """Subject and body, as templates: in the language, or else in English."""
    subject, body = WORDS.get(language, WORDS[LAST_RESORT])[kind]
    return "{{ organization }}: " + subject, body
