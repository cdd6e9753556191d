"""When does each job run? One scheduler per process; jobs are safe to run in several at once."""

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.gevent import GeventScheduler

from queue_service.jobs.housekeeping import forget_answers, move_what_is_due
from queue_service.storage.database import Database


def start_jobs(database: Database) -> BaseScheduler:
    """Start the jobs of this process. Plain intervals: a cron trigger would skip hours when clocks change."""
    scheduler = GeventScheduler(timezone="UTC")
    scheduler.add_job(move_what_is_due, "interval", [database], seconds=1, coalesce=True, max_instances=1)
    scheduler.add_job(forget_answers, "interval", [database], minutes=30, coalesce=True, max_instances=1)
    scheduler.start()
    return scheduler
