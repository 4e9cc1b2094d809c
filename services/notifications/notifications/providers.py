"""What nameko hands to the API and the worker beside the chassis's own providers."""

from __future__ import annotations

from nameko.extensions import DependencyProvider

from chassis.data import clock_of
from notifications.adapters import seals
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.config import Settings
from notifications.storage import programme_day


class PersonalDataProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The cipher with the configured keys, made when the container starts, so that bad keys stop it there."""

    def setup(self) -> None:
        self.cipher = PersonalDataCipher.from_settings(self.container.config["cqo"])

    def get_dependency(self, worker_ctx: object) -> PersonalDataCipher:
        return self.cipher


class SealsProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The seals with the configured key, in use from the start of the container, so that a bad key stops it there."""

    def setup(self) -> None:
        programme_day.tell(clock_of(self.container.config["cqo"]))
        self.seals = seals.Seals(self.container.config["cqo"].notice_key)
        seals.use(self.seals)

    def get_dependency(self, worker_ctx: object) -> seals.Seals:
        return self.seals


class SettingsProvider(DependencyProvider):  # type: ignore[misc]  # nameko has no types
    """The service's settings."""

    def get_dependency(self, worker_ctx: object) -> Settings:
        settings: Settings = self.container.config["cqo"]
        return settings
