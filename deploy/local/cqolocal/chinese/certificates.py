"""The check of a certificate: ./cqo verify-certificate."""

CERTIFICATES = {
    "Check a certificate's signature offline: its PDF, a file with what its QR code holds, or that text itself.": (
        "离线核对证书的数字签名：可给出证书 PDF、存有二维码内容的文件，或二维码内容本身。"
    ),
    "The issuer's jwks.json, from /.well-known/jwks.json.": "发证方的 jwks.json，取自 /.well-known/jwks.json。",
    "The status list, from /certificates/status-list.": "状态列表，取自 /certificates/status-list。",
    "As of this day; today if left out.": "按这一天核对；不填为今天。",
    "NOT VERIFIED: it names the key {key}, which is not in {file}": "未能核对：签名所用密钥 {key} 不在 {file} 中",
    "fetch the keys again from the issuer; if it is not there either, somebody else signed it": (
        "请重新向发证方获取公钥；若仍没有该密钥，则不是发证方签名"
    ),
    "NOT GENUINE: it was altered, is not complete, or was never signed by the issuer": (
        "不可信：内容被改动、不完整，或者从未由发证方签名"
    ),
    "the signature is right: the issuer said what follows; compare each line with the paper": (
        "签名有效，以下内容由发证方签发；请与纸质证书逐项核对"
    ),
    "whether it was suspended or revoked since is not in it: see {page}, or the status list {address}": (
        "证书本身不说明此后是否被暂停或撤销：请查 {page}，或状态列表 {address}"
    ),
    "{file} is too large: it is no certificate, keys or list": "{file} 过大，不是证书、公钥或状态列表",
    "{file} does not hold keys: {said}": "{file} 中没有公钥：{said}",
    "there is no file {file}": "没有文件 {file}",
    "{file} has no signed QR code; scan it from the paper, and give its text": (
        "{file} 中没有带签名的二维码；请从纸质证书扫码，并给出其内容"
    ),
    "{file} is a picture; read its QR code with a scanner, and give the text": (
        "{file} 是图片；请用扫码工具读取二维码，并给出其内容"
    ),
    "number": "证书编号",
    "name": "持证人姓名",
    "enterprise, at the issue": "工作单位（发证时）",
    "issued on": "发证日期",
    "term": "有效期",
    "edition, one more with each renewal": "版次（每续期一次加一）",
    "issuer": "发证方",
    "EXPIRED on {day}: its term ended on {until}; it may have been renewed since": (
        "{day} 已到期：有效期至 {until}；此后可能已续期"
    ),
    "NOT YET VALID on {day}: its term begins on {since}": "{day} 尚未生效：有效期自 {since} 起",
    "within its term on {day}": "{day} 在有效期内",
    "{file} is no status list of this issuer: {said}": "{file} 不是该发证方的状态列表：{said}",
    "{file} is another status list; this certificate is in {part}": "{file} 是另一份状态列表；本证书在第 {part} 份中",
    "{file} is of {at} and too old; fetch it again": "{file} 是 {at} 的，已经过旧；请重新获取",
    "by the status list of {at}: {said}": "按 {at} 的状态列表：{said}",
    "valid": "有效",
    "REVOKED or replaced by another": "已撤销，或已由新证书替代",
    "SUSPENDED": "已暂停效力",
    "EXPIRED": "已到期",
}
