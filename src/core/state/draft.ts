/**
 * Draft: the one door to Immer. It drafts one small record at a time, never a collection.
 *
 * Immer's own `Draft` takes branded types apart, so a recipe sees a one-level writable form of the record.
 */
import { Immer } from 'immer';

/** The record with its fields assignable; lists in it are replaced, not mutated. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

// Our own instance: an embedder's Immer settings are not touched, and records are not frozen on the hot path.
const immer = new Immer({ autoFreeze: false });

/** The record after the recipe; the given one is not changed. */
export const draft = <T extends object>(record: T, recipe: (writable: Writable<T>) => void): T =>
  immer.produce(record, recipe as (writable: unknown) => void) as T;
