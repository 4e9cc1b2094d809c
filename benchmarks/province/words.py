"""Names that look like names; all are made up."""

from __future__ import annotations

import random

from stdnum.cn import ric, uscc

from registry.adapters.codes import organisation_check

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹"
    "彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文志国海波斌宇浩凯健俊帆雪梅婷慧颖晨阳鹏飞龙玲丹萍鑫"
FIRST = (
    "华",
    "长",
    "北",
    "东",
    "金",
    "吉",
    "新",
    "恒",
    "宏",
    "瑞",
    "通",
    "远",
    "盛",
    "天",
    "中",
    "德",
    "永",
    "利",
    "安",
    "泰",
)
SECOND = (
    "丰",
    "源",
    "达",
    "鑫",
    "兴",
    "隆",
    "宇",
    "邦",
    "科",
    "诚",
    "和",
    "信",
    "茂",
    "旺",
    "业",
    "润",
    "康",
    "创",
    "峰",
    "凯",
)
TRADES = (
    ("汽车零部件", "C3670"),
    ("食品加工", "C1373"),
    ("制药", "C2720"),
    ("化工", "C2614"),
    ("木业", "C2032"),
    ("机械制造", "C3490"),
    ("电子科技", "C3982"),
    ("建材", "C3011"),
    ("纺织", "C1711"),
    ("粮油", "C1331"),
    ("酿酒", "C1512"),
    ("人参制品", "C1392"),
    ("轨道装备", "C3720"),
    ("新能源", "C3825"),
    ("医疗器械", "C3581"),
)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def person(rng: random.Random) -> str:
    """A person's name, of two or three characters."""
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))


def enterprise(rng: random.Random, division: str) -> tuple[str, str]:
    """An enterprise's name and the code of its industry; names repeat only rarely, as in life."""
    trade, industry = rng.choice(TRADES)
    words = rng.choice(FIRST) + rng.choice(SECOND) + "".join(rng.choices(SECOND, k=rng.choice((0, 1, 2))))
    return f"{division}{words}{trade}{rng.choice(('有限公司', '有限责任公司', '股份有限公司'))}", industry


def credit_code(number: int, division: str) -> str:
    """The unified social credit code of the `number`-th enterprise, with its check characters."""
    place = division if division.isdigit() else "220600"
    body = ""
    for _ in range(8):
        number, digit = divmod(number, 31)
        body = ALPHABET[digit] + body
    stem = f"91{place}{body}{organisation_check(body)}"
    return stem + uscc.calc_check_digit(stem)


def id_number(number: int, division: str) -> str:
    """The ID number of the `number`-th person: no two alike, and none ever given out (born 1899 or before)."""
    place = division if division.isdigit() else "220600"
    days, order = divmod(number, 1000)
    year, day = divmod(days, 336)
    stem = f"{place}{1899 - year:04d}{1 + day // 28:02d}{1 + day % 28:02d}{order:03d}"
    return stem + ric.calc_check_digit(stem)
