"""The companies that a connection serves, found by their legal entity codes."""

from collections.abc import Mapping
from datetime import datetime

from shared.problems import UpstreamRefused
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.platform_models import COMPANY_FIELDS, TrytonCompany


class ServedCompanies:
    """Resolves codes once; a company does not change its code while hours are posted to it.

    :param codes: legal entity codes of the connection.
    :param configured: code to company id, where it is not the code of the company's party.
    """

    def __init__(
        self, client: TrytonClient, codes: tuple[str, ...], configured: Mapping[str, int]
    ) -> None:
        self._client = client
        self._codes = codes
        self._configured = configured
        self._found: dict[str, TrytonCompany] | None = None

    async def by_code(
        self, *, afresh: bool = False, deadline: datetime | None = None
    ) -> dict[str, TrytonCompany]:
        """The companies by legal entity code.

        :param afresh: ask again, for their names and currencies.
        :raises UpstreamRefused: Tryton has no company for one of the codes.
        """
        if self._found is None or afresh:
            companies = await self._client.search_read(
                TrytonCompany, "company.company", [], COMPANY_FIELDS, deadline=deadline
            )
            known = {company.party.code: company for company in companies}
            by_id = {company.id: company for company in companies}
            found = {
                code: by_id.get(self._configured[code])
                if code in self._configured
                else known.get(code)
                for code in self._codes
            }
            if lost := sorted(code for code, company in found.items() if company is None):
                raise UpstreamRefused(
                    f"Tryton shows no company for the legal entities {', '.join(lost)}.",
                    code="tryton_no_company",
                    action="Give the company's party that code, set `company_ids`, or let the "
                    "user see the company.",
                )
            self._found = {code: company for code, company in found.items() if company}
        return self._found

    async def ids(self, deadline: datetime | None = None) -> frozenset[int]:
        found = await self.by_code(deadline=deadline)
        return frozenset(company.id for company in found.values())
