import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { screen } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-network-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const onePhase = fileURLToPath(new URL('../vectors/networks/one-phase.json', import.meta.url));

const play = async (...words: readonly string[]) => {
  const { io, out, errors } = screen();
  const code = await runProgram({ version: '0', commands, isDebug: false }, ['simulate-network', ...words], io);
  return { code, out: out(), err: errors().join('') };
};

describe('medstate simulate-network', () => {
  it('runs the seeds that are asked for, and says what it has seen', async () => {
    const { code, out } = await play('--seeds', '3..5', '--producers', '4', '--faults', 'delay,partition', '-q');
    expect(code).toBe(0);
    expect(out).toMatch(/^runs +3$/m);
    expect(out).toMatch(/^node-blocks +\d+$/m);
    expect(out).toMatch(/^violations +none$/m);
  });

  it('shrinks a plan that goes wrong, writes it, and shows the same again from the file', async () => {
    const out = join(folder, 'forked.json');
    const first = await play('--seeds', '272..273', '--rule', 'one-phase', '--producers', '4', '--out', out, '-q');
    expect(first.code).toBe(1);
    expect(first.out).toContain('final_conflict');
    const again = await play('--replay', out);
    expect(again.code).toBe(1);
    expect(again.out).toContain('final_conflict: block');
    expect(again.out).toBe((await play('--replay', out)).out);
  });

  it('shows two final chains by the rule of one phase', async () => {
    const { code, out } = await play('--replay', onePhase);
    expect(code).toBe(1);
    expect(out).toContain('final_conflict: block 1');
  });

  it.each([
    [['--seeds', '5..3'], 'wanted the lower seed first'],
    [['--seed', 'x'], "--seeds: found 'x', wanted a whole number"],
    [['--seed', '1', '--seeds', '1..2'], 'give one of them'],
    [['--faults', 'rain'], "--faults: found 'rain'"],
    [['--rule', 'kindness'], "--rule: found 'kindness'"],
    [['--producers', '0'], '--producers'],
  ])('refuses %j with one clear line', async (words, line) => {
    const { code, err } = await play(...words);
    expect(code).toBe(2);
    expect(err).toContain(line);
  });

  it.each([
    ['a word of the plan that is none', (plan: Record<string, unknown>) => ({ ...plan, seats: 'four' }), 'plan.seats'],
    ['more seats than nodes', (plan: Record<string, unknown>) => ({ ...plan, nodes: 2 }), 'plan.nodes'],
    [
      'a fault that is none',
      (plan: Record<string, unknown>) => ({ ...plan, faults: [{ kind: 'rain' }] }),
      'plan.faults',
    ],
  ])('refuses a file with %s, and leaves it as it is', async (_, spoil, path) => {
    const file = join(folder, 'spoiled.json');
    const whole = JSON.parse(readFileSync(onePhase, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...whole, plan: spoil(whole.plan) }));
    const { code, err } = await play('--replay', file);
    expect(code).toBe(2);
    expect(err).toContain(path);
    expect(existsSync(file)).toBe(true);
  });
});
