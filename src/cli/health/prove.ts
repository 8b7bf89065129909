/**
 * Prove: chosen fields of a record as a presentation that anybody can check who knows the root, with safe defaults and a preview.
 */

import * as E from 'fp-ts/lib/Either.js';
import { systemClock } from '../../adapters/clock/system.ts';
import { invariant } from '../../core/refusal.ts';
import {
  bindHolder,
  type JsonDocument,
  type Presentation,
  present,
  presentationText,
  previewOf,
  previewText,
  type Selection,
  select,
  verifyPresentation,
  type Wish,
} from '../../health/index.ts';
import { type ExitCode, UsageError } from '../command.ts';
import { signerIn } from '../keystore-file.ts';
import { demandFree, OWNER_ONLY, writeNewFiles } from '../new-files.ts';
import { grouped } from '../progress.ts';
import { type Call, demandRight, HealthError, sayFacts } from './call.ts';
import { loadFhirPath } from './peers.ts';
import { growTree, readRecord } from './record-file.ts';
import { namedSeed } from './seed-file.ts';
import { allowWords, demanded, holderWord } from './words.ts';

/** A wish, and the option that it comes from. */
interface Asked {
  readonly wish: Wish;
  readonly option: string;
}

const byFhirPath = async (document: JsonDocument, expressions: readonly string[]): Promise<readonly Asked[]> => {
  if (expressions.length === 0) return [];
  const { selectByFhirPath } = await loadFhirPath();
  return expressions.flatMap((expression) => {
    const option = `--fhirpath ${expression}`;
    const { wishes } = demandRight(option, selectByFhirPath(document, expression));
    if (wishes.length > 0) return wishes.map((wish) => ({ wish, option }));
    throw new HealthError(option, {
      code: 'path_leads_nowhere',
      message: 'the record has nothing there: leave it away',
    });
  });
};

const chosenOf = async ({ words }: Call, document: JsonDocument): Promise<Selection> => {
  const { show = [], fhirpath = [] } = words;
  if (show.length + fhirpath.length === 0)
    throw new UsageError('prove wants --show <pointer> or --fhirpath <expression>');
  const allow = allowWords(words);
  const pointed = show.map((pointer) => ({ wish: { pointer }, option: '--show' }));
  const asked = [...pointed, ...(await byFhirPath(document, fhirpath))];
  const selection = select(document, { wishes: asked.map(({ wish }) => wish), allow });
  if (E.isRight(selection)) return selection.right;
  const { wish } = selection.left;
  throw new HealthError((wish === undefined ? undefined : asked[wish]?.option) ?? '--show', selection.left);
};

interface HolderWords {
  readonly file: string;
  readonly audience: string;
  readonly nonce: string;
}

const holderOf = ({ words }: Call): HolderWords | undefined => {
  const { 'holder-key': file, audience, nonce } = words;
  if (file === undefined && audience === undefined && nonce === undefined) return undefined;
  return {
    file: demanded('prove', file, '--holder-key <keystore> with --audience and --nonce'),
    audience: holderWord('audience', demanded('prove', audience, '--audience <text> with --holder-key')),
    nonce: holderWord('nonce', demanded('prove', nonce, '--nonce <text> with --holder-key')),
  };
};

const bound = async (
  call: Call,
  presentation: Presentation,
  holder: HolderWords | undefined,
): Promise<Presentation> => {
  if (holder === undefined) return presentation;
  const { crypto, words, io } = call;
  const { file, audience, nonce } = holder;
  const { address, sign } = await signerIn({ crypto, file, words, io });
  const claim = { audience, nonce, issuedSeconds: systemClock().now(), key: address };
  return await bindHolder(crypto, presentation, claim, sign);
};

/** What goes out is checked as its receiver checks it. */
const demandSound = ({ crypto }: Call, presentation: Presentation, holder: HolderWords | undefined): void => {
  const demand =
    holder === undefined ? 'not asked' : ({ audience: holder.audience, nonce: holder.nonce, key: 'anyone' } as const);
  const verified = verifyPresentation(crypto, presentation, { root: presentation.root, holder: demand });
  invariant(E.isRight(verified), 'a presentation that was just made holds');
};

const writePresentation = async (
  { words, io }: Call,
  presentation: Presentation,
  selection: Selection,
): Promise<void> => {
  const text = presentationText(presentation);
  if (words.out === undefined) {
    io.stdout.write(text);
    return;
  }
  const { out } = words;
  await writeNewFiles((files) => files.add(out, [new TextEncoder().encode(text)], OWNER_ONLY));
  sayFacts(io, [
    ['root', presentation.root],
    ['shown', `${grouped(selection.values.length)} values`],
    ['withheld', `${grouped(selection.withheld.length)} parts; --preview tells which and why`],
    ['presentation', out],
  ]);
};

/** `medstate health prove`. */
export const prove = async (call: Call): Promise<ExitCode> => {
  const { file, words, io } = call;
  if (words.preview === true && words.out !== undefined)
    throw new UsageError('--preview writes nothing: leave --out away');
  const holder = holderOf(call);
  if (words.out !== undefined) await demandFree(words.out);
  const document = await readRecord(file);
  const selection = await chosenOf(call, document);
  if (words.preview === true) {
    io.stdout.write(previewText(previewOf(document, selection)));
    return 0;
  }
  if (selection.values.length === 0) {
    const message =
      'the rules withhold all that was chosen: look at --preview, then name the fields, or --allow a rule';
    throw new HealthError(file, { code: 'present_nothing', message });
  }
  const tree = growTree(call, document, await namedSeed(call));
  const presentation = await bound(call, demandRight(file, present(tree, selection.values)), holder);
  demandSound(call, presentation, holder);
  await writePresentation(call, presentation, selection);
  return 0;
};
