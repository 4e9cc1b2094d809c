"""Each API keeps to its own OpenAPI document, whatever is sent.

What the document allows gets an answer that the document declares. What it forbids is refused with 4xx and a problem.
Nothing is answered 5xx. CQO_FUZZ_EXAMPLES=200 makes a thorough run of it; the figures are printed with `-s`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_world import SERVICES, Api, is_tried
from oracle import Oracle
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

EXAMPLES = int(os.environ.get("CQO_FUZZ_EXAMPLES", "4"))
# Rules beyond a schema may refuse what conforms to it; what doesn't conform is judged by `Oracle`, which knows
# more of it than the tool: that one takes a number for a text in a query.
UNSUITABLE = [positive_data_acceptance, negative_data_rejection]


def operations_of(api: Api, service: str) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(api.document).get_all_operations():
        operation = found.ok()
        if is_tried(operation.path, service):
            yield operation


def caller_of(operation: Any) -> str:
    """A role that may call, the one that sees most if there is a choice."""
    roles = operation.definition.raw.get("x-roles") or ["province"]
    return "province" if "province" in roles else str(roles[0])


class Run:
    """Requests to one API, each judged; `seen` counts the answers by status, `faults` holds what disagreed."""

    def __init__(self, api: Api, mode: GenerationMode) -> None:
        self.api, self.mode = api, mode
        self.oracle = Oracle(api.document)
        self.seen: Counter[int] = Counter()
        self.faults: list[str] = []

    def try_operation(self, operation: Any) -> None:
        """Sends EXAMPLES requests; what disagrees is noted, so that one run shows all there is."""
        token = self.api.token(caller_of(operation))

        def conforms(case: schemathesis.Case, names_known: bool) -> None:
            if names_known:
                case.path_parameters = self.api.with_known(case.path_parameters)
                case.body = self.api.with_known(case.body)
            answer = case.call(base_url=self.api.running.url, headers={"Authorization": f"Bearer {token}"})
            self.seen[answer.status_code] += 1
            self.oracle.judge(case.operation.path, case.operation.method, answer)
            if answer.status_code not in (414, 431):  # the document's `default`, which the tool does not take for one
                case.validate_response(answer, excluded_checks=UNSUITABLE)

        times = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        try:
            times(given(operation.as_strategy(generation_mode=self.mode), st.booleans())(conforms))()
        except (AssertionError, Failure, FailureGroup) as fault:
            self.faults.append(f"{operation.method.upper()} {operation.path}: {fault}")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_api_keeps_to_its_document(apis: dict[str, Api], service: str, mode: GenerationMode) -> None:
    run = Run(apis[service], mode)
    for operation in operations_of(apis[service], service):
        if mode.is_positive or has_parts_to_spoil(operation):
            run.try_operation(operation)
    print(f"\n{service} {mode.value}: {run.seen.total()} requests, {dict(sorted(run.seen.items()))}")

    assert not run.faults, "\n\n".join(run.faults)
    assert run.seen.total() > 20


def has_parts_to_spoil(operation: Any) -> bool:
    return bool(list(operation.body) or list(operation.query) or list(operation.path_parameters))
