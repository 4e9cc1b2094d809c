"""The libraries and the services of the system, and the ports the services prefer."""

LIBRARIES = ("chassis", "programme", "servers", "testkit")
SERVICES = ("registry", "training", "notifications", "reporting")
HTTP_PORTS = dict(zip(SERVICES, range(8001, 8005), strict=True))
WORKER_PORTS = dict(zip(SERVICES, range(8101, 8105), strict=True))
