"""Files in a folder: masters of any kind, from products that can do no more than write files."""

from system_apis.capabilities.connector import Connector
from system_apis.connectors.csv_drop.port import CsvCrm, CsvDirectory, CsvErp, CsvHcm
from system_apis.connectors.csv_drop.settings import CsvDropSettings

CONNECTOR = Connector(
    name="csv_drop",
    title="CSV files",
    capability="erp",
    settings=CsvDropSettings,
    open=CsvErp,
    also={"hcm": CsvHcm, "crm": CsvCrm, "directory": CsvDirectory},
)
