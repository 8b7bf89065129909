"""Check: what is signed of records and certificates, what goes on the chain, and batches, recomputed with hashlib alone.

It was written from docs/decisions/0021 and reads record.json beside it; trees are those of check.py. Signatures are taken as bytes: the
curve is checked elsewhere. Exits with 1 and the first difference.
"""
import json, os, sys

from check import Number, code, sha, tree

BATCH = b"medstate/batch/1\x00"


def named(name, *parts):
    return sha(name.encode() + b"\x00" + b"".join(parts))


def canonical(value):
    """The one text of a document: its members in the order they came in, no spaces."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(n) + ":" + canonical(v) for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def signed(case):
    value = json.loads(case["text"], parse_float=Number, parse_int=Number)
    root = tree(value, bytes.fromhex(case["seed"]), "A")[1]
    message = named(case["purpose"], case["chainId"].to_bytes(4, "big"), root)
    signature = bytes.fromhex(case["signature"])
    anchored = named("medstate/signed-root/1", root, signature)
    return {"text": canonical(value), "root": root.hex(), "message": message.hex(), "anchored": anchored.hex()}


def batch(case):
    seed = bytes.fromhex(case["seed"])
    hashes = [bytes.fromhex(each) for each in case["hashes"]]
    depth = max(4, (len(hashes) - 1).bit_length())
    salts = [code(seed, b"\x01" + i.to_bytes(4, "big")) for i in range(len(hashes))]
    own = [sha(BATCH + b"\x00" + salt + each) for salt, each in zip(salts, hashes)]
    padding = code(seed, b"\x02")
    level = sorted(own + [code(padding, j.to_bytes(4, "big")) for j in range(2**depth - len(own))])
    places = [level.index(each) for each in own]
    siblings = [b""] * len(own)
    for height in range(depth):
        for i, place in enumerate(places):
            siblings[i] += level[(place >> height) ^ 1]
        level = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    root = sha(BATCH + b"\x02\x01" + bytes([depth]) + level[0])
    paths = [
        {"position": place, "salt": salt.hex(), "siblings": path.hex()}
        for place, salt, path in zip(places, salts, siblings)
    ]
    return {"depth": depth, "root": root.hex(), "paths": paths}


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "record.json"), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        computed = batch(case) if "hashes" in case else signed(case)
        for name, value in computed.items():
            if case[name] != value:
                sys.exit(f"{case['name']}: computed {name} {value}, the vector says {case[name]}")
    print(f"{len(cases)} known answers agree")


main()
