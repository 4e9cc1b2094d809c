"""Makes the two workbooks that `./cqo demo` imports, in the form a county office would send them.

Everything in them is synthetic: no such person, firm, number or address exists, and the firms' names say so (示例).
The check digits are valid, so that the rows pass the same checks as real ones; a dozen rows are wrong on purpose.

    python examples/make_workbooks.py [FOLDER]      writes enterprises.xlsx and candidates.xlsx, always the same bytes
"""

from __future__ import annotations

import random
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter

ENTERPRISE_HEADERS = (
    "统一社会信用代码",
    "企业名称",
    "所属区划代码",
    "行业代码",
    "是否规模以上",
    "省质量管理奖",
    "吉林名牌",
    "法定代表人",
    "主要负责人",
    "联系电话",
    "电子邮箱",
    "登记日期",
)
CANDIDATE_HEADERS = (
    "姓名",
    "身份证号",
    "手机",
    "电子邮箱",
    "所在企业统一社会信用代码",
    "质量工作年限",
    "技术职称",
    "诚信承诺",
    "学历",
)

# One or more counties of each of the 11 reporting units, and how many of the 330 enterprises lie in them.
COUNTIES = {
    "长春": (("220102", "220106", "220122", "220184"), 72),
    "吉林": (("220202", "220204", "220281"), 48),
    "四平": (("220302", "220322"), 30),
    "辽源": (("220402", "220422"), 24),
    "通化": (("220502", "220524"), 27),
    "白山": (("220602", "220681"), 24),
    "松原": (("220702", "220781"), 27),
    "白城": (("220802", "220881"), 24),
    "延边": (("222401", "222403"), 27),
    "长白山": (("JL-CBS-CB", "JL-CBS-CX", "JL-CBS-CN"), 12),
    "梅河口": (("220581",), 15),
}
TRADES = (
    ("13", "粮油食品"),
    ("15", "酒业饮料"),
    ("17", "纺织"),
    ("20", "木业"),
    ("26", "化工"),
    ("27", "制药"),
    ("30", "建材"),
    ("33", "金属制品"),
    ("34", "精密机械"),
    ("36", "汽车零部件"),
    ("37", "轨道装备"),
    ("38", "电气"),
    ("40", "仪器仪表"),
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "安邦成达恩方国海佳建康立明宁平清仁瑞思泰维文晓新信雅毅英永宇泽正志"
DEGREES = ("大专", "本科", "本科", "硕士")
TITLES = ("", "", "质量工程师", "高级工程师", "工程师", "助理工程师")

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I O S V Z
USCC_WEIGHTS = [3**i % 31 for i in range(17)]
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714


def uscc(region: str, serial: int) -> str:
    """A valid 18-character 统一社会信用代码 of a firm (91) first registered in `region`."""
    body = f"{serial:08d}"
    check = (11 - sum(int(digit) * weight for digit, weight in zip(body, ORGANISATION_WEIGHTS, strict=True)) % 11) % 11
    stem = f"91{region}{body}{'X' if check == 10 else check}"
    total = sum(USCC_ALPHABET.index(letter) * weight for letter, weight in zip(stem, USCC_WEIGHTS, strict=True))
    return stem + USCC_ALPHABET[(31 - total % 31) % 31]


def resident_id(region: str, born: date, serial: int) -> str:
    """A valid 18-character resident number (GB 11643-1999, MOD 11-2)."""
    stem = f"{region}{born:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(stem))
    return stem + "10X98765432"[total % 11]


def person_name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))


def enterprises(rng: random.Random) -> list[list]:
    """330 valid rows over the 11 reporting units; every third is a contender for the award or the brand."""
    rows: list[list] = []
    for unit, (counties, count) in COUNTIES.items():
        for number in range(count):
            serial = len(rows) + 1
            county = counties[number % len(counties)]
            # The region in the code is where a firm was first registered: 公主岭's carry 220381 to this day.
            region = {"220184": "220381"}.get(county, county if county.isdigit() else "222426")
            code, trade = rng.choice(TRADES)
            rows.append(
                [
                    uscc(region, 90000000 + serial),
                    f"示例{unit}{trade}有限公司{serial:03d}",
                    county,
                    f"C{code}",
                    "是" if number % 5 < 3 else "否",
                    "是" if number % 6 == 0 else "否",
                    "是" if number % 6 == 2 else "否",
                    person_name(rng),
                    person_name(rng) if number % 4 == 0 else "",
                    f"1380000{serial:04d}",
                    f"quality{serial:03d}@qiye.example",
                    date(2004, 1, 5) + timedelta(days=rng.randrange(7000)),
                ]
            )
    return rows


def wrong_enterprises(good: list[list]) -> list[tuple[int, list]]:
    """Twelve rows, each wrong in its own way, and where in the sheet they go (0 = first row below the headers)."""

    def variant(serial: int, **changes: object) -> list:
        row = list(good[serial])
        row[0], row[1] = uscc("220102", 95000000 + serial), f"示例有误企业{serial:03d}"
        for header, value in changes.items():
            row[ENTERPRISE_HEADERS.index(header)] = value
        return row

    broken = uscc("220102", 95000001)
    return [
        (9, variant(1, 统一社会信用代码=broken[:-1] + ("0" if broken[-1] != "0" else "1"))),
        (24, variant(2, 所属区划代码="229999")),
        (39, list(good[3])),
        (57, variant(4, 法定代表人="")),
        (81, variant(5, 登记日期="二〇一九年三月")),
        (102, variant(6, 是否规模以上="大概是")),
        (133, variant(7, 行业代码="机械")),
        (160, variant(8, 企业名称="")),
        (188, variant(9, 统一社会信用代码="1" * 18)),
        (215, variant(10, 登记日期=date(2031, 5, 1))),
        (251, variant(11, 电子邮箱="quality at qiye.example")),
        (290, variant(12, 统一社会信用代码="912201020000")),
    ]


def candidates(rng: random.Random, firms: list[list]) -> list[list]:
    """210 valid candidates: contenders for the award or the brand first, and a second one in the first ten firms."""
    contenders = [firm for firm in firms if "是" in (firm[5], firm[6])]
    others = [firm for firm in firms if "是" not in (firm[5], firm[6])]
    rows: list[list] = []
    for serial, firm in enumerate((contenders + others)[:200] + contenders[:10], start=1):
        region = firm[2] if firm[2].isdigit() else "222426"
        born = date(1968, 1, 1) + timedelta(days=rng.randrange(9500))
        rows.append(
            [
                person_name(rng),
                resident_id(region, born, serial),
                f"1390000{serial:04d}",
                f"person{serial:03d}@ren.example",
                firm[0],
                rng.randrange(3, 25),
                rng.choice(TITLES),
                "是",
                rng.choice(DEGREES),
            ]
        )
    return rows


def wrong_candidates(good: list[list]) -> list[tuple[int, list]]:
    """Four wrong rows: a broken check digit, an unknown firm, years in words, the same person twice."""
    firm = good[0][4]
    broken = resident_id("220102", date(1980, 2, 29), 901)
    broken = broken[:-1] + ("1" if broken[-1] != "1" else "2")

    def row(name: str, number: str, serial: int, employer: str = firm, years: object = 5) -> list:
        return [name, number, f"1390000{serial}", f"wrong{serial}@ren.example", employer, years, "", "是", "本科"]

    return [
        (12, row("误甲", broken, 9001)),
        (40, row("误乙", resident_id("220102", date(1981, 3, 4), 902), 9002, employer=uscc("220102", 99999999))),
        (77, row("误丙", resident_id("220102", date(1982, 5, 6), 903), 9003, years="五年")),
        (120, list(good[7])),
    ]


def write(path: Path, sheet_name: str, headers: tuple[str, ...], rows: list[list], about: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": sheet_name, "comments": about, "created": datetime(2025, 1, 6)})
    sheet = book.add_worksheet(sheet_name)
    sheet.write_row(0, 0, headers, book.add_format({"bold": True, "bg_color": "#DDEBF7"}))
    for line, row in enumerate(rows, start=1):
        sheet.write_row(line, 0, row)
    sheet.set_column(0, len(headers) - 1, 18)
    sheet.freeze_panes(1, 0)
    book.add_worksheet("说明").write(0, 0, about)
    book.close()


def with_wrong(rows: list[list], wrong: list[tuple[int, list]]) -> list[list]:
    rows = list(rows)
    for position, row in wrong:
        rows.insert(position, row)
    return rows


def main(folder: Path) -> None:
    rng = random.Random(2013)  # the year of the opinions; a fixed seed makes the same workbooks everywhere
    firms = enterprises(rng)
    people = candidates(rng, firms)
    about = "全部内容均为合成示例数据，企业、人员、号码均不存在。其中若干行故意填错，用于演示导入校验。"
    enterprise_rows = with_wrong(firms, wrong_enterprises(firms))
    candidate_rows = with_wrong(people, wrong_candidates(people))
    write(folder / "enterprises.xlsx", "企业名单", ENTERPRISE_HEADERS, enterprise_rows, about)
    write(folder / "candidates.xlsx", "拟任人员名单", CANDIDATE_HEADERS, candidate_rows, about)
    sys.stdout.write(f"{folder}: 330 + 12 wrong enterprises, 210 + 4 wrong candidates\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
