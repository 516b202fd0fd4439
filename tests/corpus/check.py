"""Judges edits of YAML files with PyYAML, a reader that shares nothing with yaml-set.

Reads one JSON value per line from standard input, and answers each `end` with one line:

    {"file": "/x/values.yaml", "leaves": [[1, "image", "tag"], ...]}   what is edited, each leaf as document, key or index, ...
    {"file": "/x/a.yaml", "refused": "Template"}                       or that nothing in the file can be
    {"at": [7], "values": ["1.20"], "text": "..."}                     the file after leaves were set
    {"at": [7], "refused": "Shared"}                                   or that a leaf cannot be set
    {"under": [1, "image"], "key": "x", "value": "1", "text": "..."}   the file after a key was added to a mapping
    {"end": true}   ->   {"readable": true, "problems": []}

`readable` says whether PyYAML can read the file; of a refused one, whether it can as data: `{{ x }}` is a mapping whose
key is a mapping, until somebody wants to have it.

After an edit every node must be as before (kind, tag, value, style, which nodes are aliases of which), but for the
targets, which must be strings with the wanted values; and every byte outside the targets' spans must be as before.
After a key was added, everything must be as before once it is taken out again, and the text must be the old one with
something put in at one place.
"""

import json
import re
import sys
from collections import Counter
from os.path import commonprefix

import yaml

Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STRING = "tag:yaml.org,2002:str"


class Loader(Base):
    """Takes for a number what YAML 1.1 (PyYAML) or YAML 1.2 (Go, JavaScript, Rust) takes for one."""


for tag, expression in (
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ("int", r"0o[0-7]+"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{expression})$"), list("-+.0123456789"))


class Reading:
    """A text as PyYAML reads it: a flat list of nodes, and where each one is written."""

    def __init__(self, text):
        self.nodes, self.marks, self.keys = [], [], set()
        self.first = {}  # The number of each node object: an alias is the very object that it stands for.
        self.users = Counter()
        # A text, or documents that were read already.
        self.documents = list(yaml.compose_all(text, Loader=Loader)) if isinstance(text, str) else text
        for document in self.documents:
            self.add(document)

    def add(self, node):
        number = self.first.setdefault(id(node), len(self.nodes))
        if number != len(self.nodes):
            self.users[number] += 1
            self.nodes.append(("alias", number))
            self.marks.append(None)
            return
        self.marks.append((node.start_mark.index, node.end_mark.index))
        if isinstance(node, yaml.ScalarNode):
            self.nodes.append(("scalar", node.tag, node.value, node.style))
            return
        kind = "sequence" if isinstance(node, yaml.SequenceNode) else "mapping"
        self.nodes.append((kind, node.tag, len(node.value), node.flow_style))
        for child in node.value:
            if kind == "mapping":
                self.add(child[0])
                self.add(child[1])
            else:
                self.add(child)

    def mapping(self, path):
        """Returns the mapping at a path of document, keys and indexes; None if there is none."""
        node = self.documents[path[0] - 1]
        for step in path[1:]:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step] if step < len(node.value) else None
            elif isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == step), None)
            else:
                return None
        return node if isinstance(node, yaml.MappingNode) else None

    def leaves(self):
        """Yields path, number and the collections above of every scalar that is a value or an item, once."""
        seen = set()

        def walk(node, path, above):
            if id(node) in seen:
                return
            seen.add(id(node))
            if isinstance(node, yaml.ScalarNode):
                yield tuple(path), self.first[id(node)], above
                return
            above = [*above, node]
            if isinstance(node, yaml.SequenceNode):
                for index, child in enumerate(node.value):
                    yield from walk(child, [*path, index], above)
                return
            for key, child in node.value:
                # yaml-set has no paths below keys that are collections or aliases.
                if isinstance(key, yaml.ScalarNode) and id(key) not in seen:
                    seen.add(id(key))
                    yield from walk(child, [*path, key.value], above)

        for number, document in enumerate(self.documents, 1):
            yield from walk(document, [number], [])


def is_shared(reading, number, above):
    return any(reading.users[reading.first[id(node)]] for node in above) or reading.users[number] > 0


def has_twice(above, path):
    for node, key in zip(above, path[1:]):
        if isinstance(node, yaml.MappingNode) and sum(k.value == key for k, _ in node.value) > 1:
            return True
    return False


class File:
    """The file before any edit."""

    def __init__(self, path, leaves):
        with open(path, encoding="utf-8", newline="") as file:
            self.text = file.read()
        self.problems = []
        self.reading = None
        try:
            if leaves is None:
                list(yaml.load_all(without_bom(self.text), Loader=Loader))
            self.reading = Reading(without_bom(self.text))
        except yaml.YAMLError:
            return
        if leaves is not None:
            self.match([tuple(leaf) for leaf in leaves])

    def match(self, leaves):
        """Finds each leaf, and complains of each one that only one of the two readers sees."""
        found = list(self.reading.leaves())
        ours, theirs = Counter(leaves), Counter(path for path, _, _ in found)
        for path in (ours - theirs).keys():
            self.problems.append(f"{shown(path)}: only yaml-set has this leaf")
        for path in (theirs - ours).keys():
            self.problems.append(f"{shown(path)}: only PyYAML has this leaf")
        places = {}
        for path, number, above in found:
            places.setdefault(path, (number, above))
        self.leaves = [(path, *places.get(path, (None, None))) for path in leaves]

    def refused(self, at, reason):
        path, number, above = self.leaves[at]
        if number is None:
            return
        start, end = self.reading.marks[number]
        _, tag, value, style = self.reading.nodes[number]
        reasons = {
            "Shared": lambda: is_shared(self.reading, number, above),
            "DuplicateKey": lambda: has_twice(above, path),
            "Tagged": lambda: "!" in without_bom(self.text)[start:end],
            # A block scalar cannot hold every value, and an empty value has no bytes that tell where it is.
            "Unproven": lambda: style in ("|", ">"),
            "NoPlace": lambda: value.strip() == "",
        }
        if not reasons.get(reason, lambda: False)():
            self.problems.append(f"{shown(path)}: refused as {reason}, for no reason that PyYAML sees")

    def edited(self, at, values, text):
        targets = sorted((self.leaves[leaf][1], self.leaves[leaf][0], value) for leaf, value in zip(at, values))
        if any(number is None for number, _, _ in targets):
            return
        where = shown(targets[0][1]) if len(targets) == 1 else f"{len(targets)} leaves at once"
        if self.text.startswith("\ufeff") != text.startswith("\ufeff"):
            self.problems.append(f"{where}: the byte order mark")
        text = without_bom(text)
        try:
            after = Reading(text)
        except yaml.YAMLError as error:
            self.problems.append(f"{where}: not readable any more: {' '.join(str(error).split())}")
            return
        self.problems.extend(f"{where}: {problem}" for problem in self.differences(after, targets, text))

    def added(self, under, key, value, text):
        where = f"{key} new in {shown(under)}"
        before, text = without_bom(self.text), without_bom(text)
        try:
            after = Reading(text)
        except yaml.YAMLError as error:
            self.problems.append(f"{where}: not readable any more: {' '.join(str(error).split())}")
            return
        mapping = after.mapping(under)
        pairs = [] if mapping is None else [pair for pair in mapping.value if pair[0].value == key]
        if len(pairs) != 1:
            self.problems.append(f"{where}: is there {len(pairs)} times")
            return
        new = pairs[0][1]
        if not isinstance(new, yaml.ScalarNode) or new.tag != STRING or new.value != value:
            self.problems.append(f"{where}: is {new} instead of {value!r}")
        mapping.value.remove(pairs[0])
        rest = Reading(after.documents)
        if rest.nodes != self.reading.nodes:
            self.problems.append(f"{where}: another node differs")
        same = len(commonprefix([before, text])) + len(commonprefix([before[::-1], text[::-1]]))
        if same < len(before):
            self.problems.append(f"{where}: bytes elsewhere changed")

    def differences(self, after, targets, text):
        before, old = self.reading, without_bom(self.text)
        if len(before.nodes) != len(after.nodes):
            yield f"{len(after.nodes)} nodes instead of {len(before.nodes)}"
            return
        node = 0
        for number, path, value in targets:
            if before.nodes[node:number] != after.nodes[node:number]:
                yield f"a node before {shown(path)} differs"
            node = number + 1
            if after.nodes[number][0] != "scalar":
                yield f"{shown(path)} is {after.nodes[number]} instead of {value!r}"
                return
            _, tag, got, style = after.nodes[number]
            # A block scalar keeps its header, and with it how many line breaks are at its end.
            same = got == value or style in ("|", ">") and got.rstrip("\n") == value.rstrip("\n")
            if tag != STRING or not same:
                yield f"{shown(path)} is {after.nodes[number]} instead of {value!r}"
            span, span_after = old[slice(*before.marks[number])], text[slice(*after.marks[number])]
            if span and frame(span, style) != frame(span_after, style):
                yield f"{shown(path)}: {span!r} became {span_after!r}"
        if before.nodes[node:] != after.nodes[node:]:
            yield "a node after the target differs"
        spans = [before.marks[number] for number, _, _ in targets]
        spans_after = [after.marks[number] for number, _, _ in targets]
        is_new = [start == end for start, end in spans]
        rest, rest_after = outside(old, spans, is_new), outside(text, spans_after, is_new)
        if rest != rest_after:
            at = next((i for i, (a, b) in enumerate(zip(rest, rest_after)) if a != b), 0)
            at = max(0, at - 20)
            yield f"bytes outside the target: {rest[at:][:60]!r} became {rest_after[at:][:60]!r}"


def outside(text, spans, is_new):
    """Returns what is outside the spans, with a mark for each one. One that is new, and so was empty, leaves no mark, and
    the space before it goes with it."""
    parts, done = [], 0
    for (start, end), new in zip(spans, is_new):
        if new:
            start -= start > done and end > start and text[start - 1] == " "
        parts.append(text[done:start])
        parts.append("" if new else "\0")
        done = end
    return "".join([*parts, text[done:]])


def frame(span, style):
    """Returns what must stay within a scalar's span: tag and anchor, and of a block its header and last line breaks."""
    properties = re.match(r"(?:[&!]\S*(?:\s+|$))*", span).group().strip()
    if style not in ("|", ">"):
        return properties
    return properties, span.split("\n")[0], span[len(span.rstrip("\r\n")):]


def without_bom(text):
    return text.removeprefix("\ufeff")


def shown(path):
    return "@" + "/".join(str(part) for part in path)


def main():
    file = None
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "file" in message:
            file = File(message["file"], message.get("leaves"))
        elif "end" in message:
            print(json.dumps({"readable": file.reading is not None, "problems": file.problems}), flush=True)
        elif file.reading is not None:
            if "under" in message:
                file.added(message["under"], message["key"], message["value"], message["text"])
            elif "refused" in message:
                for leaf in message["at"]:
                    file.refused(leaf, message["refused"])
            else:
                file.edited(message["at"], message["values"], message["text"])


if __name__ == "__main__":
    main()
