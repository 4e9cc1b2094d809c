"""The reader's own settings."""

from chassis.config import Setting

EXTRA = (Setting("url_author", "where the author's feed is reached", "http://127.0.0.1:9"),)
