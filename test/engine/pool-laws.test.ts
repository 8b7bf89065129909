import { describe, it } from 'vitest';
import { estimate } from '../../src/engine/pool/estimate.ts';
import { Pool } from '../../src/engine/pool/pool.ts';
import { poolLaws } from './pool-laws.ts';

describe('the pool keeps a law:', () => {
  it.each(poolLaws)('$name', ({ check }) => {
    check({ Pool, estimate });
  });
});
