"""What each service may reach, as `deploy/privileges.toml` says, and how the servers are told.

`privileges.roles` makes it so in the databases, and `privileges.users` says it to the broker.
"""

from chassis.privileges.table import Privileges, ServicePrivileges, SubscriberPrivileges, WrongTable, load

__all__ = ["Privileges", "ServicePrivileges", "SubscriberPrivileges", "WrongTable", "load"]
