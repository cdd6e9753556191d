"""When does each job run? One scheduler per process; jobs are safe to run in several at once."""

from collections.abc import Iterable

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.gevent import GeventScheduler

from queue_service.jobs import breaches, waits
from queue_service.jobs.appointments import forget_holds, give_up_absent
from queue_service.jobs.housekeeping import beat, forget_answers, move_what_is_due
from queue_service.jobs.messages import give_up_late, send_due
from queue_service.jobs.waiting import forget_proofs, forget_told, serve_waiting
from queue_service.model.appointment import MessageChannel
from queue_service.notifications.senders import Sender
from queue_service.storage.database import Database

LATE_IS_BETTER_THAN_NEVER = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
"""A run that comes late on a busy machine still comes; several that are due are one."""


def start_jobs(database: Database, senders: Iterable[Sender] = (), base_url: str = "") -> BaseScheduler:
    """Start the jobs of this process; `base_url` is what links in messages begin with.

    Plain intervals: a cron trigger would skip hours when clocks change.
    """
    scheduler = GeventScheduler(timezone="UTC", job_defaults=LATE_IS_BETTER_THAN_NEVER)
    scheduler.add_job(move_what_is_due, "interval", [database], seconds=1)
    scheduler.add_job(breaches.watch(database), "interval", seconds=1)
    scheduler.add_job(forget_answers, "interval", [database], minutes=30)
    scheduler.add_job(give_up_absent, "interval", [database], seconds=5)
    scheduler.add_job(forget_holds, "interval", [database], minutes=30)
    scheduler.add_job(give_up_late, "interval", [database], minutes=30)
    scheduler.add_job(serve_waiting, "interval", [database], seconds=10)
    scheduler.add_job(forget_told, "interval", [database], minutes=30)
    scheduler.add_job(forget_proofs, "interval", [database], minutes=30)
    scheduler.add_job(waits.score, "interval", [database], seconds=2)
    scheduler.add_job(waits.forget, "interval", [database], hours=6)
    beat(database)
    breaches.beat(database, database.clock.now())  # its silence counts from the start
    scheduler.add_job(beat, "interval", [database], seconds=10)
    for sender in senders:
        what = [database, sender, base_url]
        # A webhook whose receiver is silent must not delay the others: each run takes messages of its own.
        several = 4 if sender.channel == MessageChannel.WEBHOOK else 1
        scheduler.add_job(send_due, "interval", what, seconds=2, max_instances=several)
    scheduler.start()
    return scheduler
