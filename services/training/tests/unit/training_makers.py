"""Made-up classes, people and certificates for the unit tests."""

from dataclasses import replace
from datetime import date

from programme.statements import Statement
from training.domain.certificate import Certificate
from training.domain.education import YearTaken
from training.domain.enrolment import Enrolment
from training.domain.rules import Consequence, Rules, SecondCertificate, WithoutAdmission
from training.domain.training_class import BLOCKS, Block, ClassKind, TrainingClass

RULES = Rules(
    version=1,
    effective_from=date(2013, 9, 18),
    document="吉质联办〔2013〕10号",
    certificate_months=36,
    initial_hours=40,
    pass_mark=60,
    resits=2,
    attendance_percent=90,
    continuing_hours=16,
    expiry_notice_days=(90, 60, 30, 7, 0),
    renewal_before_days=90,
    renewal_after_days=365,
    education_exempt_first_year=True,
    education_forecast_month=10,
    education_forecast_day=1,
    education_kinds={"class": None, "online": None, "conference": None, "research": None, "teaching": None},
    education_carry_over_hours=0,
    education_close_days=0,
    second_certificate=SecondCertificate.REFUSE,
    without_admission=WithoutAdmission.WARN,
    class_notice_days=7,
    resit_days=90,
    appeal_days=15,
    quota_release_days=3,
    trainer_outside_pool=Consequence.WARN,
    venue_taken=Consequence.REFUSE,
)


def rules(**changes):
    return replace(RULES, **changes)


def initial_class(hours=(16, 14, 14), **changes):
    blocks = [Block(name, length, "示例讲师") for name, length in zip(BLOCKS, hours, strict=True)]
    days = {"starts_on": date(2026, 3, 9), "ends_on": date(2026, 3, 13)}
    return TrainingClass(
        "class", "任职培训班（示例）", ClassKind.INITIAL, capacity=60, blocks=blocks, **{**days, **changes}
    )


def continuing_class(hours=16, **changes):
    blocks = [Block("update", hours, "示例讲师")]
    days = {"starts_on": date(2026, 12, 28), "ends_on": date(2026, 12, 30)}
    return TrainingClass(
        "class", "继续教育班（示例）", ClassKind.CONTINUING, capacity=60, blocks=blocks, **{**days, **changes}
    )


def enrolled(training_class, hours=None, scores=(80,)):
    """Somebody who attended so many hours of each block (all of it by default) and sat the exam so often."""
    lengths = hours or [block.hours for block in training_class.blocks]
    enrolment = Enrolment("enrolment", training_class.id, "person", "firm", "220102")
    for block, attended in zip(training_class.blocks, lengths, strict=True):
        enrolment.attend(training_class, block.name, attended)
    for sitting, score in enumerate(scores, 1):
        enrolment.sit(sitting, score, RULES)
    return enrolment


# What a term from March 2026 to March 2029 asks for, done.
EDUCATED = [YearTaken(2027, 16, 16), YearTaken(2028, 16, 16)]


def certificate(until=date(2029, 3, 12), **changes):
    fields = {
        "id": "certificate",
        "number": "CQO-JL-2026-220100-000012",
        "person_id": "person",
        "name": "李明",
        "enterprise_id": "firm",
        "division": "220102",
        "issued_on": date(2026, 3, 13),
        "valid_from": date(2026, 3, 13),
        "valid_until": until,
        "ruleset": 1,
        "version": 1,
    }
    return Certificate(**{**fields, **changes})


STATEMENT = Statement(
    issuer="https://cqo.example/training",
    number="CQO-JL-2026-220100-000012",
    name="阿卜杜拉·买买提",
    enterprise="示例企业",
    unit="220100",
    issued_on=date(2026, 3, 13),
    valid_from=date(2026, 3, 13),
    valid_until=date(2029, 3, 12),
    ruleset=1,
    edition=1,
    index=7,
)
