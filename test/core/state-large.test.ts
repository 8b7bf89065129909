import { expect, it } from 'vitest';
import { emptyState, type StateView } from '../../src/core/state/view.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { type Twin, twinRoot, twinWith } from '../twins/tree-twin.ts';

/** More entries than two pages of hashes, and more rows than one step keeps notes on for the next. */
const COUNT = 34_000;

const keyOf = (index: number): string => `80${(Math.imul(index + 1, 0x9e37_79b1) >>> 0).toString(16).padStart(8, '0')}`;
const valueIn = (index: number, step: number): Uint8Array =>
  new Uint8Array((index * 7 + step) % 90).fill((index + step) & 0xff);
/** Longer than what is copied in one piece of scratch. */
const long = (step: number): Uint8Array => new Uint8Array(70_001).fill(step);

it('a large state has the root of the twin after steps that change nearly all of it, and few', {
  timeout: 600_000,
}, () => {
  let view: StateView = emptyState(hasher);
  let twin: Twin = new Map();
  const step = (changes: ReadonlyMap<string, Uint8Array | undefined>): void => {
    view = view.with([...changes].map(([key, record]) => ({ key, record }))).view;
    twin = twinWith(twin, changes);
  };
  const range = (from: number, to: number, every: number, round: number) =>
    Array.from({ length: Math.ceil((to - from) / every) }, (_, place) => from + place * every).map(
      (index) => [keyOf(index), valueIn(index, round)] as const,
    );
  step(new Map(range(0, COUNT, 1, 1)));
  expect(view.root).toBe(twinRoot(twin));
  const first = { view, twin };
  // Few of them, a long one that is new and a long one that was short.
  step(new Map([...range(0, COUNT, 113, 2), ['ff', long(1)], [keyOf(5), long(2)]]));
  expect(view.root).toBe(twinRoot(twin));
  // Nearly all, while some go and others come.
  const gone = range(0, COUNT, 68, 0).map(([key]) => [key, undefined] as const);
  step(new Map([...range(0, COUNT + 700, 1, 3), ...gone, [keyOf(6), long(3)]]));
  expect(view.root).toBe(twinRoot(twin));
  // From the first state once more.
  ({ view, twin } = first);
  expect(view.get('ff' as never)).toBeUndefined();
  step(new Map(range(3, COUNT, 340, 4)));
  expect(view.root).toBe(twinRoot(twin));
});
