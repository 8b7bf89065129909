"""Check presentations: the known presentations beside this file, verified with hashlib alone. Exits with 1 and the first difference.

It shares no code with src/health: it was written from docs/decisions/0020 and reads presentations.json.
"""
import base64, hashlib, json, os, sys

PROFILE = b"medstate/fhir-merkle/1"
DOMAIN = b"medstate/presentation-holder/1"


def sha(data):
    return hashlib.sha256(data).digest()


def unpacked(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        sys.exit(f"{text[:20]}: not the base64url of its bytes")
    return data


def member(name):
    utf8 = name.encode()
    return b"\x01" + len(utf8).to_bytes(2, "big") + utf8


def path_of(steps):
    return b"".join(member(s) if isinstance(s, str) else b"\x02" + s.to_bytes(4, "big") for s in steps)


def chunk_root(salt, data):
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    level = [sha(b"\x04" + salt + i.to_bytes(4, "big") + c) for i, c in enumerate(chunks)]
    while len(level) & (len(level) - 1):
        level.append(sha(b"\x05" + salt + len(level).to_bytes(4, "big")))
    while len(level) > 1:
        level = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return sha(b"\x06" + len(data).to_bytes(8, "big") + level[0])


def body_of(kind, value, salt):
    if kind == "object":
        return b"\x10" + b"".join(map(member, value))
    if kind == "array":
        return b"\x11" + value.to_bytes(4, "big")
    if kind == "string":
        utf8 = value.encode()
        return b"\x20" + utf8 if len(utf8) <= 1024 else b"\x21" + len(utf8).to_bytes(8, "big") + chunk_root(salt, utf8)
    if kind == "reference":
        return b"\x21" + value["bytes"].to_bytes(8, "big") + bytes.fromhex(value["chunks"])
    if kind == "number":
        return b"\x30" + value.encode()
    if kind == "boolean":
        return b"\x40" + (b"\x01" if value else b"\x00")
    if kind == "null":
        return b"\x50"
    return b"\x60" + bytes([value["depth"]]) + bytes.fromhex(value["root"])


def root_of(shown):
    """The root that the leaves and siblings of one tree lead to; its parts are checked on the way."""
    known = {}
    trees = {}
    for leaf in shown["leaves"]:
        salt, path = unpacked(leaf["s"]), path_of(leaf["p"])
        head = b"\x00" + salt + len(path).to_bytes(4, "big") + path
        known[leaf["i"]] = sha(head + body_of(leaf["t"], leaf["v"], salt))
        if leaf["t"] == "tree":
            trees[path] = leaf["v"]
    for part in shown["parts"]:
        tree = trees[path_of(part["at"])]
        if root_of(part) != bytes.fromhex(tree["root"]) or part["depth"] != tree["depth"]:
            sys.exit(f"the part at {part['at']} does not lead to the root of its leaf")
    siblings = unpacked(shown["siblings"])
    for _ in range(shown["depth"]):
        above = {}
        for at in sorted(known):
            if at // 2 in above:
                continue
            other = known.get(at ^ 1)
            if other is None:
                other, siblings = siblings[:32], siblings[32:]
            pair = known[at] + other if at % 2 == 0 else other + known[at]
            above[at // 2] = sha(b"\x01" + pair)
        known = above
    if siblings:
        sys.exit("siblings are left over")
    return sha(b"\x02" + PROFILE + b"\x00\x01" + bytes([shown["depth"]]) + known[0])


def text_of(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def holder_hash(presentation):
    holder = presentation["holder"]
    unsigned = text_of({name: value for name, value in presentation.items() if name != "holder"})
    message = DOMAIN + b"\x00" + PROFILE + b"\x00"
    for text in (holder["aud"].encode(), holder["nonce"].encode()):
        message += len(text).to_bytes(8, "big") + text
    return sha(message + holder["iat"].to_bytes(8, "big") + bytes.fromhex(holder["pub"]) + sha(unsigned.encode()))


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "presentations.json"), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        name, text = case["name"], case["text"]
        presentation = json.loads(text)
        if text_of(presentation) != text:
            sys.exit(f"{name}: the text is not canonical")
        if root_of(presentation).hex() != case["root"] or presentation["root"] != case["root"]:
            sys.exit(f"{name}: does not lead to its root")
        if "holder" in presentation and holder_hash(presentation).hex() != case["holderHash"]:
            sys.exit(f"{name}: the holder has signed another hash")
    print(f"{len(cases)} known presentations agree")


main()
