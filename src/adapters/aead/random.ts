/**
 * Random: the chance of the host, for keys and nonces.
 */
import { randomBytes } from 'node:crypto';

/** That many bytes of the operating system's generator; the `Random` of `medstate/health/sealing`. */
export const systemRandom = (byteLength: number): Uint8Array => Uint8Array.from(randomBytes(byteLength));
