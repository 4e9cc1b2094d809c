"""Private PostgreSQL, RabbitMQ and HAProxy servers on loopback, for the local run and for tests."""

from servers.paths import CannotRun
from servers.postgres import PostgresServer, start_postgres
from servers.proxy import ProxyServer, start_proxy
from servers.rabbitmq import RabbitServer, rabbitmq_in, start_rabbitmq

__all__ = [
    "CannotRun",
    "PostgresServer",
    "ProxyServer",
    "RabbitServer",
    "rabbitmq_in",
    "start_postgres",
    "start_proxy",
    "start_rabbitmq",
]
