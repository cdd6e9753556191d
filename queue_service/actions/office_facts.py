"""How does a set-up look as the facts of its file and of the admin's forms?"""

from datetime import timedelta
from typing import Any

from queue_service.model.branch import NumbersRestart
from queue_service.rules.office import (
    BranchFacts,
    CategoryFacts,
    ChoicesFacts,
    GroupFacts,
    OfficeFacts,
    ServiceFacts,
    WindowFacts,
)
from queue_service.storage.office import CallingRules, CategorySetup, ServiceSetup, Setup, WindowSetup


def office_of(setup: Setup) -> OfficeFacts:
    """A set-up in the shape of its file."""
    return OfficeFacts(
        branch=branch_facts(setup),
        groups=[GroupFacts(code=group.code, name=group.name) for group in setup.groups],
        services=[service_facts(service) for service in setup.services.values()],
        categories=[category_facts(category) for category in setup.categories.values()],
        windows=[window_facts(window) for window in setup.windows],
        rosters=[roster.facts for roster in setup.rosters],
        special_days=[days.facts for days in setup.special_days],
        closures=[closure.facts for closure in setup.closures],
        norms=[norm.facts for norm in setup.norms],
        escalations=[rule.facts for rule in setup.escalations],
    )


def branch_facts(setup: Setup) -> BranchFacts:
    return BranchFacts(
        code=setup.code,
        name=setup.name,
        address=setup.address,
        time_zone=setup.time_zone,
        languages=setup.languages,
        default_language=setup.default_language,
        hours=setup.hours,
        choices=ChoicesFacts.model_validate(setup.choices),
        emergency=setup.emergency,
        news=setup.news,
        **_rule_facts(setup.rules),
    )


def _rule_facts(rules: CallingRules) -> dict[str, Any]:
    return {
        "recall_pause_seconds": _seconds(rules.recall_pause),
        "calls_before_no_show": rules.calls_before_no_show,
        "no_show_after_seconds": None if rules.no_show_after is None else _seconds(rules.no_show_after),
        "starts_on_call": rules.starts_on_call,
        "undo_seconds": _seconds(rules.undo),
        "rejoin_minutes": _seconds(rules.rejoin) // 60,
        "defer_limit": rules.defer_limit,
        "longest_defer_minutes": rules.longest_defer_minutes,
        "late_minutes": _seconds(rules.late) // 60,
        "head_start_minutes": rules.head_start_minutes,
        "day_starts": rules.day_starts,
        "first_number": rules.numbers.first,
        "last_number": rules.numbers.last,
        "numbers_restart": NumbersRestart.DAILY if rules.numbers.restarts_daily else NumbersRestart.RANGE,
    }


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def window_facts(window: WindowSetup) -> WindowFacts:
    return WindowFacts.model_validate(
        {
            "code": window.code,
            "services": list(window.services),
            "languages": list(window.languages),
            "needs": list(window.needs),
        }
    )


def category_facts(category: CategorySetup) -> CategoryFacts:
    return CategoryFacts.model_validate({name: getattr(category, name) for name in CategoryFacts.model_fields})


def service_facts(service: ServiceSetup) -> ServiceFacts:
    """As it is kept; a letter that was allowed once is shown, and refused when the service is changed."""
    facts = ServiceFacts.model_validate(
        {
            "code": service.code,
            "prefix": "A",
            "name": service.name,
            "description": service.description,
            "documents": service.documents,
            "fee": service.fee,
            "purpose": service.purpose,
            "norm_seconds": service.norm_seconds,
            "group": service.group,
            "open": service.is_open,
            "booking": service.booking,
        }
    )
    return facts.model_copy(update={"prefix": service.prefix})
