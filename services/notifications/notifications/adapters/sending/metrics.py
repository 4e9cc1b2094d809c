"""What the senders count, by channel."""

from prometheus_client import Counter, Gauge

OF_CHANNEL = ["service", "channel"]
settled = Counter("cqo_letters_settled", "Attempts to hand a letter over, by outcome.", [*OF_CHANNEL, "outcome"])
repeated = Counter("cqo_letters_maybe_repeated", "Letters of which it is not known whether they arrived.", OF_CHANNEL)
waiting = Gauge("cqo_letters_waiting", "Letters whose time has come and that are not sent.", OF_CHANNEL)
oldest = Gauge("cqo_letters_oldest_waiting_seconds", "Since the oldest of them could have been sent.", OF_CHANNEL)
unknown = Gauge("cqo_letters_unknown", "Letters that may have arrived; a person decides.", OF_CHANNEL)
limited = Gauge("cqo_letters_over_limit", "Letters that wait since a limit has no room.", [*OF_CHANNEL, "limit"])
server_up = Gauge("cqo_letters_server_up", "Whether the last connection to the server came about.", OF_CHANNEL)
bad_addresses = Counter("cqo_letters_bad_addresses", "Addresses that a server said nobody has.", OF_CHANNEL)
