/**
 * Fuzz: everything that takes a stranger's bytes, as a table. A new target is one more entry.
 */
import { batchTargets } from './fuzz-batch.ts';
import { documentTargets } from './fuzz-documents.ts';
import { jsonTargets } from './fuzz-json.ts';
import { objectTargets } from './fuzz-objects.ts';
import { presentationTargets } from './fuzz-presentations.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { sealingTargets } from './fuzz-sealing.ts';

/** All that takes a stranger's bytes. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...jsonTargets,
  ...presentationTargets,
  ...documentTargets,
  ...batchTargets,
  ...objectTargets,
  ...sealingTargets,
];
