"""Due rows: what must be done once on a day, planned in the transaction that makes it so.

    due.plan(session, "certificate.expiring", certificate.id, f"{certificate.id}:30", day, payload={…})

and on the worker:

    @sweep("certificate.expiring")
    def certificate_expiring(self, session, row): …

A row is settled in the transaction that has its effect, so each takes effect once, whatever is killed, on however many
replicas. Of several rows of one kind and series that are due together, as after an outage, only the latest fires.
"""

from chassis.due.sweeper import Sweep, sweep
from chassis.due.table import DueRow, Planned, cancel, due, overdue, plan, plan_all, remove_settled

__all__ = ["DueRow", "Planned", "Sweep", "cancel", "due", "overdue", "plan", "plan_all", "remove_settled", "sweep"]
