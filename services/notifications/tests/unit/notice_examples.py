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
OF_RECOMMENDATION = {
    "recommendation_id": "r-1",
    "enterprise_id": ENTERPRISE_ID,
    "person_id": PERSON_ID,
    "on": TODAY,
}
OF_INCIDENT = {
    "incident_id": "i-1",
    "enterprise_id": ENTERPRISE_ID,
    "person_id": PERSON_ID,
    "grade": "III",
    "on": TODAY,
}
OF_BREACH = {"breach_id": "b-1", "enterprise_id": ENTERPRISE_ID, "person_id": PERSON_ID, "kind": "secrecy", "on": TODAY}
OF_DUTY_REPORT = {
    "duty_report_id": "d-1",
    "enterprise_id": ENTERPRISE_ID,
    "person_id": PERSON_ID,
    "year": 2025,
    "on": TODAY,
}
OF_NOMINATION = {
    "class_id": "k-1",
    "class_name": NAMES["class_name"],
    "enterprise_id": ENTERPRISE_ID,
    "person_id": PERSON_ID,
    "on": TODAY,
}
OPENING = {"starts_on": date(2026, 3, 9), "ends_on": date(2026, 3, 13)}
OF_APPEAL = {"class_id": "k-1", "person_id": PERSON_ID, "enterprise_id": ENTERPRISE_ID, "on": TODAY}
OUTCOME = {**OF_APPEAL, "hours": 40.0, "attendance_percent": 97.5, "score": 61.0, "passed": True, "resit_until": None}
OF_HONOUR = {"honour_id": "h-1", "enterprise_id": ENTERPRISE_ID, "document": "示例文号〔2026〕5号", "on": TODAY}
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
            "resit_until": None,
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
            "resit_until": None,
        },
    ),
    *(
        ("enrolment.revised.v1", {**OUTCOME, "cause": cause, "reason": reason, "document": document})
        for cause, reason, document in (("resit", None, None), ("correction", "登分有误", "吉质培〔2026〕5号"))
    ),
    ("appeal.submitted.v1", OF_APPEAL),
    *(
        ("appeal.decided.v1", {**OF_APPEAL, "upheld": upheld, "decision": "经复核", "document": "吉质培〔2026〕5号"})
        for upheld in (True, False)
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
        "shortfall.forecast.v1",
        {
            "person_id": PERSON_ID,
            "enterprise_id": ENTERPRISE_ID,
            "year": 2027,
            "total_hours": 6.0,
            "required_hours": 16.0,
            "by": date(2027, 12, 31),
            "on": TODAY,
        },
    ),
    *(
        (
            f"education.{what}.v1",
            {
                "person_id": PERSON_ID,
                "year": 2027,
                "total_hours": 6.0,
                "required_hours": 16.0,
                "missing_hours": 10.0,
                "on": TODAY,
            },
        )
        for what in ("behind", "completion_withdrawn")
    ),
    ("certificate.suspended.v1", {**OF_CERTIFICATE, "reason": "调查期间", "document": "吉市监质〔2026〕9号"}),
    ("certificate.reinstated.v1", {**OF_CERTIFICATE, "valid_until": UNTIL, "document": "吉市监质〔2026〕10号"}),
    ("certificate.replaced.v1", {**OF_CERTIFICATE, "replaced_by_number": "CQO-JL-2026-0101-000025"}),
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
    *(
        (
            "appointment.changed.v1",
            {
                **OF_APPOINTMENT,
                "position": "总经理",
                "document": "示例任〔2026〕7号",
                "submitted_on": TODAY,
                "filing_due_on": FILING_DUE,
                "late": late,
            },
        )
        for late in (False, True)
    ),
    ("appointment.suspended.v1", {**OF_APPOINTMENT, "reason": "certificate_revoked"}),
    ("appointment.excluded.v1", OF_APPOINTMENT),
    ("appointment.suspended_with_certificate.v1", OF_APPOINTMENT),
    ("appointment.restored.v1", OF_APPOINTMENT),
    ("appointment.ended.v1", {**OF_APPOINTMENT, "reason": "离职"}),
    *(
        ("incident.reported.v1", {**OF_INCIDENT, "late": late, "province_hours": hours})
        for late, hours in ((False, 2), (True, None))
    ),
    *(("incident.forwarded.v1", {**OF_INCIDENT, "late": late}) for late in (False, True)),
    ("incident.forwarding_overdue.v1", {**OF_INCIDENT, "province_hours": 2}),
    ("incident.closed.v1", {**OF_INCIDENT, "final_due_on": FILING_DUE}),
    ("incident.final_report_overdue.v1", {**OF_INCIDENT, "final_due_on": FILING_DUE}),
    *(
        ("breach.confirmed.v1", {**OF_BREACH, "consequence": consequence, "until": until})
        for consequence, until in (("none", None), ("warn", None), ("suspend", None), ("end", None), ("exclude", UNTIL))
    ),
    *(
        ("breach.lifted.v1", {**OF_BREACH, "consequence": consequence})
        for consequence in ("warn", "suspend", "end", "exclude")
    ),
    *(
        (f"duty_report.{what}.v1", {**OF_DUTY_REPORT, "paper": paper, **more})
        for paper in ("plan", "report")
        for what, more in (("returned", {}), ("overdue", {"due_on": FILING_DUE}))
    ),
    (
        "post.vacancy_overdue.v1",
        {"enterprise_id": ENTERPRISE_ID, "title": "首席质量官", "vacant_since": TODAY, "grace_days": 90, "on": TODAY},
    ),
    *(
        (
            "person.excluded.v1",
            {
                "person_id": PERSON_ID,
                "document": "示例〔2026〕9号",
                "valid_from": TODAY,
                "valid_until": until,
                "in_office": in_office,
                "on": TODAY,
            },
        )
        for until, in_office in ((None, False), (UNTIL, True))
    ),
    (
        "contact_request.made.v1",
        {"person_id": PERSON_ID, "asking_enterprise_name": "示例食品有限公司", "answer_by": FILING_DUE, "on": TODAY},
    ),
    *(
        (
            "contact_request.answered.v1",
            {"contact_request_id": "q-1", "asking_enterprise_id": ENTERPRISE_ID, "accepted": accepted, "on": TODAY},
        )
        for accepted in (True, False)
    ),
    (
        "contact_request.expired.v1",
        {"contact_request_id": "q-1", "asking_enterprise_id": ENTERPRISE_ID, "answer_by": TODAY, "on": TODAY},
    ),
    (
        "recommendation.made.v1",
        {**OF_RECOMMENDATION, "document": "示例荐〔2026〕1号", "review_due_on": FILING_DUE},
    ),
    ("recommendation.returned.v1", OF_RECOMMENDATION),
    ("recommendation.admitted.v1", OF_RECOMMENDATION),
    ("recommendation.refused.v1", OF_RECOMMENDATION),
    *(
        (
            "honour.given.v1",
            {
                **OF_HONOUR,
                "person_id": person,
                "title": "2026年度优秀首席质量官",
                "valid_from": TODAY,
                "valid_until": until,
            },
        )
        for person, until in ((PERSON_ID, None), (PERSON_ID, UNTIL))
    ),
    ("honour.withdrawn.v1", {**OF_HONOUR, "person_id": PERSON_ID, "reason": "发生重大质量安全事故"}),
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
