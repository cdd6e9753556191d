"""How is a whole office written down? One YAML file, read strictly: every error with its line."""

import re
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from queue_service.rules.errors import Refused
from queue_service.rules.forms import Fault
from queue_service.rules.office import OfficeFacts, office_faults

PARTS = ("groups", "categories", "services", "windows", "rosters", "special_days", "closures", "norms", "escalations")
WORDS = {
    "code_taken": "{value} stands here twice",
    "default_language_missing": "the text is missing in the branch's language, {language}",
    "unknown_group": "there is no group {value}",
    "unknown_service": "there is no service {value}",
    "unknown_window": "there is no window {value}",
    "unknown_language": "the language is not one of {languages}",
    "people_waiting": "service {service} is not in the file, but cannot be removed now: {count} people wait for it",
    "people_stranded": "{count} people are here for {services}, and no window in the file could serve them",
    "people_booked": "service {service} is not in the file, but cannot be removed now: {count} have booked it",
    "day_has_begun": "cannot change today: tickets have been given out; change it on another day, before opening",
    "window_in_use": "window {window} is not in the file, but cannot be removed while it is open",
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


_NULL = "tag:yaml.org,2002:null"
_KNOWN_TAGS = {_NULL, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))}
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver(_NULL, re.compile(r"^(~|null|)$"), ["~", "n", ""])


class _Dumper(yaml.SafeDumper):
    """Clock times and language lists on one line, as people write them; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    is_short = all(isinstance(item, str) for item in data) or all(_is_span(item) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_short)


def _is_span(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)


def _represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    # Outside double quotes the reader takes these for line ends.
    style = '"' if any(character in data for character in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)


def parse_office(text: str, file_name: str) -> tuple[OfficeFacts, Lines]:
    """The office in a file. Raises BadOfficeFile with every error and its line."""
    root = _compose(text, file_name)
    lines = Lines(file_name, root)
    reading = _Reading()
    document = reading.value(root)
    errors = reading.errors
    try:
        office = OfficeFacts.model_validate(document)
        errors += [error_at(fault, lines) for fault in office_faults(office)]
    except ValidationError as error:
        details = error.errors(include_url=False)
        errors += [_shape_error(detail, lines) for detail in details]
        errors += [error_at(fault, lines) for fault in _faults_of_the_rest(document, details)]
    if errors:
        raise BadOfficeFile(file_name, errors)
    return office, lines


def error_at(fault: Fault, lines: Lines) -> LineError:
    """A fault at the line of the field it names."""
    code, field, params = fault
    return LineError(lines.of(field.split(".")), words(code, params))


def refused_at(refusals: list[Refused], lines: Lines) -> BadOfficeFile:
    """What was refused while importing, each at the line of the field it names."""
    faults = [(refusal.code, refusal.field or "", refusal.params) for refusal in refusals]
    return BadOfficeFile(lines.file_name, [error_at(fault, lines) for fault in faults])


def words(code: str, params: dict[str, Any]) -> str:
    return WORDS.get(code, code.replace("_", " ")).format_map({**params, "": ""})


def dump_office(office: OfficeFacts) -> str:
    """The office as YAML, in the order people read it."""
    document = office.model_dump(mode="json")
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _compose(text: str, file_name: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadOfficeFile(file_name, [LineError(line, f"not valid YAML: {error.problem}")]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadOfficeFile(file_name, [LineError(line, f"not valid YAML: {error.reason}")]) from error
    except RecursionError as error:
        raise BadOfficeFile(file_name, [LineError(1, "nested too deeply")]) from error
    if root is None:
        raise BadOfficeFile(file_name, [LineError(1, "the file is empty")])
    return root


class _Reading:
    """Turns nodes into plain values and notes, with its line, whatever an office has no use for."""

    def __init__(self) -> None:
        self.errors: list[LineError] = []
        self._seen: set[int] = set()

    def value(self, node: yaml.Node) -> Any:
        if id(node) in self._seen:  # an alias; one inside its own anchor would never end
            return self._refuse(node, "anchors and aliases are not understood here")
        self._seen.add(id(node))
        if node.tag not in _KNOWN_TAGS:
            return self._refuse(node, f"the tag {node.tag} is not understood here")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        if _UNKEEPABLE.search(node.value):
            return self._refuse(node, "the text has characters that cannot be kept")
        return None if node.tag == _NULL else node.value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a key must be one word")
                continue
            if key.value in values:
                self._refuse(key, f"the key {key.value} stands here twice")
            values[key.value] = self.value(value)
        return values

    def _refuse(self, node: yaml.Node, message: str) -> None:
        self.errors.append(LineError(node.start_mark.line + 1, message))


def _faults_of_the_rest(document: Any, details: list[Any]) -> list[Fault]:
    """The faults of those parts whose shape is right, so that one reading of the file finds everything."""
    broken = {tuple(detail["loc"][:2]) for detail in details}
    if any(place[0] not in PARTS or len(place) < 2 for place in broken if place) or () in broken:
        return []
    places = {kind: [i for i in range(len(document.get(kind, []))) if (kind, i) not in broken] for kind in PARTS}
    rest = {kind: [document[kind][i] for i in kept] for kind, kept in places.items()}
    named = {str(document[kind][i].get("code")) for kind, i in broken if isinstance(document[kind][i], dict)}
    return [
        (code, _original(field, places), params)
        for code, field, params in office_faults(OfficeFacts.model_validate({**document, **rest}))
        if not (code.startswith("unknown_") and params.get("value") in named)
    ]


def _original(field: str, places: dict[str, list[int]]) -> str:
    """The place in the whole file of a field that is named by its place in the rest."""
    kind, *inside = field.split(".")
    return ".".join([kind, str(places[kind][int(inside[0])]), *inside[1:]]) if kind in places else field


def _shape_error(detail: Any, lines: Lines) -> LineError:
    path = [str(step) for step in detail["loc"] if step != "[key]"]
    where = ".".join(path) or "the file"
    return LineError(lines.of(path), f"{where}: {detail['msg']}")


def _child(node: yaml.Node, step: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        value = node.value[int(step)]
        return value.start_mark.line, value
    return None
