/**
 * The standard globals of the engine beyond the language: what tells a wait to end, the same in Node, browsers and workers.
 */
interface AbortSignal {
  readonly aborted: boolean;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}
