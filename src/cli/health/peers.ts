/**
 * Peers: the parts of the library that want packages which not everybody has installed, loaded when an option asks for them.
 */
import { HealthError } from './call.ts';

const isMissing = (error: unknown, packages: readonly string[]): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  packages.some((name) => error.message.includes(`'${name}'`)); // it is told by its name, whatever of it was asked for

const missing = (what: string, packages: readonly string[], cause: unknown): HealthError => {
  const message = `it wants ${packages.join(' and ')}: run npm install ${packages.join(' ')}`;
  return new HealthError(what, { code: 'package_missing', message }, { cause });
};

/** What `load` loads; throws what to install if a package that it wants is not there. */
const withPeers = async <T>(what: string, packages: readonly string[], load: () => Promise<T>): Promise<T> => {
  try {
    return await load();
  } catch (error) {
    throw isMissing(error, packages) ? missing(what, packages, error) : error;
  }
};

/** Choosing by FHIRPath. */
export const loadFhirPath = () => withPeers('--fhirpath', ['fhirpath'], () => import('../../health/fhirpath/index.ts'));

/** Objects and capsules. */
export const loadSealing = () =>
  withPeers('sealing', ['@hpke/core', '@hpke/common'], () => import('../../health/sealing/index.ts'));
