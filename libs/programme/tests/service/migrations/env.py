from chassis.process.migrate import run_env

run_env("office")
