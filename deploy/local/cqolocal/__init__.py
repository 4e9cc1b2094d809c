"""The local run: embedded PostgreSQL and RabbitMQ, the process runner and the `./cqo` command."""
