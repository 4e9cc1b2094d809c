"""Private PostgreSQL, RabbitMQ and HAProxy servers on loopback, for the local run and for tests."""

from servers.paths import CannotRun
from servers.postgres import WITHOUT_SYNC, PostgresServer, copies_folder, start_postgres
from servers.proxy import ProxyServer, start_proxy
from servers.rabbitmq import RabbitServer, rabbitmq_in, start_rabbitmq

__all__ = [
    "WITHOUT_SYNC",
    "CannotRun",
    "PostgresServer",
    "ProxyServer",
    "RabbitServer",
    "copies_folder",
    "rabbitmq_in",
    "start_postgres",
    "start_proxy",
    "start_rabbitmq",
]
