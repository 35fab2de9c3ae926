"""Care: what comes round (`protocols`), what was done (`records`), what is due (`dues`), and what services ask for
(`requirements`). What is due follows from the others and is never written by hand.
"""

from app.services.care import dues
from app.services.care.protocols import create_care_protocol, refresh_subjects, update_care_protocol
from app.services.care.records import record_care, update_care_record, void_care_record
from app.services.care.requirements import set_service_care

__all__ = [
    "create_care_protocol",
    "dues",
    "record_care",
    "refresh_subjects",
    "set_service_care",
    "update_care_protocol",
    "update_care_record",
    "void_care_record",
]
