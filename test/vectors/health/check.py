"""Check: the known answers of the health tree, recomputed with hashlib alone. Exits with 1 and the first difference.

It shares no code with src/health: it was written from docs/decisions/0019 and reads tree.json beside it. With the argument
corpus.json it reads that file, and the documents of the corpus that it names, whole and resource by resource.
"""
import hashlib, hmac, json, os, sys

PROFILE = b"medstate/fhir-merkle/1"


def sha(data):
    return hashlib.sha256(data).digest()


def code(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


class Number(str):
    """A number as its own source text."""


def member(name):
    utf8 = name.encode()
    return b"\x01" + len(utf8).to_bytes(2, "big") + utf8


def item(index):
    return b"\x02" + index.to_bytes(4, "big")


def chunk_root(salt, data):
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)] or [b""]
    level = [sha(b"\x04" + salt + i.to_bytes(4, "big") + c) for i, c in enumerate(chunks)]
    while len(level) & (len(level) - 1):
        level.append(sha(b"\x05" + salt + len(level).to_bytes(4, "big")))
    while len(level) > 1:
        level = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return sha(b"\x06" + len(data).to_bytes(8, "big") + level[0])


def is_tree(top, steps, value):
    if not isinstance(value, dict) or not value or not isinstance(top, dict):
        return False
    kind = top.get("resourceType")
    if not isinstance(kind, str) or isinstance(kind, Number):
        return False
    if len(steps) == 2 and steps[0] == "contained":
        return isinstance(steps[1], int)
    lists = {"Bundle": "entry", "Parameters": "parameter"}
    return len(steps) == 3 and steps[0] == lists.get(kind) and isinstance(steps[1], int) and steps[2] == "resource"


def leaves(seed, mode, top, value, steps, path, out):
    salt = code(seed, b"\x01" + path)
    head = b"\x00" + salt + len(path).to_bytes(4, "big") + path
    if mode == "B" and is_tree(top, steps, value):
        depth, root = tree(value, code(seed, b"\x03" + path), mode)
        out.append(sha(head + b"\x60" + bytes([depth]) + root))
        return
    if value is None:
        body = b"\x50"
    elif isinstance(value, bool):
        body = b"\x40" + (b"\x01" if value else b"\x00")
    elif isinstance(value, Number):
        body = b"\x30" + value.encode()
    elif isinstance(value, str):
        utf8 = value.encode()
        body = b"\x20" + utf8
        if len(utf8) > 1024:
            body = b"\x21" + len(utf8).to_bytes(8, "big") + chunk_root(salt, utf8)
    elif isinstance(value, list):
        body = b"\x11" + len(value).to_bytes(4, "big")
    else:
        body = b"\x10" + b"".join(member(n.decode()) for n in sorted(n.encode() for n in value))
    out.append(sha(head + body))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            leaves(seed, mode, top, inner, steps + [index], path + item(index), out)
    elif isinstance(value, dict):
        for name, inner in value.items():
            leaves(seed, mode, top, inner, steps + [name], path + member(name), out)


def tree(value, seed, mode):
    level = []
    leaves(seed, mode, value, value, [], b"", level)
    depth = max(4, (len(level) - 1).bit_length())
    padding = code(seed, b"\x02")
    count = len(level)
    level += [code(padding, i.to_bytes(4, "big")) for i in range(2**depth - count)]
    level.sort()
    while len(level) > 1:
        level = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return depth, sha(b"\x02" + PROFILE + b"\x00\x01" + bytes([depth]) + level[0])


HERE = os.path.dirname(os.path.abspath(__file__))


def vectors(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def members(pairs):
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError(f"a member stands twice among {[name for name, _ in pairs]}")
    return value


def parse(text):
    return json.loads(text, parse_float=Number, parse_int=Number, object_pairs_hook=members)


def check(name, computed, expected):
    depth, root = computed
    if (depth, root.hex()) != expected:
        sys.exit(f"{name}: computed depth {depth} and root {root.hex()}, the vector says {expected[0]} and {expected[1]}")


def check_trees():
    cases = vectors("tree.json")
    for case in cases:
        computed = tree(parse(case["text"]), bytes.fromhex(case["seed"]), case["mode"])
        check(case["name"], computed, (case["depth"], case["root"]))
    print(f"{len(cases)} known answers agree")


def named_tree(name, value, mode):
    return tree(value, sha(f"{name} {mode}".encode()), mode)


def resources(value):
    if value["resourceType"] != "Bundle":
        return [("", value)]
    entries = enumerate(value.get("entry", []))
    return [(f"/entry/{index}/resource", entry["resource"]) for index, entry in entries if "resource" in entry]


def check_corpus():
    rows = vectors("corpus.json")
    found = 0
    for row in rows:
        name = row["file"]
        with open(os.path.join(HERE, "..", "..", "..", *name.split("/")), "rb") as file:
            value = parse(file.read().decode())
        for mode, depth, root in zip("AB", row["depths"], row["roots"]):
            check(f"{name}, mode {mode}", named_tree(name, value, mode), (depth, root))
        lines = []
        for pointer, resource in resources(value):
            depth, root = named_tree(name + pointer, resource, "A")
            lines.append(f"{pointer} {depth} {root.hex()}\n")
        found += len(lines)
        digest = sha("".join(lines).encode()).hex()
        if (len(lines), digest) != (row["resources"], row["digest"]):
            sys.exit(f"{name}: computed {len(lines)} resources with digest {digest}, the vector says otherwise")
    print(f"{len(rows)} files agree, with {found} resources in them")


if __name__ == "__main__":
    check_corpus() if sys.argv[1:] == ["corpus.json"] else check_trees()
