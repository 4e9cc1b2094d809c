"""How the registry applies what others announced: a file for each kind of event, with the records of what it reads."""
