"""What the service can be asked to do: load under a lock, let the domain decide, hand its event to the outbox."""
