"""How is a whole office written down? One YAML file, read strictly: every error with its line."""

import re
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from queue_service.rules.errors import Refused
from queue_service.rules.office import OfficeFacts, office_faults

WORDS = {
    "code_taken": "{value} stands here twice",
    "default_language_missing": "the text is missing in the branch's language, {language}",
    "unknown_group": "there is no group {value}",
    "unknown_service": "there is no service {value}",
    "unknown_language": "the language is not one of {languages}",
    "people_waiting": "cannot be removed now: {count} people are waiting for it",
    "window_in_use": "window {window} cannot be removed while it is open",
}


@dataclass(frozen=True)
class LineError:
    line: int
    message: str


class BadOfficeFile(Exception):
    """The file cannot be imported; nothing was changed. `errors` are all that were found, by line."""

    def __init__(self, file_name: str, errors: list[LineError]) -> None:
        self.file_name = file_name
        self.errors = sorted(errors, key=lambda error: error.line)
        super().__init__("\n".join(f"{file_name}:{error.line}: {error.message}" for error in self.errors))


@dataclass(frozen=True)
class Lines:
    """Where each part of a file stands."""

    file_name: str
    root: yaml.Node

    def of(self, path: list[str]) -> int:
        """The line of the part at `path`, or of the nearest part around it."""
        node, line = self.root, self.root.start_mark.line
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            line, node = child
        return int(line) + 1


class _Loader(yaml.SafeLoader):
    """Every plain scalar is a text (18:00 is no number, `no` no boolean); the office's shape decides what it means."""


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), ["~", "n", ""])


class _Dumper(yaml.SafeDumper):
    """Clock times and language lists on one line, as people write them; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    is_short = all(isinstance(item, str) for item in data) or all(_is_span(item) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_short)


def _is_span(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)


_Dumper.add_representer(list, _represent_list)


def parse_office(text: str, file_name: str) -> tuple[OfficeFacts, Lines]:
    """The office in a file. Raises BadOfficeFile with every error and its line."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadOfficeFile(file_name, [LineError(line, f"not valid YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise BadOfficeFile(file_name, [LineError(1, f"not valid YAML: {error}")]) from error
    if root is None:
        raise BadOfficeFile(file_name, [LineError(1, "the file is empty")])
    lines = Lines(file_name, root)
    errors = _double_keys(root)
    try:
        office = OfficeFacts.model_validate(yaml.load(text, _Loader))
        faults = office_faults(office)
        errors += [LineError(lines.of(field.split(".")), words(code, params)) for code, field, params in faults]
    except ValidationError as error:
        errors += [_shape_error(detail, lines) for detail in error.errors(include_url=False)]
    if errors:
        raise BadOfficeFile(file_name, errors)
    return office, lines


def refused_at(refusal: Refused, lines: Lines) -> BadOfficeFile:
    """A refusal while importing, at the line of the field it names."""
    line = lines.of((refusal.field or "").split("."))
    return BadOfficeFile(lines.file_name, [LineError(line, words(refusal.code, refusal.params))])


def words(code: str, params: dict[str, Any]) -> str:
    return WORDS.get(code, code.replace("_", " ")).format_map({**params, "": ""})


def dump_office(office: OfficeFacts) -> str:
    """The office as YAML, in the order people read it."""
    document = office.model_dump(mode="json")
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _shape_error(detail: Any, lines: Lines) -> LineError:
    path = [str(step) for step in detail["loc"]]
    where = ".".join(path) or "the file"
    return LineError(lines.of(path), f"{where}: {detail['msg'][0].lower()}{detail['msg'][1:]}")


def _child(node: yaml.Node, step: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        value = node.value[int(step)]
        return value.start_mark.line, value
    return None


def _double_keys(node: yaml.Node) -> list[LineError]:
    errors: list[LineError] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                errors.append(LineError(key.start_mark.line + 1, f"the key {key.value} stands here twice"))
            seen.add(key.value)
            errors += _double_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            errors += _double_keys(value)
    return errors
