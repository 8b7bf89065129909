/**
 * SD-JWT: the bytes that a presentation of some fields has by RFC 9901, made by `@sd-jwt/core` of bench/peers; for health.bench.mjs.
 *
 * Two forms. Flat: each scalar is a claim of its own, named by its pointer: what is shown tells nothing of the others but how many there
 * are. Nested: each member and each item is hidden in its container: smaller, but whoever is shown a field is shown the number of its
 * neighbours on every level, and the names above it. Numbers are those of `JSON.parse`, and there is no key binding.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { stepsTo } from '../dist/health/index.js';

const CORE = new URL('peers/node_modules/@sd-jwt/core/dist/index.mjs', import.meta.url);

/** The library, or `undefined` if the peers are not installed. */
const coreOf = async () => {
  try {
    return await import(CORE.href);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
};

/** As long as ES256 signs; who checks it is not measured. */
const signer = (data) => {
  const half = createHmac('sha256', 'bench').update(data).digest();
  return Buffer.concat([half, half]).toString('base64url');
};

const config = {
  hasher: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
  saltGenerator: (length) => randomBytes(length).toString('base64url'),
  hashAlg: 'sha-256',
  signAlg: 'ES256',
  signer,
};

const isContainer = (value) => typeof value === 'object' && value !== null;
const pointerOf = (steps) => steps.map((step) => `/${step}`).join('');

/** All scalars, and what is empty, by pointer. */
const flattened = (value, pointer, claims) => {
  const inner = isContainer(value) ? Object.entries(value) : [];
  if (inner.length === 0) claims[pointer] = value;
  for (const [step, item] of inner) flattened(item, `${pointer}/${step}`, claims);
  return claims;
};

/** Everything is hidden, on every level. */
const frameOf = (value) => {
  const isList = Array.isArray(value);
  const frame = { _sd: Object.keys(value).map((step) => (isList ? Number(step) : step)) };
  for (const [step, item] of Object.entries(value)) {
    if (isContainer(item) && Object.keys(item).length > 0) frame[step] = frameOf(item);
  }
  return frame;
};

const nestedShown = (paths) => {
  const shown = {};
  for (const steps of paths) {
    let at = shown;
    for (const step of steps.slice(0, -1)) {
      at[step] ??= {};
      at = at[step];
    }
    at[steps[steps.length - 1]] = true;
  }
  return shown;
};

/** How many texts are between the tildes: the disclosures, without the signed part. */
const disclosuresIn = (presentation) => presentation.split('~').filter((part) => part !== '').length - 1;

/** Issues a document in both forms; gives the bytes of presentations of these scalars. `undefined` without the library. */
export const sdJwtPeer = async (document) => {
  const core = await coreOf();
  if (core === undefined) return undefined;
  const library = new core.SDJwtInstance(config);
  const value = JSON.parse(Buffer.from(document.bytes).toString());
  const claims = flattened(value, '', {});
  const flat = await library.issue(claims, { _sd: Object.keys(claims) });
  const nested = await library.issue(value, frameOf(value));
  const pathsOf = (scalars) => scalars.map((at) => stepsTo(document, at));
  return {
    flatBytes: async (scalars) => {
      const shown = Object.fromEntries(pathsOf(scalars).map((steps) => [pointerOf(steps), true]));
      const presentation = await library.present(flat, shown);
      if (disclosuresIn(presentation) !== scalars.length) throw new Error('SD-JWT shows something else');
      return presentation.length;
    },
    nestedBytes: async (scalars) => {
      const presentation = await library.present(nested, nestedShown(pathsOf(scalars)));
      if (disclosuresIn(presentation) < scalars.length) throw new Error('SD-JWT shows less');
      return presentation.length;
    },
  };
};
