"""One example event of each type that is announced, with what the read models know beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

TODAY = date(2026, 3, 2)
PERSON_ID, ENTERPRISE_ID = "0198f2a0-0000-7000-8000-000000000201", "0198f2a0-0000-7000-8000-000000000101"
NAMES = {
    "person_name": "李明",
    "enterprise_name": "示例机械有限公司",
    "division_name": "长春市南关区",
    "position": "副总经理",
    "class_name": "2026年第一期首席质量官任职培训班",
}

OF_CERTIFICATE = {"certificate_id": "c-1", "number": "CQO-JL-2026-0101-000017", "person_id": PERSON_ID, "on": TODAY}
OF_APPOINTMENT = {"appointment_id": "a-1", "enterprise_id": ENTERPRISE_ID, "person_id": PERSON_ID, "on": TODAY}
OF_NOMINATION = {
    "class_id": "k-1",
    "class_name": NAMES["class_name"],
    "enterprise_id": ENTERPRISE_ID,
    "person_id": PERSON_ID,
    "on": TODAY,
}
OPENING = {"starts_on": date(2026, 3, 9), "ends_on": date(2026, 3, 13)}
UNTIL = date(2029, 3, 1)
FILING_DUE = date(2026, 4, 1)

EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("nomination.submitted.v1", OF_NOMINATION),
    *(
        (f"nomination.{what}.v1", {**OF_NOMINATION, **more})
        for what, more in (
            ("waitlisted", {"place": 3}),
            ("promoted", {}),
            ("withdrawn", {"reason": "本人因病不能参加"}),
            ("invited", {**OPENING, "venue": None}),
            ("invited", {**OPENING, "venue": "示例市示例路1号"}),
            ("rescheduled", {**OPENING, "venue": "示例市示例路1号", "reason": "场地调整"}),
            ("cancelled", {"reason": "报名人数不足"}),
        )
    ),
    (
        "enrolment.completed.v1",
        {
            "class_id": "k-1",
            "person_id": PERSON_ID,
            "enterprise_id": ENTERPRISE_ID,
            "hours": 40.0,
            "attendance_percent": 97.5,
            "score": 86.0,
            "passed": True,
            "on": TODAY,
        },
    ),
    (
        "enrolment.completed.v1",
        {
            "class_id": "k-1",
            "person_id": PERSON_ID,
            "enterprise_id": None,
            "hours": 12.0,
            "attendance_percent": 30.0,
            "score": None,
            "passed": False,
            "on": TODAY,
        },
    ),
    ("certificate.issued.v1", {**OF_CERTIFICATE, "issued_on": TODAY, "valid_from": TODAY, "valid_until": UNTIL}),
    *(
        ("certificate.expiring.v1", {**OF_CERTIFICATE, "valid_until": TODAY + timedelta(left), "days_left": left})
        for left in (90, 60, 30, 7, 0)
    ),
    ("certificate.renewed.v1", {**OF_CERTIFICATE, "previous_valid_until": TODAY, "valid_until": UNTIL}),
    ("certificate.expired.v1", OF_CERTIFICATE),
    ("certificate.revoked.v1", {**OF_CERTIFICATE, "reason": "以欺骗手段取得证书", "document": "吉市监质〔2026〕8号"}),
    (
        "appointment.made.v1",
        {**OF_APPOINTMENT, "position": "副总经理", "filing_due_on": FILING_DUE, "document": "示例任〔2026〕1号"},
    ),
    *(
        (
            "appointment.filed.v1",
            {**OF_APPOINTMENT, "filing_number": "备2026-000001", "late": late, "filing_due_on": FILING_DUE},
        )
        for late in (False, True)
    ),
    *(
        ("appointment.filing_submitted.v1", {**OF_APPOINTMENT, "filing_due_on": FILING_DUE, "late": late})
        for late in (False, True)
    ),
    ("appointment.filing_returned.v1", {**OF_APPOINTMENT, "reason": "缺授权书", "resubmit_by": FILING_DUE}),
    ("appointment.filing_overdue.v1", {**OF_APPOINTMENT, "filing_due_on": FILING_DUE}),
    ("appointment.suspended.v1", {**OF_APPOINTMENT, "reason": "certificate_revoked"}),
    ("appointment.restored.v1", OF_APPOINTMENT),
    ("appointment.ended.v1", {**OF_APPOINTMENT, "reason": "离职"}),
    *(
        (
            f"target.set.v{version}",
            {
                "division": "220100",
                "year": 2026,
                "population": population,
                "percent": 100.0,
                "document": "吉质强省办〔2026〕2号",
                "on": TODAY,
            },
        )
        for version, population in ((1, "award"), (2, "contenders"))
    ),
]
