"""What the senders count."""

from prometheus_client import Counter, Gauge

settled = Counter("cqo_mail_settled", "Attempts to hand a letter over, by outcome.", ["service", "outcome"])
repeated = Counter(
    "cqo_mail_maybe_repeated", "Letters sent again though an earlier attempt may have arrived.", ["service"]
)
waiting = Gauge("cqo_mail_waiting", "Letters whose time has come and that are not sent.", ["service"])
oldest = Gauge("cqo_mail_oldest_waiting_seconds", "Time since the oldest of them could have been sent.", ["service"])
server_up = Gauge("cqo_mail_server_up", "Whether the last connection to the mail server came about.", ["service"])
