"""The programme's rules. Pure: the standard library, `chassis.errors` and this service's events, nothing else."""
