"""What nameko hands to the API beside the chassis's own providers."""

from __future__ import annotations

from nameko.extensions import DependencyProvider

from training.adapters.issuer import Issuer


class IssuerProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The issuer with the configured keys, made when the container starts, so that bad keys stop it there."""

    def setup(self) -> None:
        self.issuer = Issuer.from_settings(self.container.config["cqo"])

    def get_dependency(self, worker_ctx: object) -> Issuer:
        return self.issuer
