"""What the service can be asked, limited to what the caller may see."""
