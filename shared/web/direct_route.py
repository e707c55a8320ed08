"""For the few operations that are called hundreds of times a second."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response

from shared.identity import PublicRule, scope_rule_of


class DirectRoute(APIRoute):
    """Calls its endpoint with the request and the parameters of the path, and nothing else.

    Solving dependencies, looking for a body and checking the answer's model took the framework
    twice as long as receiving a webhook takes. The contract is described as ever; what the endpoint
    needs it takes from the request. So it must be a public one: whoever may call it was never
    asked otherwise. It gives a pydantic model.

    :raises TypeError: the route asks for a token, or its endpoint for more than said above.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        if not isinstance(scope_rule_of(self), PublicRule):
            raise TypeError(f"{self.path} is not public: its rule would not be asked")
        asked = self.dependant
        others = [each for each in asked.dependencies if not isinstance(each.call, PublicRule)]
        named = (asked.body_params, asked.query_params, asked.header_params, asked.cookie_params)
        if others or any(named):
            raise TypeError(f"{self.path} takes more than the request and its path")
        endpoint: Callable[..., Awaitable[Any]] = self.endpoint
        status = self.status_code or 200

        async def answer(request: Request) -> Response:
            given = await endpoint(request=request, **request.path_params)
            if not isinstance(given, BaseModel):
                raise TypeError(f"{self.path} has to answer with a model")
            return Response(given.model_dump_json(), status, media_type="application/json")

        return answer
