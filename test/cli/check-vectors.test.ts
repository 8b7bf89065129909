import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { checkVectors } from '../../src/cli/commands/check-vectors.ts';
import { runProgram } from '../../src/cli/program.ts';
import { bytesField } from '../../src/cli/vectors/shapes.ts';
import { engineOf, verdictOn } from '../../src/cli/vectors/verdict.ts';
import { encodeTransaction, payloads, signTransaction, type TransactionFields } from '../../src/core/index.ts';
import { type File, fileWith, flipped, type Json, reach, SPOILED, VECTORS, whole } from './spoiled-vectors.ts';
import { screen } from './terminal.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const play = async (...words: readonly string[]) => {
  const { io, out, errors } = screen();
  const code = await runProgram(
    { version: '1.2.3', commands: [checkVectors], isDebug: false },
    ['check-vectors', '-q', ...words],
    io,
  );
  return { code, out: out(), err: errors().join('') };
};

const check = async (json: Json | string, ...options: readonly string[]) => {
  const path = join(folder, 'vectors.json');
  writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json));
  return await play(path, ...options);
};

const disagreements = (out: string): readonly string[] => out.split('\n').filter((line) => line.includes('DISAGREES'));

describe('the vectors of the published client library', () => {
  it('all agree, section by section', async () => {
    const { code, out, err } = await play(VECTORS, '--summary');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n').slice(1);
    expect(lines.map((line) => line.replace(/ +/g, ' ').replace(/: belongs to .*/, ''))).toEqual([
      'keys 43 of 43 agree',
      'transactions 63 of 63 agree (4 of them refused as our rules demand)',
      'edge_transactions 22 of 22 agree (10 of them refused as our rules demand)',
      'rejections 5 of 27 agree, 22 not judged',
      'signature_cases 16 of 16 agree (15 of them refused as our rules demand)',
      'payer_signature_cases 3 of 3 agree (1 of them refused as our rules demand)',
      'wrong_signer 1 of 1 agree (1 of them refused as our rules demand)',
      'sha3 12 of 16 agree, 4 not judged',
      'ecdh 8 of 8 agree',
      'key_pair_from_passphrase 8 of 8 agree',
      'encrypt_data 12 not judged',
      'keystore 9 not judged',
      'certificate 5 not judged',
      'health_data 16 not judged',
      'all sections: 181 agree, 0 disagree, 68 not judged',
    ]);
  });

  it('are refused where our rules are stricter, each with its code and its reason', async () => {
    const { out } = await play(VECTORS);
    const refusals = [...out.matchAll(/^ {2}(.*): refused as our rules demand: (\w+) \(./gm)].map(
      ([, id, code]) => `${id}: ${code}`,
    );
    expect(refusals).toEqual([
      'public-add_record-5: value_not_used',
      'public-add_record-6: value_not_used',
      'public-quit_candidacy-5: value_not_used',
      'public-revoke_certification-5: to_not_used',
      'public-edge-nonce-0: hash_mismatch',
      'public-edge-chain-0: chain_id_wrong',
      'public-edge-message-empty: payload_malformed',
      'public-edge-payload-4097: payload_too_large',
      'public-edge-to-short: to_malformed',
      'public-edge-to-0x: to_malformed',
      'public-edge-to-long: to_malformed',
      'public-edge-cand-33: payload_malformed',
      'public-edge-record-33: payload_malformed',
      'public-edge-value-fraction: transaction_malformed',
      'high-S twin: (r, n-s, id^1): signature_high_s',
      '(r, n-s) with unflipped id: signature_high_s',
      'flipped recovery id: hash_mismatch',
      'recovery id 2: signature_invalid',
      'recovery id 3: signature_invalid',
      'recovery id 4: signature_invalid',
      'recovery id 27 (Ethereum style): signature_invalid',
      '64 bytes: signature_invalid',
      '66 bytes: signature_invalid',
      'empty: signature_invalid',
      'r = 0: signature_invalid',
      's = 0: signature_invalid',
      'r = n: signature_invalid',
      's = n: signature_invalid',
      'DER form: signature_invalid',
      'sender sign replaced by its high-S twin, payer sign kept: signature_high_s',
      'wrong_signer: hash_mismatch',
    ]);
    expect(out).toContain(
      'public-edge-value-fraction: refused as our rules demand: transaction_malformed (the value has 15 bytes, 16 wanted; the value is no whole number below 2^128, so it cannot be written;',
    );
  });

  it('are accepted with sender and payer, and those that fail at execution are told', async () => {
    const { out } = await play(VECTORS);
    const told = [...out.matchAll(/^ {2}public-\S+: accepted: sender 0[23][0-9a-f]{64}(, payer 0[23][0-9a-f]{64})?/gm)];
    expect(told).toHaveLength(63 + 22 - 14);
    expect(told.filter(([, payer]) => payer !== undefined)).toHaveLength(21);
    const failing = [...out.matchAll(/^ {2}public-(\S+): .*fails at execution by (\w+)/gm)].map(
      ([, id, code]) => `${id}: ${code}`,
    );
    expect(failing).toEqual([
      'transfer-1: amount_is_zero',
      'stake-1: amount_is_zero',
      'unstake-1: amount_is_zero',
      'vote-16-1: too_many_votes',
      'vote-duplicate-1: vote_duplicate',
      'become_candidate-1: collateral_too_small',
      'become_candidate-2: collateral_too_small',
      'add_certification-1: certification_expires_before_issue',
    ]);
  });
});

describe('a file with one value spoiled', () => {
  it.each(SPOILED.map(([path, line, instead]) => ({ path, line, instead })))(
    'has exactly that disagreement: $path',
    async ({ path, line, instead }) => {
      const [, section = '', index = '0'] = /^(\w+)(?:\[(\d+)\])?/.exec(path) ?? [];
      const file = fileWith(section, Number(index));
      const spot = reach(file, path.replace(/\[\d+\]/, '[0]'));
      expect(spot.holder).toHaveProperty(spot.name);
      spot.holder[spot.name] = flipped(spot.holder[spot.name], instead);
      const { code, out } = await check(file, '--summary');
      expect(code).toBe(1);
      // A shared secret has two sides, both of which then differ; everything else is one line.
      const lines = disagreements(out);
      expect(lines.map((each) => each.trim().slice(0, line.length))).toEqual(
        lines.length === 2 && line.endsWith('shared:') ? [line, `${line.slice(0, -1)},`] : [line],
      );
      expect(out).toMatch(/^all sections: \d+ agree, 1 disagree, \d+ not judged$/m);
    },
  );
});

describe('a file of vectors that is none', () => {
  const without = (path: string): File => {
    const file = structuredClone(whole);
    const { holder, name } = reach(file, path);
    delete holder[name];
    return file;
  };
  const withValue = (path: string, value: Json): File => {
    const file = structuredClone(whole);
    const { holder, name } = reach(file, path);
    holder[name] = value;
    return file;
  };

  it.each<readonly [what: string, file: Json | string, says: string]>([
    ['of no bytes', '', 'wanted a JSON'],
    ['of broken text', '{"format": "medjs-vectors/1", }', 'vectors.json, line 1, column 31: found'],
    ['that is a list', [], '(document): found [], wanted an object with format "medjs-vectors/1"'],
    [
      'of another format',
      withValue('format', 'medjs-vectors/2'),
      'format: found "medjs-vectors/2", wanted "medjs-vectors/1"',
    ],
    ['without a section', without('ecdh'), 'ecdh: found nothing, wanted a list of cases'],
    ['without a section that is not judged', without('keystore'), 'keystore: found nothing'],
    ['with a section that is no list', withValue('transactions', {}), 'transactions: found {}, wanted a list of cases'],
    ['with a case that is none', withValue('sha3[4]', 7), 'sha3[4]: found 7'],
    [
      'with a hash that is no hex',
      withValue('transactions[5].hash', 'zz'),
      'transactions[5].hash: found "zz", wanted 32 bytes as 64 lower-case hex digits',
    ],
    [
      'with a key of another width',
      withValue('keys[3].pubKey', '02ab'),
      'keys[3].pubKey: found "02ab", wanted 33 bytes as 66 lower-case hex digits',
    ],
    [
      'with a nonce that is no number',
      withValue('transactions[5].rawTx.nonce', '1'),
      'transactions[5].rawTx.nonce: found "1", wanted a whole number',
    ],
    [
      'with a fault deep inside',
      withValue('edge_transactions[3].derived.txSize', null),
      'edge_transactions[3].derived.txSize: found null, wanted a whole number',
    ],
    [
      'without a field of the one wrong signer',
      without('wrong_signer.recovered'),
      'wrong_signer.recovered: found nothing, wanted 33 bytes',
    ],
  ])('%s is told in one line, and is bad input', async (_, file, says) => {
    const { code, out, err } = await check(file);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('that is not there is told by its path', async () => {
    const { code, err } = await play(join(folder, 'absent.json'));
    expect(code).toBe(2);
    expect(err).toMatch(/^medstate: \S+absent\.json: no such file or directory\n$/);
  });
});

describe('a file of another size', () => {
  it('is judged by the cases that stand in it, and unknown sections are named', async () => {
    const file: File = { ...fileWith('edge_transactions', 4), brainwaves: [1, 2, 3] };
    const { code, out } = await check(file);
    expect(code).toBe(0);
    expect(out).toMatch(/^edge_transactions +2 of 2 agree \(1 of them refused as our rules demand\)$/m);
    expect(out).toMatch(/^ecdh +0 of 0 agree$/m);
    expect(out).toMatch(/^brainwaves +3 not judged: belongs to no section of the form that is known here$/m);
  });

  it('gives the same verdict to cases that go by other names', async () => {
    const file = fileWith('edge_transactions', 0);
    for (const each of file['edge_transactions'] as { [name: string]: Json }[]) each['id'] = 'renamed\u001b[2J';
    const { code, out } = await check(file);
    expect(code).toBe(0);
    expect(out).toContain('renamed\\u001b[2J: refused as our rules demand: hash_mismatch');
    expect(out).toContain('renamed\\u001b[2J: refused as our rules demand: chain_id_wrong');
  });
});

describe('what the checker demands of a transaction', () => {
  const key = new Uint8Array(32).fill(7);
  const payerKey = new Uint8Array(32).fill(8);
  const { message, hash } = { message: payloads.messagePayload, hash: 'ab'.repeat(32) };
  const to = `02${'11'.repeat(32)}` as NonNullable<TransactionFields['to']>;

  it('is what the engine says, whatever code that is', async () => {
    const engine = engineOf(await bestCrypto());
    const signed = (fields: Partial<TransactionFields>, payer?: Uint8Array) =>
      signTransaction(engine.crypto, { kind: 'transfer', chainId: 5, nonce: 1n, to, value: 3n, ...fields }, key, payer);
    const good = signed({});
    const otherSign = { sign: good.sign.with(64, 1 - (good.sign[64] ?? 0)) };
    const cases: Readonly<Record<string, Uint8Array>> = {
      accepted: encodeTransaction(signed({}, payerKey)),
      transaction_too_large: new Uint8Array(8193),
      transaction_malformed: Buffer.concat([encodeTransaction(good), Uint8Array.of(0)]),
      kind_unknown: encodeTransaction(signed({ kind: 'smart_contract' })),
      kind_only_in_genesis: encodeTransaction(signed({ kind: 'genesis_distribution' })),
      chain_id_wrong: encodeTransaction(signed({ chainId: 6 })),
      payload_too_large: encodeTransaction(signed({ payload: message.encode({ message: 'x'.repeat(4097) }) })),
      payload_malformed: encodeTransaction(signed({ payload: bytesField(1, Uint8Array.of(0xff)) })),
      to_malformed: encodeTransaction(signed({ to: `04${to.slice(2)}` as typeof to })),
      to_not_used: encodeTransaction(signed({ kind: 'stake' })),
      value_not_used: encodeTransaction(
        signed({
          kind: 'add_record',
          to: '00'.repeat(33) as typeof to,
          payload: bytesField(1, Buffer.from(hash, 'hex')),
        }),
      ),
      signature_invalid: encodeTransaction({ ...good, sign: good.sign.subarray(1) }),
      hash_mismatch: encodeTransaction({ ...good, ...otherSign }),
      payer_signature_invalid: encodeTransaction({ ...good, payerSign: new Uint8Array(65) }),
      payer_is_sender: encodeTransaction(signed({}, key)),
    };
    for (const [code, bytes] of Object.entries(cases)) {
      const { demand, fault } = verdictOn(engine, bytes, 5);
      expect({ code: demand.is === 'refused' ? demand.code : demand.is, fault }).toEqual({ code, fault: undefined });
    }
  });

  it('is what the engine says of the transactions of the first network, changed or not', async () => {
    const engine = engineOf(await bestCrypto());
    const packed = readFileSync(new URL('../vectors/panacea-v1/pure-tx-1.json.gz', import.meta.url));
    const { rows } = JSON.parse(gunzipSync(packed).toString('utf8')) as {
      readonly rows: readonly { readonly raw: string; readonly chainId: number }[];
    };
    const verdicts = rows.map(({ raw, chainId }) => verdictOn(engine, Buffer.from(raw, 'hex'), chainId));
    expect(verdicts).toHaveLength(880);
    expect(verdicts.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  });

  it('tells an engine that judges otherwise', async () => {
    const crypto = await bestCrypto();
    const bytes = encodeTransaction(
      signTransaction(crypto, { kind: 'transfer', chainId: 5, nonce: 1n, to, value: 3n }, key),
    );
    const blind = engineOf({ ...crypto, recover: () => undefined });
    expect(verdictOn(blind, bytes, 5).fault).toMatch(
      /^verdict: our rules demand "accepted from .*", the engine says "refused by signature_invalid"$/,
    );
    const other = crypto.publicKey(payerKey);
    const confused = engineOf({ ...crypto, recover: () => other });
    expect(verdictOn(confused, bytes, 5).fault).toMatch(/the engine says "refused by hash_mismatch"$/);
  });
});
