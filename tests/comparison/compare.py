"""Compares yq, `kustomize edit set image` and bump-values on real files, and writes docs/bump-comparison.md.

`cargo xtask bench yaml` calls it, with a Python that has PyYAML, and with the programs built from pinned versions.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import yaml

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "corpus"))
from check import STRING, Loader  # noqa: E402

TAGS = ["1.20", "58467e65", "yes", "v1.2.3"]
RUNS = 7


class Case:
    """One file and the value to set in it."""

    def __init__(self, line, packages):
        package, self.name, self.path, self.value = line.split()
        self.package = package
        self.source = packages[package] / self.name
        file = pathlib.PurePath(self.name).name
        self.kind = "kustomization" if file.startswith("kustomization") else "values" if "values" in file else "manifest"

    def wanted(self, tag):
        return tag if self.kind == "kustomization" else self.value.replace("TAG", tag)

    def steps(self):
        """Splits the path: what the document must have, and keys and `name=x`."""
        document, rest = re.match(r"(?:@([^.]*)\.)?(.*)", self.path).groups()
        selector = dict(part.split("=") for part in document.split(",")) if document else {}
        steps = re.findall(r"\[name=([^]]*)\]|([^.\[\]]+)", rest)
        return selector, [("item", item) if item else ("key", key) for item, key in steps]


def yq(program, case, file, tag):
    selector, steps = case.steps()
    where = {"kind": ".kind", "name": ".metadata.name"}
    parts = [f'{where[key]} == "{value}"' for key, value in selector.items()]
    parts = [f"select({' and '.join(parts)})"] if parts else []
    parts += [f'.[] | select(.name == "{name}")' if kind == "item" else f'."{name}"' for kind, name in steps]
    run([program, "-i", f"({' | '.join(parts)}) = strenv(VALUE)", file.name], file, VALUE=case.wanted(tag))


def kustomize(program, case, file, tag):
    run([program, "edit", "set", "image", case.value.replace("TAG", tag)], file)


def ours(program, case, file, tag):
    edit = f"{case.path}={case.wanted(tag)}"
    run([program, "bump-values", "--method", "worktree", "--files", file.name, "--set", edit], file)


def run(command, file, **env):
    env = {"PATH": os.environ["PATH"], "HOME": str(file.parent), **env}
    subprocess.run(command, cwd=file.parent, env=env, check=True, capture_output=True)


class Reading:
    """What is in a text: its leaves in order, its comments, its target."""

    def __init__(self, text, case):
        documents = list(yaml.compose_all(text, Loader=Loader))
        self.leaves = [leaf for number, root in enumerate(documents) for leaf in leaves(root, (number,))]
        self.target = find(documents, *case.steps())
        scalars = [
            (token.start_mark.index, token.end_mark.index)
            for token in yaml.scan(text, Loader=Loader)
            if isinstance(token, yaml.ScalarToken)
        ]
        self.comments = comments(text, scalars)
        self.blank = sum(not line.strip() for line in text.split("\n")[:-1])

    def others(self):
        """Every leaf but the target: path, tag and value."""
        return [(path, node.tag, node.value) for path, node in self.leaves if node is not self.target]


def leaves(node, path):
    if isinstance(node, yaml.ScalarNode):
        yield path, node
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from leaves(child, (*path, index))
    else:
        for key, child in node.value:
            yield from leaves(child, (*path, str(key.value)))


def find(documents, selector, steps):
    for root in documents:
        kind, name = child(root, "kind"), child(child(root, "metadata"), "name")
        if selector and (kind.value, name.value) != (selector["kind"], selector["name"]):
            continue
        node = root
        for what, step in steps:
            if what == "item":
                node = next(item for item in node.value if child(item, "name").value.strip() == step)
            else:
                node = child(node, step)
        return node
    return None


def child(node, wanted):
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == wanted), None)


def comments(text, scalars):
    """Returns the comments: each `#` after white space that is in no scalar. Block scalars have theirs in the header."""
    outside = bytearray(b"1") * len(text)
    for start, end in scalars:
        if text[start:start + 1] in ("|", ">"):
            start = text.find("\n", start)
        outside[start:end] = bytes(end - start)
    found = []
    for match in re.finditer(r"(?:^|(?<=\s))#.*", text, re.MULTILINE):
        if outside[match.start()]:
            found.append(match.group().rstrip())
    return found


def collateral(before, after, old, new):
    """Returns how many lines besides the target's were removed or added, and their bytes, with the line ends."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [pathlib.Path(directory, name) for name in ("a", "b")]
        for path, text in zip(paths, (before, after)):
            path.write_text(text, encoding="utf-8", newline="")
        diff = subprocess.run(
            ["git", "diff", "--no-index", "--no-color", "--text", "--minimal", "-U0", *paths], capture_output=True, check=False
        )
    removed, added = {}, {}
    number = {}
    for line in diff.stdout.decode().split("\n")[4:]:
        if hunk := re.match(r"@@ -(\d+)\S* \+(\d+)", line):
            number = {"-": int(hunk[1]), "+": int(hunk[2])}
        elif line[:1] in number:
            (removed if line[0] == "-" else added)[number[line[0]]] = line[1:]
            number[line[0]] += 1
    at, at_new = old.start_mark.line + 1, new.start_mark.line + 1
    if around(before, old) == around(after, new):
        removed.pop(at, None)
        added.pop(at_new, None)
    rest = [*removed.values(), *added.values()]
    return len(rest), sum(len(line.encode()) + 1 for line in rest)


def around(text, node):
    """Returns what is on the node's line before and after it."""
    start, end = node.start_mark.index, node.end_mark.index
    return text[text.rfind("\n", 0, start) + 1:start], text[end:].split("\n")[0]


def lost(before, after):
    rest = list(after)
    missing = 0
    for comment in before:
        if comment in rest:
            rest.remove(comment)
        else:
            missing += 1
    return missing


def measure(tool, program, case, scratch):
    """Returns the figures of one tool and one file."""
    before = case.source.read_text(encoding="utf-8")
    suffix = pathlib.PurePath(case.name).suffix
    file = scratch / (f"kustomization{suffix}" if case.kind == "kustomization" else f"file{suffix}")
    figures = {"strings": 0, "failed": 0, "lines": 0, "bytes": 0, "lost": 0, "blank": 0, "order": True, "data": True}
    old = Reading(before, case)
    figures["comments"], figures["blanks"] = len(old.comments), old.blank
    for tag in TAGS:
        file.write_text(before, encoding="utf-8", newline="")
        try:
            tool(program, case, file, tag)
            after = file.read_text(encoding="utf-8")
            new = Reading(after, case)
        except (subprocess.CalledProcessError, yaml.YAMLError) as error:
            print(f"{tool.__name__} {case.name} {tag}: {error} {getattr(error, 'stderr', b'')!r}", file=sys.stderr)
            figures["failed"] += 1
            continue
        figures["strings"] += new.target.tag == STRING and new.target.value == case.wanted(tag)
        lines, size = collateral(before, after, old.target, new.target)
        figures["lines"] = max(figures["lines"], lines)
        figures["bytes"] = max(figures["bytes"], size)
        figures["lost"] = max(figures["lost"], lost(old.comments, new.comments))
        figures["blank"] = max(figures["blank"], old.blank - new.blank)
        figures["order"] &= [path for path, _ in old.leaves] == [path for path, _ in new.leaves]
        figures["data"] &= sorted(map(str, old.others())) == sorted(map(str, new.others()))
    times = []
    for _ in range(RUNS):
        file.write_text(before, encoding="utf-8", newline="")
        start = time.perf_counter()
        try:
            tool(program, case, file, TAGS[-1])
        except subprocess.CalledProcessError:
            break
        times.append(time.perf_counter() - start)
    figures["ms"] = statistics.median(times) * 1000 if times else None
    return figures


def main():
    parser = argparse.ArgumentParser()
    for name in ("packages", "yq", "kustomize", "ours", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    packages = {}
    for directory in map(pathlib.Path, args.packages.split(os.pathsep)):
        last = directory.name.split("@")[0]
        packages[f"{directory.parent.name}/{last}" if re.fullmatch(r"v\d+", last) else last] = directory
    lines = (HERE / "files.txt").read_text(encoding="utf-8").splitlines()
    cases = [Case(line, packages) for line in lines if line and not line.startswith("#")]
    tools = {"bump-values": (ours, args.ours), "yq": (yq, args.yq), "kustomize": (kustomize, args.kustomize)}
    results = {}
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        # In a pipeline the file is in a repository, which bump-values asks for its commit.
        for command in (["init", "-q"], ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x"]):
            subprocess.run(["git", *command], cwd=scratch, check=True)
        for case in cases:
            for name, (tool, program) in tools.items():
                if name != "kustomize" or case.kind == "kustomization":
                    results[case, name] = measure(tool, program, case, scratch)
    pathlib.Path(args.out).write_text(page(cases, tools, results, versions(args)), encoding="utf-8")


def versions(args):
    found = {}
    for name, module in (("yq", "github.com/mikefarah/yq/v4"), ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5")):
        manifest = (HERE / name / "go.mod").read_text(encoding="utf-8")
        found[name] = re.search(rf"{module} (v\S+)", manifest)[1]
    version = subprocess.run([args.ours, "--version"], check=True, capture_output=True, text=True)
    found["bump-values"] = f"v{version.stdout.split()[-1]}"
    return found


def page(cases, tools, results, version):
    template = (HERE / "page.md").read_text(encoding="utf-8")
    summary, single = [], []
    for kind, title in (("values", "values files"), ("kustomization", "kustomizations"), ("manifest", "manifests")):
        for name in tools:
            row = [results[case, name] for case in cases if case.kind == kind and (case, name) in results]
            cells = figures_of(row) if row else ["n/a"] * 9
            summary.append(f"| {' | '.join([title, f'{name} {version[name]}', *cells])} |")
            title = ""
    for number, case in enumerate(cases, 1):
        cells = [cell(results.get((case, name))) for name in tools]
        size = case.source.stat().st_size
        single.append(f"| {number} | {case.package} `{shortened(case.name)}` | {size} | {' | '.join(cells)} |")
    return template.replace("SUMMARY\n", "\n".join(summary) + "\n").replace("SINGLE\n", "\n".join(single) + "\n")


def cell(figures):
    if figures is None:
        return "n/a | n/a | n/a"
    if figures["ms"] is None:
        return "failed | failed | failed"
    return f"{figures['lines']} | {figures['bytes']} | {figures['ms']:.0f}"


def figures_of(row):
    total = lambda key: sum(figures[key] for figures in row)  # noqa: E731
    count = len(row)
    exact = sum(not figures["lines"] and not figures["failed"] for figures in row)
    times = [figures["ms"] for figures in row if figures["ms"]]
    return [
        f"{exact} of {count}",
        str(total("lines")),
        str(total("bytes")),
        f"{total('comments') - total('lost')} of {total('comments')}",
        f"{total('blanks') - total('blank')} of {total('blanks')}",
        f"{sum(figures['order'] for figures in row)} of {count}",
        f"{sum(figures['data'] for figures in row)} of {count}",
        f"{total('strings')} of {count * len(TAGS)}",
        f"{statistics.median(times):.0f} ms" if times else "",
    ]


def shortened(name):
    return name if len(name) <= 60 else "…/" + "/".join(name.split("/")[-3:])


if __name__ == "__main__":
    main()
