import { describe, expect, it } from 'vitest';
import { lowBlockInVain, ownHeightTwice, playScript, type Script } from '../../src/sim/rule/script.ts';
import { rightRules, wrongRules } from '../../src/sim/wrong-rules.ts';

const scripts = [
  ['own-height-always', ownHeightTwice, [4, 9]],
  ['last-height-for-highest', lowBlockInVain, [5, 10]],
] as const;

describe('a network in which honest producers are shown one fork and then the other', () => {
  it.each(scripts)('makes two blocks in conflict final under %s', (name, script, heights) => {
    const { conflict, declined } = playScript(script, wrongRules[name]);
    expect(declined).toBeUndefined();
    expect([conflict?.first.height, conflict?.second.height]).toEqual(heights);
  });

  it.each(scripts)('makes no other chain final under the right rules, where %s would', (_, script) => {
    const { conflict, declined, honestEvidence } = playScript(script, rightRules);
    expect(conflict).toBeUndefined();
    // The one whose word no longer counts twice stays with the chain that it made final.
    expect(declined?.[1]).toBe('p');
    expect(honestEvidence).toBe(0);
  });

  it('shows which of its blocks stands on nothing', () => {
    const script: Script = { ...ownHeightTwice, steps: [['A1', 'p', 'A0']] };
    expect(() => playScript(script, rightRules)).toThrow('no block A0');
  });
});
