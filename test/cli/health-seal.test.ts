import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nativeAead, nativeSha256, systemRandom } from '../../src/adapters/aead/index.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { bytesOf } from '../../src/core/bytes.ts';
import { archiveOf, type ByteSource, sealCapsule, sealObject } from '../../src/health/sealing/index.ts';
import { rightOf } from '../health/records.ts';
import { crypto, factOf, healthDesk, type Person, RECORD } from './health-desk.ts';

const { play, place, write, read, names, person, passwordFile, withPassword, complaint, usage } = healthDesk();

const [ann, bob, eve] = [await person(1), await person(2), await person(3)];
const CHAIN = ['--chain-id', '7'] as const;
const file = write(RECORD);
const ROOT = factOf((await play(['root', file])).out, 'root');

const sealWords = (source: string, out: string, ...recipients: readonly Person[]): readonly string[] => [
  ...['seal', source, '--out', out, '--sender', ann.keystore, ...CHAIN, ...withPassword],
  ...recipients.flatMap(({ address }) => ['--to', address]),
];

const openWords = (object: string, capsule: string, who: Person, out: string): readonly string[] => [
  ...['open', object, '--capsule', capsule, '--key', who.keystore, '--out', out, ...CHAIN, ...withPassword],
];

const shareWords = (object: string, capsule: string, who: Person, to: Person, out: string): readonly string[] => [
  ...['share', object, '--capsule', capsule, '--key', who.keystore, '--to', to.address],
  ...['--out', out, ...CHAIN, ...withPassword],
];

const sealed = async (source: string, ...more: readonly string[]): Promise<string> => {
  const out = place();
  const { code, err } = await play([...sealWords(source, out, bob), ...more]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
};

/** The object of a record, for Bob. */
const object = await sealed(file);
const capsule = `${object}.1.capsule`;

/** An object of any plaintext with a capsule for Bob, made by a sender who does not use these commands. */
const strangers = async (plaintext: ByteSource, expiresSeconds?: number) => {
  const made = sealObject(plaintext, { aead: nativeAead, random: systemRandom, newHash: nativeSha256 });
  const pieces: Uint8Array[] = [];
  for await (const piece of made.bytes) pieces.push(piece);
  const terms = {
    dek: made.dek,
    scope: 'full',
    sender: signerOf(crypto, eve.privateKey),
    note: 'a\u001b[2J\u202eb',
  } as const;
  const key = rightOf(
    await sealCapsule(
      expiresSeconds === undefined ? terms : { ...terms, expiresSeconds },
      { recipientKey: bytesOf(bob.address), objectId: made.objectId(), chainId: 7 },
      { crypto, random: systemRandom },
    ),
  );
  return [write(Buffer.concat(pieces)), write(key)] as const;
};

/** The answer to a call that has to fail, which leaves nothing behind. */
const failing = async (words: readonly string[]) => {
  const before = names();
  const answer = await play(words);
  expect(names()).toEqual(before);
  return answer;
};

describe('medstate health seal and open', () => {
  it('give the recipient the record and its seed, byte for byte, with which anything in it can be shown', async () => {
    const out = place();
    const opened = await play(openWords(object, capsule, bob, out));
    expect(opened).toMatchObject({ code: 0, err: '' });
    expect(read(out)).toBe(RECORD);
    expect(read(`${out}.seed`)).toBe(read(`${file}.seed`));
    expect(factOf(opened.out, 'sender')).toBe(`${ann.address}; see that you know this key`);
    expect(factOf(opened.out, 'root')).toBe(`${ROOT}; see that it stands on the chain`);
    expect(opened.out).toContain(`written  ${out}\nwritten  ${out}.seed\n`);
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o600);
    expect((await play(['prove', out, '--show', '/status'])).code).toBe(0);
  });

  it('make a capsule for each recipient, none of whose names tells for whom it is', async () => {
    const out = place();
    const made = await play([...sealWords(file, out, bob, eve), '--note', 'for you']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain(
      `capsule  ${out}.1.capsule for ${bob.address}\ncapsule  ${out}.2.capsule for ${eve.address}\n`,
    );
    for (const [number, who] of [bob, eve].entries()) {
      const opened = await play(openWords(out, `${out}.${number + 1}.capsule`, who, place()));
      expect(opened).toMatchObject({ code: 0, err: '' });
      expect(factOf(opened.out, 'note')).toBe('for you');
    }
  });

  it('take any file as it is with --plain, and give it back', async () => {
    const picture = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
    const out = place();
    const plain = await sealed(write(picture), '--plain', '--scope', 'leaves');
    const opened = await play(openWords(plain, `${plain}.1.capsule`, bob, out));
    expect(opened).toMatchObject({ code: 0, err: '' });
    expect(factOf(opened.out, 'scope')).toBe('leaves');
    expect(readFileSync(out).equals(picture)).toBe(true);
    const [empty, emptyOut] = [await sealed(write(''), '--plain'), place()];
    expect(await play(openWords(empty, `${empty}.1.capsule`, bob, emptyOut))).toMatchObject({ code: 0, err: '' });
    expect(read(emptyOut)).toBe('');
  });

  it('show how far they are with a file of some megabytes, and not with a small one', async () => {
    const large = write(new Uint8Array(5_000_000).fill(1));
    const terminal = { isTerminal: true, isQuiet: false };
    const out = place();
    const made = await play([...sealWords(large, out, bob), '--plain'], terminal);
    const total = statSync(out)
      .size.toString()
      .replace(/\B(?=(?:\d{3})+$)/g, ' ');
    expect(made.err).toMatch(new RegExp(`\\rsealing \\[[#-]{20}\\] \\d+ %, [0-9 ]+ of ${total} bytes`));
    expect(made.err).toMatch(new RegExp(`\\rsealing ${total} of ${total} bytes[^\\n]*\\n$`));
    const opened = await play(openWords(out, `${out}.1.capsule`, bob, place()), terminal);
    expect(opened.err).toMatch(new RegExp(`\\ropening ${total} of ${total} bytes[^\\n]*\\n$`));
    expect((await play(openWords(object, capsule, bob, place()), terminal)).err).toBe('');
  });

  it('refuse a record that is none, or whose seed is of another, before anything is written', async () => {
    const broken = write('{"a":1,}');
    const { code, err } = await failing(sealWords(broken, place(), bob));
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`^medstate: ${broken}: json_syntax: line 1, column 8 `));
    const changed = write(RECORD.replace('7.10', '7.11'));
    const other = await failing([...sealWords(changed, place(), bob), '--seed-file', `${file}.seed`]);
    expect(other.err).toMatch(new RegExp(`^medstate: ${file}.seed: seed_of_other_document: `));
    expect(await failing(sealWords(write(RECORD), place(), bob))).toMatchObject({ code: 2 });
  });

  it('never write over a file', async () => {
    const overwritten = (path: string) =>
      complaint(`${path}: found a file, wanted none: nothing is overwritten; name another, or move it away`);
    const mine = write('mine');
    expect(await failing(sealWords(file, mine, bob))).toEqual(overwritten(mine));
    expect(await failing(openWords(object, capsule, bob, mine))).toEqual(overwritten(mine));
    expect(await failing(shareWords(object, capsule, bob, eve, mine))).toEqual(overwritten(mine));
    const out = place();
    writeFileSync(`${out}.2.capsule`, 'mine');
    expect(await failing(sealWords(file, out, bob, eve))).toEqual(overwritten(`${out}.2.capsule`));
    writeFileSync(`${out}.seed`, 'mine');
    expect(await failing(openWords(object, capsule, bob, out))).toEqual(overwritten(`${out}.seed`));
    expect([read(mine), read(`${out}.2.capsule`), read(`${out}.seed`)]).toEqual(['mine', 'mine', 'mine']);
  });

  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['a byte of its data changed', (bytes) => changedAt(bytes, 100), 'object_chunk_wrong'],
    ['a byte of its header changed', (bytes) => changedAt(bytes, 50), 'object_key_wrong'],
    ['its end missing', (bytes) => bytes.subarray(0, -1), 'object_chunk_wrong'],
    ['something behind its end', (bytes) => Buffer.concat([bytes, Buffer.from('x')]), 'object_chunk_wrong'],
    ['nothing in it', () => Buffer.alloc(0), 'object_truncated'],
    ['something else in it', () => Buffer.from('something else'), 'object_not_ours'],
  ])('refuse an object with %s, with its code, and leave nothing behind', async (_, change, code) => {
    const spoiled = write(change(readFileSync(object)));
    const answer = await failing(openWords(spoiled, capsule, bob, place()));
    expect(answer).toMatchObject({ code: 2, out: '' });
    expect(answer.err).toMatch(new RegExp(`^medstate: ${spoiled}: ${code}: [^\\n]+\\n$`));
  });

  it('refuse a large object whose last chunk was changed, after most of it was written, and leave nothing behind', async () => {
    const plain = await sealed(write(new Uint8Array(700_000).fill(3)), '--plain');
    const spoiled = write(changedAt(readFileSync(plain), 700_100));
    const answer = await failing(openWords(spoiled, `${plain}.1.capsule`, bob, place()));
    expect(answer.err).toMatch(/: object_chunk_wrong: /);
  });

  it('refuse another object, another chain, another key, and a capsule that was changed', async () => {
    const another = await sealed(file);
    expect((await failing(openWords(another, capsule, bob, place()))).err).toMatch(
      new RegExp(`^medstate: ${another}: object_key_wrong: `),
    );
    expect((await failing(openWords(object, capsule, eve, place()))).err).toMatch(
      new RegExp(`^medstate: ${capsule}: capsule_not_for_us: `),
    );
    const otherChain = openWords(object, capsule, bob, place()).map((word) => (word === '7' ? '8' : word));
    expect((await failing(otherChain)).err).toMatch(new RegExp(`^medstate: ${capsule}: capsule_other_chain: `));
    const spoiled = write(changedAt(readFileSync(capsule), 200));
    expect((await failing(openWords(object, spoiled, bob, place()))).err).toMatch(
      new RegExp(`^medstate: ${spoiled}: capsule_not_for_us: `),
    );
    const long = write(new Uint8Array(10_000));
    expect((await failing(openWords(object, long, bob, place()))).err).toMatch(
      new RegExp(`^medstate: ${long}: capsule_malformed: `),
    );
    const wrong = openWords(object, capsule, bob, place()).map((word) =>
      word === passwordFile ? write('wrong') : word,
    );
    expect((await failing(wrong)).err).toBe(
      `medstate: ${bob.keystore}: the password is not that of the keystore, or the keystore was changed\n`,
    );
  });

  it('refuse a capsule whose time is over, and show a note without what it does to a terminal', async () => {
    const [bytes, expired] = await strangers([Buffer.from('text')], 1);
    expect((await failing(openWords(bytes, expired, bob, place()))).err).toMatch(
      new RegExp(`^medstate: ${expired}: capsule_expired: `),
    );
    const [late, given] = await strangers([Buffer.from('text')], 4_000_000_000);
    const { out } = await play(openWords(late, given, bob, place()));
    expect(factOf(out, 'note')).toBe('a\\u{1b}[2J\\u{202e}b');
    expect(factOf(out, 'expires')).toBe('4000000000');
  });
});

const changedAt = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

describe('an archive of a stranger', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const record = { document: text(RECORD), 'document-seed': new Uint8Array(32).fill(7) };
  const form = (root: string, minDepth: unknown = 4) => text(JSON.stringify({ mode: 'A', minDepth, root }));

  it('without a word of how the tree is built gives the seed alone, and its other parts under their names', async () => {
    const [bytes, key] = await strangers(archiveOf({ ...record, envelope: text('{}') }));
    const out = place();
    const opened = await play(openWords(bytes, key, bob, out));
    expect(opened).toMatchObject({ code: 0, err: '' });
    expect(factOf(opened.out, 'root')).toBe('');
    expect([read(out), read(`${out}.seed`), read(`${out}.envelope`)]).toEqual([RECORD, `${'07'.repeat(32)}\n`, '{}']);
  });

  it.each<[string, ByteSource, RegExp]>([
    ['is none', [text('MBA1 and more')], /archive_(?:malformed|too_large): /],
    [
      'has no document',
      archiveOf({ 'document-seed': record['document-seed'] }),
      /archive_malformed: it has no document/,
    ],
    ['has a short seed', archiveOf({ ...record, 'document-seed': text('x') }), /archive_malformed: it has no document/],
    ['says another root', archiveOf({ ...record, 'document-tree': form('ab'.repeat(32)) }), /whole_root_differs: /],
    [
      'asks for too much',
      archiveOf({ ...record, 'document-tree': form('ab'.repeat(32), 50) }),
      /whole_seed_malformed: /,
    ],
    ['says no form', archiveOf({ ...record, 'document-tree': text('{') }), /archive_malformed: the part document-tree/],
    [
      'says a null',
      archiveOf({ ...record, 'document-tree': text('null') }),
      /archive_malformed: the part document-tree/,
    ],
    [
      'has a broken document',
      archiveOf({ ...record, document: text('{'), 'document-tree': form('ab'.repeat(32)) }),
      /json_syntax: line 1, column 2 /,
    ],
    [
      'has a part that would take the name of the seed',
      archiveOf({ ...record, seed: text('x') }),
      /\.seed: found a file/,
    ],
  ])('that %s is refused and leaves nothing behind; --plain writes it as it is', async (_, plaintext, told) => {
    const [bytes, key] = await strangers(plaintext);
    const answer = await failing(openWords(bytes, key, bob, place()));
    expect(answer).toMatchObject({ code: 2, out: '' });
    expect(answer.err).toMatch(told);
    const out = place();
    expect((await play([...openWords(bytes, key, bob, out), '--plain'])).code).toBe(0);
    expect(read(out)).toMatch(/^MBA1/);
  });
});

describe('medstate health share', () => {
  it('hands the key on without touching the object, whose data it does not even read', async () => {
    const header = write(readFileSync(object).subarray(0, 72));
    const out = place();
    const shared = await play(shareWords(header, capsule, bob, eve, out));
    expect(shared).toMatchObject({ code: 0, err: '' });
    expect(factOf(shared.out, 'capsule')).toBe(`${out} for ${eve.address}`);
    const opened = await play(openWords(object, out, eve, place()));
    expect(opened).toMatchObject({ code: 0, err: '' });
    expect(factOf(opened.out, 'sender')).toBe(`${bob.address}; see that you know this key`);
  });

  it('hands it on for no longer than it was given', async () => {
    const [bytes, given] = await strangers([Buffer.from('text')], 4_000_000_000);
    const words = shareWords(bytes, given, bob, eve, place());
    expect((await failing([...words, '--expires', '4000000001'])).err).toBe(
      `medstate: ${given}: capsule_expires_before: it may be used until 4000000000: --expires can be no later\n`,
    );
    for (const [expires, told] of [
      [[], '4000000000'],
      [['--expires', '3999999999'], '3999999999'],
    ] as const) {
      const out = place();
      expect((await play([...shareWords(bytes, given, bob, eve, out), ...expires])).code).toBe(0);
      expect(factOf((await play(openWords(bytes, out, eve, place()))).out, 'expires')).toBe(told);
    }
  });

  it('refuses a key that is not ours, and an object that is not that of the capsule', async () => {
    expect((await failing(shareWords(object, capsule, eve, ann, place()))).err).toMatch(/: capsule_not_for_us: /);
    const another = await sealed(file);
    expect((await failing(shareWords(another, capsule, bob, ann, place()))).err).toMatch(
      new RegExp(`^medstate: ${another}: object_key_wrong: `),
    );
  });
});

describe('the usage of seal, open and share', () => {
  const noKey = `02${'ff'.repeat(32)}`;

  it.each<[readonly string[], string]>([
    [['seal', 'x'], 'seal wants --out <file>'],
    [['seal', 'x', '--out', 'y'], 'seal wants --chain-id <number>'],
    [['seal', 'x', '--out', 'y', ...CHAIN], 'seal wants --sender <keystore>'],
    [['seal', 'x', '--out', 'y', ...CHAIN, '--sender', 'z'], 'seal wants --to <key>'],
    [
      ['seal', 'x', '--out', 'y', '--chain-id', '4294967296'],
      "--chain-id: found '4294967296', wanted a whole number from 0 to 4294967295",
    ],
    [
      ['seal', 'x', '--out', 'y', ...CHAIN, '--scope', 'leaves'],
      "--scope: found 'leaves', wanted full, or leaves with --plain",
    ],
    [
      ['seal', 'x', '--out', 'y', ...CHAIN, '--plain', '--mode', 'A'],
      '--plain seals a file as it is: leave --seed-file, --mode and --min-depth away',
    ],
    [
      ['seal', 'x', '--out', 'y', ...CHAIN, '--sender', 'z', '--to', 'me'],
      "--to: found 'me', wanted a public key: 66 lower-case hex digits, 02 or 03 first",
    ],
    [
      ['seal', 'x', '--out', 'y', ...CHAIN, '--sender', 'z', '--to', bob.address, '--to', bob.address],
      `--to: found ${bob.address} twice; name each recipient once`,
    ],
    [['open', 'x', '--out', 'y'], 'open wants --capsule <file>'],
    [['open', 'x', '--out', 'y', '--capsule', 'z'], 'open wants --key <keystore>'],
    [['open', 'x', '--to', 'y'], '--to is not for open'],
    [
      ['share', 'x', '--out', 'y', '--capsule', 'z', '--key', 'k', ...CHAIN, '--to', bob.address, '--to', eve.address],
      'share wants one --to: one --out is one capsule',
    ],
  ])('is complained about in one line: %j', async (words, line) => {
    expect(await failing(words)).toEqual(usage(line));
  });

  it('wants a key on the curve, a time ahead, and a short note', async () => {
    const words = sealWords(file, place());
    expect((await failing([...words, '--to', noKey])).err).toMatch(
      new RegExp(`^medstate: --to ${noKey}: key_not_on_curve: `),
    );
    const past = await failing([...words, '--to', bob.address, '--expires', '5']);
    expect(past.err).toMatch(/^medstate: --expires: found 5, wanted a time after now, \d+ \(see/);
    const long = await failing([...words, '--to', bob.address, '--note', 'x'.repeat(513)]);
    expect(long.err).toMatch(/^medstate: --note: capsule_note_too_long: /);
  });

  it('complains about files that are not there, and about folders', async () => {
    const none = place();
    const missing = complaint(`${none}: no such file or directory`);
    expect(await failing([...sealWords(none, place(), bob), '--plain'])).toEqual(missing);
    expect(await failing(openWords(none, capsule, bob, place()))).toEqual(missing);
    expect(await failing(openWords(object, none, bob, place()))).toEqual(missing);
    expect(await failing([...sealWords('.', place(), bob), '--plain'])).toEqual(
      complaint('.: found a directory, wanted a file'),
    );
    expect(await failing(openWords('.', capsule, bob, place()))).toEqual(
      complaint('.: found a directory, wanted an object'),
    );
    expect((await failing([...sealWords(none, `${none}/deep`, bob), '--plain'])).code).toBe(2);
    const lost = `${none}/deep`;
    expect((await failing(sealWords(file, lost, bob))).err).toMatch(/: no such file or directory\n$/);
  });
});
