"""Private PostgreSQL and RabbitMQ servers on loopback, for the local run and for tests."""

from cqolocal.paths import CannotRun
from cqolocal.servers.postgres import PostgresServer, start_postgres
from cqolocal.servers.rabbitmq import RabbitServer, rabbitmq_in, start_rabbitmq

__all__ = ["CannotRun", "PostgresServer", "RabbitServer", "rabbitmq_in", "start_postgres", "start_rabbitmq"]
