"""What must hold in the demo."""

from __future__ import annotations

import click


def require(holds: bool, what: str) -> None:
    """Fails the demo with the sentence `what` unless it holds."""
    if not holds:
        raise click.ClickException(what)
