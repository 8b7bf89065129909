/**
 * Scan: looks through everything that is on the chain for anything that names a person.
 */
import { decodeRow } from 'medstate';

const LAST_KEY = 'ff';
const isHex = (text) => /^(?:[0-9a-f]{2}){32,}$/.test(text);

/** The forms in which a secret may stand: as text, as the bytes of hex, as a plain hash that anybody could try, and each as hex. */
const formsOf = (crypto, text) => {
  const bytes = Buffer.from(text);
  const forms = [bytes, Buffer.from(crypto.sha256(bytes)), Buffer.from(crypto.sha3(bytes))];
  if (isHex(text)) forms.push(Buffer.from(text, 'hex'));
  return forms.flatMap((form) => [form, Buffer.from(form.toString('hex'))]);
};

/** Key and value of each entry of a state, by the key. */
export const entriesOf = (state) => {
  const entries = new Map();
  for (const key of state.keys({ from: '', to: LAST_KEY }, Number.MAX_SAFE_INTEGER)) {
    const row = decodeRow(state.proofs.row(state.proofs.leafOf(key)));
    entries.set(key, Buffer.concat([row.right.key, row.right.value]));
  }
  return entries;
};

/** The entries that are new or others than before. */
export const changedSince = (before, entries) =>
  [...entries].filter(([key, bytes]) => !before.get(key)?.equals(bytes)).map(([, bytes]) => bytes);

/** The names of the secrets that are found anywhere in these bytes. */
export const findIn = (crypto, secrets, everything) =>
  Object.entries(secrets)
    .filter(([, text]) =>
      formsOf(crypto, text).some((form) => everything.some((bytes) => Buffer.from(bytes).includes(form))),
    )
    .map(([name]) => name);
