"""What hands letters over: the senders, and what each channel's connection has to be able to do."""
