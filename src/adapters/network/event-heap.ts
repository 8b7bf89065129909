/**
 * Event heap: what is still to happen, the earliest first, and of one moment in the order it was put in.
 *
 * A binary heap, for a simulation puts in and takes out all the time. PERF: log2(n) steps to put in and to take out; taking one
 * back is a mark, and the marked are swept out once they are the greater half, so that the heap holds at most twice the living.
 */

/** One thing to happen. Without an action it was taken back. */
export interface TimedEvent {
  readonly dueMs: number;
  /** Its number among all events that were ever put in. */
  readonly order: number;
  action: (() => void) | undefined;
}

/** Fewer are not worth a sweep. */
const LEAST_SWEEP = 64;

const isBefore = (a: TimedEvent, b: TimedEvent): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

export class EventHeap {
  #events: TimedEvent[] = [];
  #order = 0;
  #takenBack = 0;

  /** How many are still to happen. */
  get size(): number {
    return this.#events.length - this.#takenBack;
  }

  /** How many are in memory, with those that were taken back and not swept out yet. */
  get held(): number {
    return this.#events.length;
  }

  /** Puts one in, after all others of its moment. */
  push(dueMs: number, action: () => void): TimedEvent {
    const event = { dueMs, order: this.#order, action };
    this.#order += 1;
    this.#events.push(event);
    this.#rise(this.#events.length - 1);
    return event;
  }

  /** Takes one back; it is fine if it has happened, or was taken back before. */
  takeBack(event: TimedEvent): void {
    if (event.action === undefined) return;
    event.action = undefined;
    this.#takenBack += 1;
    if (this.#takenBack > LEAST_SWEEP && 2 * this.#takenBack > this.#events.length) this.#sweep();
  }

  /** The next to happen, which stays; `undefined` if there is none. */
  peek(): TimedEvent | undefined {
    for (;;) {
      const [first] = this.#events;
      if (first === undefined || first.action !== undefined) return first;
      this.#removeFirst();
      this.#takenBack -= 1;
    }
  }

  /** Takes out the next to happen and answers its action; there must be one. */
  pop(): () => void {
    const first = this.peek();
    const action = first?.action ?? (() => undefined);
    if (first !== undefined) {
      this.#removeFirst();
      // Whoever takes it back later must not be counted.
      first.action = undefined;
    }
    return action;
  }

  #removeFirst(): void {
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return;
    this.#events[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#events = this.#events.filter(({ action }) => action !== undefined);
    this.#takenBack = 0;
    for (let index = (this.#events.length >> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  #rise(from: number): void {
    const [events, event] = [this.#events, this.#events[from]];
    let index = from;
    while (event !== undefined && index > 0) {
      const above = (index - 1) >> 1;
      const parent = events[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      events[index] = parent;
      events[above] = event;
      index = above;
    }
  }

  #sink(from: number): void {
    const [events, event] = [this.#events, this.#events[from]];
    let index = from;
    while (event !== undefined) {
      let least = 2 * index + 1;
      let child = events[least];
      const right = events[least + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        least += 1;
      }
      if (child === undefined || !isBefore(child, event)) break;
      events[index] = child;
      events[least] = event;
      index = least;
    }
  }
}
