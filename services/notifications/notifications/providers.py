"""What nameko hands to the API and the worker beside the chassis's own providers."""

from __future__ import annotations

from nameko.extensions import DependencyProvider

from notifications.sealing import Vault


class VaultProvider(DependencyProvider):
    """The vault with the configured keys, made when the container starts, so that bad keys stop it there."""

    def setup(self) -> None:
        self.vault = Vault.from_settings(self.container.config["cqo"])

    def get_dependency(self, worker_ctx: object) -> Vault:
        return self.vault
