"""Checks exchanges with STS and ECR against the service models that AWS publishes with botocore.

A model says which members a request and a reply have, which of them must be there, their types, lengths, patterns and
values, and which errors an operation has with which status. The check is closed-world: what is not published fails.
"""

import gzip
import json
import re
import xml.etree.ElementTree as xml
from pathlib import Path

SERVICES = {"sts": "2011-06-15", "ecr": "2015-09-21", "ecr-public": "2020-10-30"}

# Every operation of every service has these (docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and
# …/AmazonECR/latest/APIReference/CommonErrors.html), with the status, and JSON's are all 400.
COMMON = {
    "AccessDenied": 403, "ExpiredToken": 403, "IncompleteSignature": 400, "InvalidAction": 400,
    "InvalidClientTokenId": 403, "MissingAuthenticationToken": 403, "MissingParameter": 400, "OptInRequired": 403,
    "RequestExpired": 400, "ServiceUnavailable": 503, "SignatureDoesNotMatch": 403, "Throttling": 400,
    "ValidationError": 400, "InternalFailure": 500,
}
COMMON_JSON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "ThrottlingException", "UnknownOperationException",
    "UnrecognizedClientException",
}
KINDS = {"string": str, "boolean": bool, "list": list, "structure": dict, "map": dict}
WHOLE = {"integer", "long"}
NUMBERS = {"float", "double"}


class Models:
    """The three models."""

    def __init__(self, site_packages):
        data = Path(site_packages, "botocore", "data")
        self.models = {}
        for name, version in SERVICES.items():
            with gzip.open(data / name / version / "service-2.json.gz") as file:
                self.models[name] = json.load(file)

    def check(self, exchange):
        """Returns the operation, whether a model knows it, and what is wrong."""
        service = service_of(exchange)
        model = self.models[service]
        asked = exchange["request"] if isinstance(exchange["request"], dict) else {}
        is_query = model["metadata"]["protocol"] == "query"
        target = exchange["headers"].get("x-amz-target", "")
        name = asked.get("Action", "") if is_query else target.removeprefix(model["metadata"]["targetPrefix"] + ".")
        operation = model["operations"].get(name)
        title = f"{service} {name}"
        if operation is None:
            # Refused as such, which only a test may ask for.
            is_refused = exchange["status"] >= 400 and not is_ours(exchange)
            return title, False, [] if is_refused else ["there is no such operation"]
        problems = []
        shapes = Shapes(model["shapes"], problems)
        if is_query:
            query_request(model, operation, asked, exchange, shapes)
        else:
            json_request(model, operation, asked, exchange, shapes)
        # What a test asks wrongly and is refused for is the service's business.
        if exchange["status"] >= 400 and not is_ours(exchange):
            problems.clear()
        check_scope(service, operation, exchange, problems)
        (query_reply if is_query else json_reply)(model, operation, name, exchange, shapes)
        return title, True, problems


class Shapes:
    """Checks values against shapes; problems are added to a list."""

    def __init__(self, shapes, problems):
        self.shapes, self.problems = shapes, problems

    def say(self, at, what):
        self.problems.append(f"{at or '/'} {what}")

    def value(self, name, value, at):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "timestamp":
            self.timestamp(value, at)
        elif kind in WHOLE | NUMBERS:
            self.number(shape, kind, value, at)
        elif not isinstance(value, KINDS[kind]):
            self.say(at, f"is {value!r} and not a {kind}")
        elif kind == "structure":
            self.structure(shape, value, at)
        elif kind == "list":
            self.size(shape, len(value), at)
            for index, item in enumerate(value):
                self.value(shape["member"]["shape"], item, f"{at}/{index}")
        elif kind == "string":
            self.size(shape, len(value), at)
            if "enum" in shape and value not in shape["enum"]:
                self.say(at, f"is {value!r}, which is none of {shape['enum']}")
            if "pattern" in shape and not re.fullmatch(java(shape["pattern"]), value):
                self.say(at, f"is {value!r}, which does not match {shape['pattern']}")

    def structure(self, shape, value, at):
        for name in shape.get("required", []):
            if name not in value:
                self.say(f"{at}/{name}", "is missing")
        for name, item in value.items():
            member = shape["members"].get(name)
            if member is None:
                self.say(f"{at}/{name}", "is not published")
            else:
                self.value(member["shape"], item, f"{at}/{name}")

    def number(self, shape, kind, value, at):
        if isinstance(value, bool) or not isinstance(value, int if kind in WHOLE else (int, float)):
            self.say(at, f"is {value!r} and not a {kind}")
        else:
            self.size(shape, value, at)

    def size(self, shape, size, at):
        if size < shape.get("min", size) or size > shape.get("max", size):
            self.say(at, f"has {size}, which is not within {shape.get('min')} and {shape.get('max')}")

    def timestamp(self, value, at):
        is_iso = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)
        is_epoch = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_iso and not is_epoch:
            self.say(at, f"is {value!r} and not a time")


def java(pattern):
    """Java's classes that Python writes differently."""
    return pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s")


def service_of(exchange):
    is_public = exchange["headers"].get("x-amz-target", "").startswith("SpencerFrontendService.")
    return "ecr-public" if is_public else exchange["service"]


def is_ours(exchange):
    """Whether an action of ours asked, and not a test with a client of its own. The SDK names itself."""
    return any(name in exchange["headers"].get("user-agent", "") for name in ("day2", "aws-sdk-rust"))


def check_scope(service, operation, exchange, problems):
    scope = exchange["scope"]
    if operation.get("authtype") == "none" or exchange["status"] >= 400:
        return
    if scope is None:
        problems.append("/ is not signed")
    elif scope["service"] != service:
        problems.append(f"/ is signed for {scope['service']}")


def query_request(model, operation, asked, exchange, shapes):
    if not exchange["headers"].get("content-type", "").startswith("application/x-www-form-urlencoded"):
        shapes.say("content-type", "is not a form's")
    if asked.get("Version") != model["metadata"]["apiVersion"]:
        shapes.say("/Version", f"is {asked.get('Version')!r}")
    fields = {name: value for name, value in asked.items() if name not in ("Action", "Version")}
    tree = {}
    for name, value in fields.items():
        node = tree
        *path, last = name.split(".")
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    if "input" in operation:
        name = operation["input"]["shape"]
        shapes.value(name, typed(shapes.shapes, name, tree), "")
    elif tree:
        shapes.say("", "takes no parameters")


def typed(shapes, name, value):
    """A form's texts, or an XML document's, as the shape's types; what does not fit stays a text."""
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure" and isinstance(value, dict):
        members = shape["members"]
        return {key: typed(shapes, members[key]["shape"], item) if key in members else item for key, item in value.items()}
    if kind == "list" and isinstance(value, dict):
        items = value.get("member", {})
        items = [items[key] for key in sorted(items, key=str)] if isinstance(items, dict) else items
        return [typed(shapes, shape["member"]["shape"], item) for item in items]
    if kind in WHOLE and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def json_request(model, operation, asked, exchange, shapes):
    kind = f"application/x-amz-json-{model['metadata']['jsonVersion']}"
    if exchange["headers"].get("content-type") != kind:
        shapes.say("content-type", f"is not {kind}")
    shapes.value(operation["input"]["shape"], asked, "")


def query_reply(model, operation, name, exchange, shapes):
    try:
        root = xml.fromstring(exchange["reply"])
    except xml.ParseError as error:
        return shapes.say("reply", f"is no XML: {error}")
    namespace = "{" + model["metadata"]["xmlNamespace"] + "}"
    if not root.tag.startswith(namespace):
        shapes.say("reply", f"is of the namespace of {root.tag}")
    tag = root.tag.rsplit("}", 1)[-1]
    content = plain(root)
    if exchange["status"] >= 400:
        said = content.get("Error", {})
        if tag != "ErrorResponse" or set(content) - {"Error", "RequestId"} or "RequestId" not in content:
            return shapes.say("reply", f"is no error: {tag} with {sorted(content)}")
        if set(said) - {"Type", "Code", "Message"} or said.get("Type") not in ("Sender", "Receiver"):
            shapes.say("reply/Error", f"has {said}")
        return check_error(model, operation, said.get("Code", ""), exchange["status"], COMMON, shapes)
    if tag != f"{name}Response" or set(content) != {operation["output"]["resultWrapper"], "ResponseMetadata"}:
        return shapes.say("reply", f"is {tag} with {sorted(content)}")
    output = operation["output"]["shape"]
    shapes.value(output, typed(shapes.shapes, output, content[operation["output"]["resultWrapper"]]), "reply")


def plain(element):
    """An element as texts and dictionaries."""
    children = list(element)
    if not children:
        return (element.text or "").strip()
    return {child.tag.rsplit("}", 1)[-1]: plain(child) for child in children}


def json_reply(model, operation, name, exchange, shapes):
    try:
        said = json.loads(exchange["reply"])
    except json.JSONDecodeError as error:
        return shapes.say("reply", f"is no JSON: {error}")
    if exchange["type"] != f"application/x-amz-json-{model['metadata']['jsonVersion']}":
        shapes.say("reply", f"is of the type {exchange['type']}")
    if exchange["status"] >= 400:
        kind = said.get("__type", "").rsplit("#", 1)[-1]
        common = {code: 400 for code in COMMON_JSON}
        if set(said) - {"__type", "message", "Message"}:
            shapes.say("reply", f"has {sorted(said)}")
        return check_error(model, operation, kind, exchange["status"], common, shapes)
    shapes.value(operation["output"]["shape"], said, "reply")


def check_error(model, operation, code, status, common, shapes):
    published = {}
    for error in operation.get("errors", []):
        about = model["shapes"][error["shape"]].get("error", {})
        published[about.get("code", error["shape"])] = about.get("httpStatusCode", 400)
    expected = published.get(code, common.get(code))
    if expected is None:
        shapes.say("reply", f"is the error {code!r}, which is not published")
    elif expected != status:
        shapes.say("reply", f"is {code} with the status {status} instead of {expected}")
