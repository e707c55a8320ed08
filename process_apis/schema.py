"""Imports every table, so that the metadata is whole wherever it is needed."""

from sqlmodel import SQLModel

import process_apis.processes.approvals.tables
import process_apis.processes.billing.tables
import process_apis.processes.connections.tables
import process_apis.processes.exceptions.tables
import process_apis.processes.feedback.tables
import process_apis.processes.intake.tables
import process_apis.processes.lineage.tables
import process_apis.processes.mapping.tables
import process_apis.processes.master_data.code_drift.tables
import process_apis.processes.master_data.ownership.tables
import process_apis.processes.master_data.run_tables
import process_apis.processes.master_data.source_tables
import process_apis.processes.master_data.tables
import process_apis.processes.outbox.tables
import process_apis.processes.posting.tables
import process_apis.processes.pushing.tables
import process_apis.processes.rating.tables
import process_apis.processes.repairing.tables
import process_apis.processes.replay.tables
import process_apis.processes.time_entries.tables
import process_apis.processes.watching.tables  # noqa: F401

metadata = SQLModel.metadata
