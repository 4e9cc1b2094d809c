"""What nameko hands to the API beside the chassis's own providers."""

from __future__ import annotations

from nameko.extensions import DependencyProvider

from registry.adapters.personal_data import PersonalDataCipher


class PersonalDataCipherProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The cipher with the configured keys, made when the container starts, so that bad keys stop it there."""

    def setup(self) -> None:
        self.cipher = PersonalDataCipher.from_settings(self.container.config["cqo"])

    def get_dependency(self, worker_ctx: object) -> PersonalDataCipher:
        return self.cipher
