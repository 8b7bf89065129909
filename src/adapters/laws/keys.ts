/**
 * The laws of keys and of the locks beside them: no key ever signs against itself, whatever it is asked and whenever it dies.
 *
 * Source: protocol section 12, finality rules 18 to 22.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { contradictionOf, type Statement } from '../../core/evidence.ts';
import { firstLock, lockFault } from '../../core/lock.ts';
import type { Address } from '../../core/units.ts';
import { blockId, blockIdBytes, type HeaderClaim } from '../../core/wire/header.ts';
import type { KeyFault, Signer } from '../keys/keys.ts';
import type { KeptLock, LockStore } from '../keys/lock-store.ts';
import { chanceFrom } from './chance.ts';
import { keepingLaws } from './key-keeping.ts';
import { codeOf, demandLock, fresh, type KeyOnTrial, law, lockWith, SEED, signingOf, type Trial } from './key-trial.ts';
import { type Asked, headerAt, nextHeader } from './key-walk.ts';
import { demand, type Law } from './law.ts';

const STEPS = 400;

/** What the rules say of a header: the fault, or the lock that follows. */
const answerOf = (crypto: Crypto, lock: KeptLock, asked: Asked): E.Either<KeyFault, KeptLock> => {
  const { claim } = asked;
  if (lock.signedId === blockId(crypto, claim)) return E.right(lock);
  if (claim.maxHeightGenerated !== lock.maxHeight) return E.left('key_height_generated_wrong');
  const fault = lockFault(lock, signingOf(asked));
  return fault === undefined ? E.right(lockWith(crypto, lock, asked)) : E.left(fault);
};

const statementOf = (crypto: Crypto, { claim, slot }: Asked): Statement => ({
  slot,
  id: blockId(crypto, claim),
  height: claim.height,
  producer: claim.producer,
  maxHeightGenerated: claim.maxHeightGenerated,
  maxHeightPrevoted: claim.maxHeightPrevoted,
});

const demandClean = (statements: readonly Statement[]): void => {
  for (const [index, later] of statements.entries()) {
    for (const earlier of statements.slice(0, index)) {
      const fault = contradictionOf(earlier, later);
      demand(
        fault === undefined,
        `the key signed at slots ${earlier.slot} and ${later.slot}, which is evidence: ${fault}`,
      );
    }
  }
};

/** Asks the key for header after header, on forks that come and go, and holds each answer to the rules. Gives what was signed. */
const walk = async (trial: Trial, restarts: boolean): Promise<readonly Statement[]> => {
  const chance = chanceFrom(SEED);
  const signed: Statement[] = [];
  let model: KeptLock = firstLock;
  let last: Asked | undefined;
  let key = await trial.open();
  for (let step = 0; step < STEPS; step += 1) {
    if (restarts && chance.below(5) === 0) {
      await key.close();
      key = await trial.open();
    }
    demandLock(await key.lock(), model, `at step ${step}`);
    const next = nextHeader(chance, key.address, model);
    const asked = chance.below(4) === 0 ? (last ?? next) : next;
    const [answer, wanted] = [await key.sign(asked.claim, asked.slot), answerOf(trial.crypto, model, asked)];
    const told = E.isLeft(answer) ? answer.left : 'a signature';
    const due = E.isLeft(wanted) ? wanted.left : 'a signature';
    if (E.isRight(answer) && asked !== last) signed.push(statementOf(trial.crypto, asked));
    if (E.isRight(answer)) last = asked;
    demandClean(signed.slice(-2));
    demand(told === due, `at step ${step} the answer is ${told}, not ${due}`);
    if (E.isRight(wanted)) model = wanted.right;
  }
  return signed;
};

const signing: readonly Law<KeyOnTrial>[] = [
  law('a signature is that of the key over the id of the header', async ({ crypto, open }) => {
    const key = await open();
    const { claim, slot } = fresh(key.address, 1);
    const answer = await key.sign(claim, slot);
    demand(E.isRight(answer), 'a new key did not sign its first header');
    const signer = crypto.recover(blockIdBytes(crypto, claim), answer.right);
    demand(signer !== undefined && toHex(signer) === key.address, 'the signature is not that of the key over the id');
  }),
  law('a key signs what its lock allows and nothing that contradicts what it signed', async (trial) => {
    const signed = await walk(trial, false);
    demand(signed.length > STEPS / 20, `only ${signed.length} headers were signed`);
    demandClean(signed);
  }),
  law('a key that is opened again and again is bound by all that it signed before', async (trial) => {
    demandClean(await walk(trial, true));
  }),
  law('a header of another producer is not signed, and moves no lock', async ({ crypto, open }) => {
    const key = await open();
    const other = toHex(crypto.publicKey(new Uint8Array(32).fill(8))) as Address;
    const { claim, slot } = fresh(other, 1);
    const answer = await key.sign(claim, slot);
    demand(E.isLeft(answer), 'a header of another producer was signed');
    demand(answer.left === 'key_other_producer', `a header of another producer was answered ${answer.left}`);
    demandLock(await key.lock(), firstLock, 'after a header of another producer');
  }),
  law('what is signed is what was asked, whatever becomes of it meanwhile', async ({ crypto, open }) => {
    const key = await open();
    const { claim, slot } = headerAt(chanceFrom(SEED), key.address, { slot: 9, height: 3, prevoted: 1, generated: 0 });
    const id = blockIdBytes(crypto, claim);
    const given: { -readonly [K in keyof HeaderClaim]: HeaderClaim[K] } = { ...claim };
    const call = key.sign(given, slot);
    given.height = fresh(key.address, 4).claim.height;
    const answer = await call;
    const signer = E.isRight(answer) ? crypto.recover(id, answer.right) : undefined;
    demand(signer !== undefined && toHex(signer) === key.address, 'the signature is not over what was asked');
    demandLock(
      await key.lock(),
      lockWith(crypto, firstLock, { claim, slot }),
      'after a header that was changed meanwhile',
    );
  }),
];

const order: readonly Law<KeyOnTrial>[] = [
  law('calls are answered one after the other, and of one slot one header is signed', async ({ signer, open }) => {
    let [inside, most] = [0, 0];
    const slow: Signer = {
      address: signer.address,
      sign: async (hash) => {
        inside += 1;
        most = Math.max(most, inside);
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
        inside -= 1;
        return signer.sign(hash);
      },
    };
    const key = await open({ signer: slow });
    const chance = chanceFrom(SEED);
    const calls = Array.from({ length: 8 }, (_, index) => {
      const { claim, slot } = headerAt(chance, key.address, { slot: 9, height: 1 + index, prevoted: 0, generated: 0 });
      return key.sign(claim, slot);
    });
    const signed = (await Promise.all(calls)).filter(E.isRight);
    demand(signed.length === 1, `${signed.length} headers of one slot were signed`);
    const next = [1, 2].map((count) => ({ ...fresh(key.address, count), slot: 10 + count }));
    const lock = await key.lock();
    const inTurn = await Promise.all(
      next.map(({ slot }) => {
        const place = { slot, height: slot - 1, prevoted: 0, generated: slot === 11 ? lock.maxHeight : 10 };
        const asked = headerAt(chance, key.address, place);
        return key.sign(asked.claim, asked.slot);
      }),
    );
    demand(inTurn.every(E.isRight), 'two headers of two slots, asked at once, were not both signed');
    demand(most === 1, `${most} headers were being signed at once`);
  }),
  law('a closed key refuses every call, answers what was asked before, and closes once more', async (trial) => {
    let [made, madeAtClosing] = [0, -1];
    const counting: Signer = {
      address: trial.signer.address,
      sign: async (hash) => {
        await Promise.resolve();
        made += 1;
        return trial.signer.sign(hash);
      },
    };
    const around = (locks: LockStore): LockStore => ({
      ...locks,
      close: () => {
        madeAtClosing = made;
        return locks.close();
      },
    });
    const key = await trial.open({ signer: counting, around });
    const [first, second] = [fresh(key.address, 1), fresh(key.address, 2)];
    const before = key.sign(first.claim, first.slot).then(E.isRight, () => false);
    const closing = key.close();
    const answers = [() => key.sign(second.claim, second.slot), () => key.lock()];
    for (const call of [...answers, ...answers]) {
      const code = await codeOf(call);
      demand(code === 'key_closed', `a closed key answered ${code ?? 'without an error'}`);
      await closing;
    }
    demand(await before, 'a header that was asked before the closing was not signed');
    demand(madeAtClosing === 1, 'the lock was let go of while a header was waiting to be signed');
    await key.close();
    const again = await trial.open();
    demandLock(await again.lock(), lockWith(trial.crypto, firstLock, first), 'after closing');
  }),
];

/** The laws of a key and of the lock beside it. */
export const keyLaws: readonly Law<KeyOnTrial>[] = [...signing, ...keepingLaws, ...order];
