"""What the service is asked to do: letters are sent, a notice is marked as read, a failed delivery is tried again."""
