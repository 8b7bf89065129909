/**
 * Evidence twin: rule 22 word by word, and a log that keeps a plain list and compares every pair.
 */
import type { Statement } from '../../src/core/evidence.ts';
import type { HeaderLogLimits } from '../../src/core/header-log.ts';
import type { Address } from '../../src/core/units.ts';

/** Two distinct headers x, y of one producer, slot(x) <= slot(y), are evidence iff one of the five holds. */
export const isEvidence = (a: Statement, b: Statement): boolean => {
  if (a.producer !== b.producer || a.id === b.id) return false;
  const [x, y] = a.slot <= b.slot ? [a, b] : [b, a];
  return (
    x.slot === y.slot ||
    y.maxHeightGenerated < x.height ||
    y.maxHeightGenerated < x.maxHeightGenerated ||
    y.maxHeightPrevoted < x.maxHeightPrevoted ||
    (y.maxHeightPrevoted === x.maxHeightPrevoted && y.height <= x.height)
  );
};

/** Whether any two of them are evidence. */
export const anyEvidence = (statements: readonly Statement[]): boolean =>
  statements.some((a, index) => statements.slice(0, index).some((b) => isEvidence(a, b)));

const lastSlot = (statements: readonly Statement[]): number => Math.max(...statements.map(({ slot }) => slot));

/** The header log with one flat list, by what its docstrings say. */
export class NaiveLog {
  readonly limits: HeaderLogLimits;
  kept: Statement[] = [];
  readonly convicted = new Set<Address>();
  finalSlot = 0;
  /** The producers in the order in which they came: of those who were silent for equally long the first goes. */
  came: Address[] = [];

  constructor(limits: HeaderLogLimits) {
    this.limits = limits;
  }

  of(producer: Address): Statement[] {
    return this.kept.filter((each) => each.producer === producer);
  }

  /** Whether it is evidence with one that is kept. */
  add(statement: Statement): boolean {
    const { producer, id, slot } = statement;
    if (this.convicted.has(producer)) return false;
    const own = this.of(producer);
    if (own.some((each) => each.id === id)) return false;
    if (own.length === 0) {
      this.makeRoom();
      this.came = [...this.came.filter((each) => each !== producer), producer];
    }
    if (own.some((each) => isEvidence(each, statement))) {
      this.convicted.add(producer);
      this.kept = this.kept.filter((each) => each.producer !== producer);
      return true;
    }
    const isBelowTheLast = own.some((each) => each.slot <= this.finalSlot && each.slot > slot);
    if (!isBelowTheLast) this.kept.push(statement);
    const full = this.of(producer);
    if (full.length > this.limits.headers) {
      const oldest = Math.min(...full.map((each) => each.slot));
      this.kept = this.kept.filter((each) => each.producer !== producer || each.slot !== oldest);
    }
    return false;
  }

  makeRoom(): void {
    const producers = this.came.filter((producer) => this.of(producer).length > 0);
    if (producers.length < this.limits.producers) return;
    const [silent] = producers.sort((a, b) => lastSlot(this.of(a)) - lastSlot(this.of(b)));
    this.kept = this.kept.filter(({ producer }) => producer !== silent);
  }

  prune(finalSlot: number): void {
    this.finalSlot = Math.max(this.finalSlot, finalSlot);
    this.kept = this.kept.filter(
      (each) =>
        each.slot > this.finalSlot ||
        this.of(each.producer).every((other) => other.slot <= each.slot || other.slot > this.finalSlot),
    );
  }
}
