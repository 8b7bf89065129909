import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../examples/own-storage', import.meta.url));

describe("the example of a storage of one's own", () => {
  it("keeps the laws of the door, from outside the package, under node's own test runner", () => {
    const { status, stdout } = spawnSync(process.execPath, ['--test', folder], { encoding: 'utf8' });
    const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
    expect([status, count('fail'), count('skipped')]).toEqual([0, 0, 0]);
    expect(count('pass')).toBeGreaterThan(20);
  }, 180_000);
});
