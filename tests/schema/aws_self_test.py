"""The check must be able to fail: exchanges that are wrong in one way each, and good ones that must pass."""

import copy

ROLE = "arn:aws:iam::123456789012:role/day2-dev"
OURS = {"user-agent": "day2-actions/1"}
HIDDEN = "hidden" * 3
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def sts(request, reply, status=200, scope=None, **headers):
    return {
        "service": "sts", "headers": {"content-type": "application/x-www-form-urlencoded", **OURS, **headers},
        "scope": scope, "request": {"Version": "2011-06-15", **request}, "status": status, "type": "text/xml",
        "reply": reply,
    }


def ecr(operation, request, reply, status=200, service="ecr", prefix="AmazonEC2ContainerRegistry_V20150921."):
    target = {"content-type": "application/x-amz-json-1.1", "x-amz-target": prefix + operation}
    return {
        "service": "ecr", "headers": {**target, **OURS}, "scope": {"region": "eu-central-1", "service": service},
        "request": request, "status": status, "type": "application/x-amz-json-1.1", "reply": reply,
    }


def assumed(inner):
    return (
        f'<AssumeRoleWithWebIdentityResponse xmlns="{NAMESPACE}"><AssumeRoleWithWebIdentityResult>{inner}'
        "</AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</AssumeRoleWithWebIdentityResponse>"
    )


def refused(code, kind="Sender"):
    return (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{kind}</Type><Code>{code}</Code><Message>m</Message></Error>'
        "<RequestId>r</RequestId></ErrorResponse>"
    )


KEYS = (
    f"<Credentials><AccessKeyId>{HIDDEN}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-01T00:00:00Z</Expiration></Credentials>"
)
ASSUME = {
    "Action": "AssumeRoleWithWebIdentity", "RoleArn": ROLE, "RoleSessionName": "day2", "WebIdentityToken": HIDDEN,
    "DurationSeconds": "900", "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnly",
}
TOKEN = '{"authorizationData":[{"authorizationToken":"QVdT","expiresAt":1.241,"proxyEndpoint":"https://r"}]}'
PUBLIC = '{"authorizationData":{"authorizationToken":"QVdT","expiresAt":1}}'
CREATED = '{"repository":{"repositoryName":"a/b","createdAt":1.5,"imageTagMutability":"IMMUTABLE"}}'
SPENCER = {"service": "ecr-public", "prefix": "SpencerFrontendService."}

GOOD = {
    "a role": sts(ASSUME, assumed(KEYS)),
    "a refusal": sts(ASSUME, refused("AccessDenied"), 403),
    "an error of the operation": sts(ASSUME, refused("IDPCommunicationError"), 400),
    "a registry token": ecr("GetAuthorizationToken", {}, TOKEN),
    "a public token": ecr("GetAuthorizationToken", {}, PUBLIC, **SPENCER),
    "a new repository": ecr("CreateRepository", {"repositoryName": "a/b"}, CREATED),
    "a repository that is missing": ecr(
        "DescribeRepositories", {"repositoryNames": ["a/b"]}, '{"__type":"RepositoryNotFoundException","message":"m"}', 400
    ),
}

BAD = {
    "an invented parameter": ("a role", ("request", "Tags2"), "x", "/Tags2"),
    "a parameter that is missing": ("a role", ("request", "RoleArn"), None, "/RoleArn"),
    "a duration that is too short": ("a role", ("request", "DurationSeconds"), "899", "/DurationSeconds"),
    "a duration that is no number": ("a role", ("request", "DurationSeconds"), "soon", "/DurationSeconds"),
    "a session name of other characters": ("a role", ("request", "RoleSessionName"), "a b", "/RoleSessionName"),
    "an invented part of a list": ("a role", ("request", "PolicyArns.member.1.name"), "x", "/PolicyArns/0/name"),
    "another version": ("a role", ("request", "Version"), "2015-09-21", "/Version"),
    "another type of content": ("a role", ("headers", "content-type"), "application/json", "content-type"),
    "a reply with an invented element": ("a role", ("reply",), assumed(KEYS + "<Hint>x</Hint>"), "/Hint"),
    "a reply with keys that lack one": ("a role", ("reply",), assumed("<Credentials></Credentials>"), "/Credentials"),
    "a reply that is no time": ("a role", ("reply",), assumed(KEYS.replace("2026-01-01T00:00:00Z", "soon")), "/Expiration"),
    "a reply without its wrapper": ("a role", ("reply",), assumed(KEYS).replace("AssumeRoleWithWebIdentityResult", "Result"), "reply"),
    "a reply of another namespace": ("a role", ("reply",), assumed(KEYS).replace("2011-06-15", "2012-06-15"), "namespace"),
    "an invented error": ("a refusal", ("reply",), refused("TrustDenied"), "TrustDenied"),
    "an error with another status": ("an error of the operation", ("status",), 403, "instead of 400"),
    "an error of nobody": ("a refusal", ("reply",), refused("AccessDenied", "Mistake"), "reply/Error"),
    "another operation": ("a role", ("request", "Action"), "AssumeRoleWithOidc", "no such operation"),
    "another target": ("a registry token", ("headers", "x-amz-target"), "AmazonEC2ContainerRegistry_V20150921.GetToken", "no such operation"),
    "an invented field": ("a registry token", ("request", "registries"), ["1"], "/registries"),
    "an account that lost its zero": ("a registry token", ("request", "registryIds"), ["12345678901"], "/registryIds/0"),
    "an account that is a number": ("a registry token", ("request", "registryIds"), [123456789012], "/registryIds/0"),
    "no signature": ("a registry token", ("scope",), None, "not signed"),
    "a signature for another service": ("a public token", ("scope", "service"), "ecr", "signed for ecr"),
    "a private token from the public gallery": ("a public token", ("reply",), TOKEN, "authorizationData"),
    "a time that is a text": ("a registry token", ("reply",), TOKEN.replace("1.241", '"soon"'), "/expiresAt"),
    "a value of no enumeration": ("a new repository", ("request", "imageTagMutability"), "FIXED", "/imageTagMutability"),
    "a repository with a capital letter": ("a new repository", ("request", "repositoryName"), "A/b", "/repositoryName"),
    "another type of reply": ("a registry token", ("type",), "application/json", "type"),
    "an invented error of ECR": (
        "a repository that is missing", ("reply",), '{"__type":"NoSuchRepository","message":"m"}', "NoSuchRepository",
    ),
}


def changed(exchange, path, value):
    exchange = copy.deepcopy(exchange)
    node = exchange
    *most, last = path
    for part in most:
        node = node[part]
    if value is None and last in node and last != "scope":
        del node[last]
    else:
        node[last] = value
    return exchange


def self_test(check):
    """Returns whether all is as it should be, and says what is not."""
    wrong = []
    for name, exchange in GOOD.items():
        wrong += [f"must pass: {name}: {problem}" for problem in check(exchange)[2]]
    for name, (base, path, value, about) in BAD.items():
        found = check(changed(GOOD[base], path, value))[2]
        if not any(about in problem for problem in found):
            wrong.append(f"must fail: {name}, with something about {about}: {'; '.join(found) or 'nothing'}")
    print("\n".join(wrong) or f"{len(BAD)} bad exchanges found, {len(GOOD)} good ones passed")
    return not wrong
