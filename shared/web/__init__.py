"""How every tier speaks HTTP: one app factory, and the marks that its routes carry."""

from shared.web.app import create_api, wait_until_started
from shared.web.direct_route import DirectRoute
from shared.web.openapi import contract_of
from shared.web.probes import ReadinessCheck
from shared.web.problem_answers import PROBLEM_MEDIA_TYPE, problem_answer, problem_responses
from shared.web.settings import WebSettings
from shared.web.start_up import Lifespan
from shared.web.throttling import limit_of, throttled

__all__ = [
    "PROBLEM_MEDIA_TYPE",
    "DirectRoute",
    "Lifespan",
    "ReadinessCheck",
    "WebSettings",
    "contract_of",
    "create_api",
    "limit_of",
    "problem_answer",
    "problem_responses",
    "throttled",
    "wait_until_started",
]
