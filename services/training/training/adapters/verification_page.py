"""The page on which anybody checks a certificate: a form, and what is known of the certificate asked for.

It needs no script, loads nothing, and is not kept by browsers or on the way.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import date
from html import escape

from chassis.http import Response
from programme.statements import Statement

STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "label{display:block;margin:.8rem 0}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}"
    "button{font:inherit;padding:.4rem 1.5rem}dt{color:#555}dd{margin:0 0 .5rem;font-weight:600}"
    "[role=status]{border-left:.5rem solid #888;padding:.2rem 1rem;margin:1.5rem 0}"
    ".holds{border-color:#2e7d32}.fails{border-color:#b3261e}h1{font-size:1.6rem}h2{font-size:1.3rem}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STATUSES = {
    "valid": "有效 valid",
    "expired": "已到期 expired",
    "suspended": "暂停效力 suspended",
    "revoked": "已撤销 revoked",
    "replaced": "已由新证书替代 replaced",
}
PAGE = """<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>首席质量官任职资格证书查验</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>首席质量官任职资格证书查验</h1>
{result}<form>
<label>证书编号 Number <input name="number" required maxlength="64" value="{number}"></label>
<label>持证人姓名 Name <input name="name" required maxlength="200" value="{name}"></label>
<button>查验 Check</button>
</form>
</main>
</body>
</html>
"""
GENUINE = """<section role="status" class="{mark}"><h2>查验结果：编号与姓名相符 genuine</h2>
<dl><dt>证书编号 Number</dt><dd>{number}</dd><dt>状态 Status</dt><dd>{status}</dd>
<dt>有效期至 Valid until</dt><dd>{until}</dd></dl></section>
"""
NOT_GENUINE = """<section role="status" class="fails"><h2>查验结果：没有编号和姓名均相符的证书 not found</h2>
<p>请核对证书上的编号和姓名。There is no certificate of that number and name.</p></section>
"""
SIGNED = """<section role="status" class="{mark}"><h2>查验结果：{verdict}</h2>
<p>以下内容由发证机构签名，未被改动；请与纸质证书逐项核对，不一致的即为伪造。
Signed by the issuer and unaltered; compare each line with the paper.</p>
<dl>{lines}</dl></section>
"""
VERDICTS = {
    "valid": "签名有效，证书现为有效 genuine and valid",
    "expired": "签名有效，证书已到期 genuine, and expired",
    "suspended": "签名有效，但证书已暂停效力 genuine, and suspended: it does not hold now",
    "revoked": "签名有效，但证书已被撤销 genuine once, and revoked: it does not hold",
    "replaced": "签名有效，但已由新证书替代 genuine once, and replaced by another: it does not hold",
}
NOT_KNOWN = "签名有效，但登记中没有此证书，请联系发证机构 signed, and not in the register; ask the issuer"
NOT_SIGNED = """<section role="status" class="fails"><h2>查验结果：签名无效 not genuine</h2>
<p>二维码的内容不是本系统签发的，或者被改动过，或者没有扫全。请重新扫码；仍然如此的，此证书不可信。
The code was not signed here, was altered, or was not read to its end. Scan it again;
if it stays so, do not trust it.</p>
</section>
"""


def form() -> Response:
    """The page before anything was asked."""
    return _page("", "", "")


def genuine(number: str, name: str, status: str, until: date) -> Response:
    """There is such a certificate: its status and last day, and nothing that was not asked with."""
    facts = {"number": escape(number), "status": STATUSES[status], "until": until.isoformat()}
    shown = GENUINE.format(mark=_mark(status), **facts)
    return _page(number, name, shown)


def not_genuine(number: str, name: str) -> Response:
    """There is none; which of the two is wrong is not said."""
    return _page(number, name, NOT_GENUINE)


def signed(statement: Statement, status: str, until: date) -> Response:
    """What a QR code says, its signature being right; and what the register says of the certificate now.

    The name is shown in full: who has the code has the name, and can only compare it with the paper if they see it.
    """
    now = [("现时状态 Status", STATUSES[status])]
    if until != statement.valid_until:
        now.append(("登记的有效期至 Valid until, by the register", until.isoformat()))
    return _signed(VERDICTS[status], _mark(status), statement, now)


def not_known(statement: Statement) -> Response:
    """The signature is right, and the register has no such certificate."""
    return _signed(NOT_KNOWN, "fails", statement, [])


def not_signed() -> Response:
    """The QR code holds nothing that was signed here."""
    return _page("", "", NOT_SIGNED)


def _mark(status: str) -> str:
    """Whether a certificate of that status holds, as a colour; the words say it too."""
    return "holds" if status == "valid" else "fails"


def _signed(verdict: str, mark: str, statement: Statement, now: list[tuple[str, str]]) -> Response:
    term = f"{statement.valid_from.isoformat()} – {statement.valid_until.isoformat()}"
    lines = [
        ("证书编号 Number", statement.number),
        ("持证人姓名 Name", statement.name),
        ("工作单位（发证时）Enterprise, at the issue", statement.enterprise or ""),
        ("发证日期 Issued on", statement.issued_on.isoformat()),
        ("证书所载有效期 Term on the paper", term),
        *now,
    ]
    shown = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in lines if value)
    return _page(statement.number, statement.name, SIGNED.format(verdict=verdict, mark=mark, lines=shown))


def _page(number: str, name: str, result: str) -> Response:
    text = PAGE.format(style=STYLE, number=escape(number), name=escape(name), result=result)
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
