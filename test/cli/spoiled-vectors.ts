/**
 * Spoiled vectors: the vectors of the client library with one value changed, and the one line that must tell of it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type File = { [section: string]: Json };

export const VECTORS = fileURLToPath(new URL('../vectors/medjs.json', import.meta.url));
export const whole = JSON.parse(readFileSync(VECTORS, 'utf8')) as File;

const LISTS = [
  'keys',
  'transactions',
  'edge_transactions',
  'rejections',
  'signature_cases',
  'payer_signature_cases',
  'sha3',
  'ecdh',
  'key_pair_from_passphrase',
];

/** The whole file with the cases of all lists but one left away, and of that one all but those from `index` on, two of them. */
export const fileWith = (section: string, index: number): File => {
  const file = structuredClone(whole);
  for (const name of LISTS) {
    if (name === section) file[name] = (file[name] as Json[]).slice(index, index + 2);
    // Signature cases are judged within the transactions that they belong to: the first and the fourth.
    else if (name === 'transactions' && section.endsWith('signature_cases'))
      file[name] = (file[name] as Json[]).slice(0, 4);
    else file[name] = [];
  }
  return file;
};

/** What stands at a path like `transactions[3].derived.txSize`, and the object around it. */
export const reach = (file: File, path: string): { holder: { [name: string]: Json }; name: string } => {
  const names = path.split(/[.[\]]+/).filter((name) => name !== '');
  const name = names.pop() ?? '';
  let holder: Json = file;
  for (const step of names) holder = (holder as { [name: string]: Json })[step] ?? null;
  return { holder: holder as { [name: string]: Json }, name };
};

/** The same value but for one bit: of the middle hex digit, of a truth, or of a number; text that is told instead is taken. */
export const flipped = (value: Json | undefined, instead: Json | undefined): Json => {
  if (instead !== undefined) return instead;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value ^ 1;
  if (typeof value !== 'string' || value === '') throw new Error(`nothing to flip: ${JSON.stringify(value)}`);
  const middle = value.length >> 1;
  return (
    value.slice(0, middle) + (Number.parseInt(value.charAt(middle), 16) ^ 1).toString(16) + value.slice(middle + 1)
  );
};

/** One value of the file is another: where, the id and the name under which that shows, and what stands there instead. */
export const SPOILED: readonly (readonly [path: string, line: string, instead?: Json])[] = [
  ['keys[7].privKey', 'medjs-public/key/signer3: DISAGREES: privKey:'],
  ['keys[7].pubKey', 'medjs-public/key/signer3: DISAGREES: pubKey:'],
  ['keys[7].label', 'medjs-public/key/signer4: DISAGREES: privKey:', 'medjs-public/key/signer4'],
  ['transactions[9].hash', 'public-transfer-message-3: DISAGREES: hash:'],
  ['transactions[9].hashTargetHex', 'public-transfer-message-3: DISAGREES: hashTargetHex:'],
  ['transactions[9].sign', 'public-transfer-message-3: DISAGREES: sign:'],
  ['transactions[9].recoveryId', 'public-transfer-message-3: DISAGREES: recoveryId:'],
  ['transactions[9].lowS', 'public-transfer-message-3: DISAGREES: lowS:'],
  ['transactions[9].payloadHex', 'public-transfer-message-3: DISAGREES: payloadHex:'],
  ['transactions[9].payload.message', 'public-transfer-message-3: DISAGREES: payload as our codec writes it:', 'y'],
  ['transactions[9].nonceDec', 'public-transfer-message-3: DISAGREES: nonceDec:'],
  ['transactions[9].valueDec', 'public-transfer-message-3: DISAGREES: valueDec:'],
  ['transactions[9].rawTx.value', 'public-transfer-message-3: DISAGREES: hashTargetHex of rawTx:', '77'],
  ['transactions[9].signer.privKey', 'public-transfer-message-3: DISAGREES: signer.privKey:'],
  ['transactions[9].signer.address', 'public-transfer-message-3: DISAGREES: signer.address:'],
  ['transactions[9].payer.address', 'public-transfer-message-3: DISAGREES: payer.address:'],
  ['transactions[9].payerSign', 'public-transfer-message-3: DISAGREES: payerSign:'],
  ['transactions[9].payerSignHash', 'public-transfer-message-3: DISAGREES: payerSignHash:'],
  ['transactions[9].payerSignTargetHex', 'public-transfer-message-3: DISAGREES: payerSignTargetHex:'],
  ['transactions[9].derived.txProtoHex', 'public-transfer-message-3: DISAGREES: derived.txProtoHex:'],
  ['transactions[9].derived.txSize', 'public-transfer-message-3: DISAGREES: derived.txSize:'],
  [
    'transactions[9].derived.canonicalHashTargetEqualsMedjs',
    'public-transfer-message-3: DISAGREES: derived.canonicalHashTargetEqualsMedjs:',
  ],
  [
    'transactions[9].goStatelessError',
    'public-transfer-message-3: DISAGREES: goStatelessError:',
    'invalid transaction hash',
  ],
  ['transactions[9].postBody', 'public-transfer-message-3: DISAGREES: postBody:', '{"nonce":1}'],
  // The message of two bytes that a canonical encoder leaves away, said to be accepted by the first network.
  ['edge_transactions[2].goStatelessError', 'public-edge-message-empty: DISAGREES: goStatelessError:', null],
  ['edge_transactions[0].goStatelessError', 'public-edge-nonce-0: DISAGREES: goStatelessError:', null],
  ['edge_transactions[6].goStatelessError', 'public-edge-nonce-2p63: DISAGREES: goStatelessError:', null],
  ['edge_transactions[0].hash', 'public-edge-nonce-0: DISAGREES: hash:'],
  ['edge_transactions[0].derived.canonicalHash', 'public-edge-nonce-0: DISAGREES: derived.canonicalHash:'],
  [
    'edge_transactions[0].derived.canonicalHashTargetHex',
    'public-edge-nonce-0: DISAGREES: derived.canonicalHashTargetHex:',
  ],
  [
    'edge_transactions[0].derived.canonicalHashTargetEqualsMedjs',
    'public-edge-nonce-0: DISAGREES: derived.canonicalHashTargetEqualsMedjs:',
  ],
  ['edge_transactions[15].derived.txProtoHex', 'public-edge-to-long: DISAGREES: derived.txProtoHex:'],
  ['edge_transactions[21].sign', 'public-edge-value-fraction: DISAGREES: sign:'],
  ['edge_transactions[21].hashTargetHex', 'public-edge-value-fraction: DISAGREES: hashTargetHex:'],
  ['rejections[3].hash', 'value NaN text: DISAGREES: targetHashOk:'],
  ['rejections[3].targetHashOk', 'value NaN text: DISAGREES: targetHashOk:'],
  ['rejections[9].rawTx.nonce', 'nonce negative: DISAGREES: hashTargetHex:', -2],
  ['rejections[9].throws', 'nonce negative: DISAGREES: throws:', 'no negative nonces'],
  ['rejections[1].throws', 'value negative: DISAGREES: throws:', null],
  ['signature_cases[0].medjsRecover', 'original: DISAGREES: medjsRecover:'],
  ['signature_cases[0].recoversSigner', 'original: DISAGREES: recoversSigner:'],
  ['signature_cases[0].medjsVerify', 'original: DISAGREES: medjsVerify:'],
  ['signature_cases[0].go', 'original: DISAGREES: go (accepts):', 'recovery failed'],
  ['signature_cases[3].go', 'flipped recovery id: DISAGREES: go (accepts):', 'accept'],
  ['signature_cases[11].medjsVerify', 'r = 0: DISAGREES: medjsVerify:'],
  ['payer_signature_cases[1].recoveredPayer', 'payer sign of another transaction: DISAGREES: recoveredPayer:'],
  ['payer_signature_cases[1].payerSign', 'payer sign of another transaction: DISAGREES: recoveredPayer:'],
  ['payer_signature_cases[0].sign', 'payer sign removed: DISAGREES: go:'],
  ['wrong_signer.hash', 'wrong_signer: DISAGREES: recovered:'],
  ['wrong_signer.sign', 'wrong_signer: DISAGREES: recovered:'],
  ['wrong_signer.recovered', 'wrong_signer: DISAGREES: recovered:'],
  ['wrong_signer.go', 'wrong_signer: DISAGREES: go (accepts):', 'accept'],
  ['sha3[1].result', 'string "abc": DISAGREES: result:'],
  ['sha3[5].desc', 'number -1: DISAGREES: result:', 'number -1'],
  ['ecdh[2].shared', 'ecdh[0]: DISAGREES: shared:'],
  ['ecdh[2].pubKeyA', 'ecdh[0]: DISAGREES: pubKeyA:'],
  ['ecdh[2].pubKeyB', 'ecdh[0]: DISAGREES: pubKeyB:'],
  ['key_pair_from_passphrase[3].privKey', 'key_pair_from_passphrase[0]: DISAGREES: privKey:'],
  ['key_pair_from_passphrase[3].pubKey', 'key_pair_from_passphrase[0]: DISAGREES: pubKey:'],
  ['key_pair_from_passphrase[3].nfkdUtf8Hex', 'key_pair_from_passphrase[0]: DISAGREES: nfkdUtf8Hex:'],
];
