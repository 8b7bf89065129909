import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { replay } from '../../src/audit/replay.ts';
import { type Address, defineKind, foundChain, type Kind, keys, payloads, type Seconds } from '../../src/core/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { codeOf, crypto, drive, person, rightOf, signed, toldOf } from '../engine/small-chain.ts';

// A kind of one's own: everybody may leave a note, which replaces the one before.

const NOTE_TAG = 0x80;
const MAX_NOTE_BYTES = 140;
const noteKey = (author: Address) => keys.extensionKey(NOTE_TAG, author);
const bytesOf = (text: string) => new TextEncoder().encode(text);

const note = defineKind({
  name: 'note',
  payload: payloads.messagePayload,
  touches: ({ sender }) => [noteKey(sender)],
  refuses: {
    note_too_long: ({ payload }) => bytesOf(payload.message).length > MAX_NOTE_BYTES,
  },
  messages: { note_too_long: `a note has at most ${MAX_NOTE_BYTES} bytes; write less` },
  effect: ({ ledger, sender, payload }) => ledger.state.set(noteKey(sender), bytesOf(payload.message)),
});

const plan = { genesisTime: 1_000_000 as Seconds, params: { chainId: '7' }, producers: 3, others: {} };
const { document } = knownGenesis(crypto, plan);
const withNotes = { ...document, kinds: ['note'] };

const founded = (from = withNotes, kinds: readonly Kind[] = [note]) => {
  const founding = foundChain(crypto, from, kinds);
  if (E.isLeft(founding)) throw new Error(JSON.stringify(founding.left));
  return founding.right;
};

const noteOf = (label: string, nonce: number, message: string) =>
  signed(label, nonce, { kind: 'note', payload: payloads.messagePayload.encode({ message }) });

describe('a kind of an embedder', () => {
  it('is executed or refused by its own checks, in blocks, receipts, state and replay', async () => {
    const founding = founded();
    const storage = memoryStorage();
    const { engine, make } = await drive(founding, storage);
    rightOf(await engine.offer(noteOf('p0', 5, 'be well')));
    rightOf(await engine.offer(noteOf('p0', 6, 'x'.repeat(MAX_NOTE_BYTES + 1))));
    rightOf(await engine.offer(noteOf('p1', 5, 'x'.repeat(MAX_NOTE_BYTES))));
    const { transition } = await make();
    const outcomes = transition.receipts.map(({ executed, code }) => ({ executed, code }));
    expect(outcomes).toEqual([
      { executed: true, code: '' },
      { executed: true, code: '' },
      { executed: false, code: 'note_too_long' },
    ]);
    expect(engine.tip.state.get(noteKey(person('p0').address))).toEqual(bytesOf('be well'));
    expect(engine.tip.state.get(keys.accountKey(person('p0').address))?.nonce).toBe(6n);
    const replayed = await replay(founding, storage);
    expect(E.isRight(replayed) && toldOf(replayed.right.tip)).toEqual(toldOf(engine.tip));
  });

  it('is part of the identity of the chain: its genesis names it', () => {
    expect(founded().chain.genesisId).not.toBe(founded(document as typeof withNotes, []).chain.genesisId);
    expect(founded().chain.registry.get('note')?.messages['note_too_long']).toMatch(/at most 140 bytes/);
  });

  it('must be known to whoever opens the chain, and named by whoever founds it', () => {
    expect(foundChain(crypto, withNotes)).toMatchObject({ left: [{ path: 'kinds', found: '[note]' }] });
    expect(foundChain(crypto, document, [note])).toMatchObject({ left: [{ path: 'kinds', found: '[]' }] });
  });

  it('is unknown on a chain without it', async () => {
    const { engine } = await drive(founded(document as typeof withNotes, []), memoryStorage());
    expect(codeOf(await engine.offer(noteOf('p0', 5, 'be well')))).toBe('kind_unknown');
  });

  it('may not take the name of another kind', () => {
    expect(() => foundChain(crypto, { ...document, kinds: ['note', 'note'] }, [note, note])).toThrow(
      'two transaction kinds are called note',
    );
  });
});
