"""The worker: runs the workflows and activities until it is told to stop."""

import asyncio
import compileall
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.bulk import BulkActivities
from activities.covering import CoveringActivities
from activities.mail import Mailer
from activities.notices import NoticeActivities
from activities.records import RecordsActivities
from activities.retention import RetentionActivities
from activities.support import SupportActivities
from activities.visits import VisitActivities
from activities.webhooks import WebhookActivities
from workers import abreast, astray, bulk, erased, privacy_alerts, retention, seals, support, webhooks, worklist
from workers.client import Pool
from workers.keeping import keep
from workers.settings import Settings
from workflows import transition
from workflows.bulk import BulkWorkflow
from workflows.cover_absence import CoverAbsenceWorkflow
from workflows.privacy_alert import PrivacyAlertWorkflow
from workflows.retention import ErasureWorkflow
from workflows.support import SupportWorkflow
from workflows.transition import TransitionWorkflow
from workflows.visit import VisitWorkflow
from workflows.webhook import WebhookWorkflow

log = structlog.get_logger(__name__)

CACHED = 2_000
"""Journeys kept in memory between two events of theirs."""
FAREWELL = timedelta(seconds=20)
"""How long running activities may take to end when the worker stops."""


def build_worker(
    settings: Settings,
    client: Client,
    pool: Pool,
    *,
    restrictions: SandboxRestrictions = SandboxRestrictions.default,
) -> Worker:
    """A worker on the settings' task queue; with a deployment name and a build id, one version of several.

    `restrictions` are those of the sandbox that workflows run in; tests have stricter ones.
    """
    _keep_compiled()
    mailer = mailer_of(settings)
    records = RecordsActivities(pool, email=mailer is not None)
    visits = VisitActivities(pool, mailer)
    notices = NoticeActivities(pool, mailer)
    covering = CoveringActivities(pool, client, settings.division)
    many = BulkActivities(pool, client)
    erasing = RetentionActivities(
        pool, client, email=mailer is not None, write_down=partial(erased.write_down, settings, pool)
    )
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[
            TransitionWorkflow,
            VisitWorkflow,
            SupportWorkflow,
            CoverAbsenceWorkflow,
            WebhookWorkflow,
            BulkWorkflow,
            PrivacyAlertWorkflow,
            ErasureWorkflow,
        ],
        workflow_runner=SandboxedWorkflowRunner(restrictions),
        activities=[
            records.commit,
            records.arrange,
            notices.deliver,
            notices.privacy_deliver,
            visits.visit_check_in,
            visits.visit_check_out,
            visits.visit_extend,
            visits.visit_alert,
            visits.visit_deliver,
            SupportActivities(pool).support_look,
            WebhookActivities(pool).webhook_tell,
            covering.record_absence,
            covering.concerned,
            covering.cover,
            many.bulk_turn,
            many.bulk_do,
            erasing.erasure_decide,
            erasing.erasure_lapse,
            erasing.erasure_do,
            erasing.erasure_forget,
        ],
        max_cached_workflows=CACHED,
        max_concurrent_local_activities=50,
        graceful_shutdown_timeout=FAREWELL,
        deployment_config=_deployment(settings),
    )


def _keep_compiled() -> None:
    """The sandbox loads the workflow modules anew for every start: keep them as bytecode, whatever Python is told.

    Where the folder cannot be written to, starts cost more and that is all.
    """
    compileall.compile_dir(Path(transition.__file__).parent, quiet=2)


def mailer_of(settings: Settings) -> Mailer | None:
    """The mail server of the settings, if there is one."""
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    return Mailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        public_url=settings.public_url,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        starttls=settings.smtp_starttls,
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    if settings.deployment_name is None or settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=settings.deployment_name, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def run_worker(settings: Settings, client: Client, pool: Pool, stop: asyncio.Event) -> None:
    """Run a worker until `stop` is set; what it is doing then it finishes first."""
    async with build_worker(settings, client, pool):
        log.info("the worker runs", task_queue=settings.task_queue)
        queue, division = settings.task_queue, settings.division
        keeping = [
            asyncio.create_task(keep(what, look, every))
            for what, look, every in (
                ("journeys", abreast.Abreast(client, settings, pool).look, abreast.EVERY),
                ("journeys gone astray", lambda: astray.follow_anew(client, settings, pool), astray.EVERY),
                ("support", lambda: support.follow_all(client, queue, pool, division), support.EVERY),
                ("webhooks", lambda: webhooks.follow_all(client, queue, pool), webhooks.EVERY),
                ("bulk actions", lambda: bulk.follow_all(client, queue, pool), bulk.EVERY),
                ("seals", lambda: seals.seal(pool), seals.EVERY),
                *([("worklist", lambda: worklist.keep(pool, settings), worklist.EVERY)] if settings.worklist else []),
                ("erasures", lambda: retention.follow_all(client, queue, pool), retention.EVERY),
                ("erased again", lambda: erased.look(client, settings, pool), erased.EVERY),
                ("broken glass", lambda: privacy_alerts.follow_all(client, queue, pool), privacy_alerts.EVERY),
            )
        ]
        await stop.wait()
        for task in keeping:
            task.cancel()
    log.info("the worker has stopped")
