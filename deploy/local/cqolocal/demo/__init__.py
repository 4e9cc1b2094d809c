"""`./cqo demo`: plays three years of the programme through the services' own HTTP APIs, and reconciles at the end."""

from cqolocal.demo.run import run

__all__ = ["run"]
