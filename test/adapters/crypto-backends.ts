/**
 * Crypto backends for the tests: each as a maker, and a way to hide a native addon while one is made.
 */
import { createRequire } from 'node:module';
import { nativeCrypto } from '../../src/adapters/crypto/native.ts';
import { wasmCrypto } from '../../src/adapters/crypto/wasm.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';

const require = createRequire(import.meta.url);

/** The variable by which each addon's loader is told where to look. */
const ADDONS = {
  'secp256k1/bindings': 'SECP256K1_PREBUILD',
  '@chainsafe/hashtree': 'NAPI_RS_NATIVE_LIBRARY_PATH',
} as const;

/** Runs `action` where the addon does not load, as on a host for which it has no build. */
export const hiding = async <T>(addon: keyof typeof ADDONS, action: () => Promise<T> | T): Promise<T> => {
  const variable = ADDONS[addon];
  delete require.cache[require.resolve(addon)];
  process.env[variable] = '/nowhere';
  try {
    return await action();
  } finally {
    delete process.env[variable];
    delete require.cache[require.resolve(addon)];
  }
};

export const backends: Readonly<Record<string, () => Promise<Crypto> | Crypto>> = {
  noble: () => nobleCrypto,
  native: nativeCrypto,
  'native without hashtree': () => hiding('@chainsafe/hashtree', nativeCrypto),
  wasm: wasmCrypto,
};
