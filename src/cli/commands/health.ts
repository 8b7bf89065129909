/**
 * Health: records as salted trees: their root, chosen fields of them, and the whole under seal.
 */
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { defineCommand, type ExitCode, UsageError } from '../command.ts';
import type { Call } from '../health/call.ts';
import { openSealed } from '../health/open.ts';
import { prove } from '../health/prove.ts';
import { tellRoot } from '../health/root.ts';
import { seal } from '../health/seal.ts';
import { share } from '../health/share.ts';
import { verify } from '../health/verify.ts';
import { type HealthAction, healthOptions, usesOf } from '../health/words.ts';

const actions: Readonly<Record<HealthAction, (call: Call) => Promise<ExitCode>>> = {
  root: tellRoot,
  prove,
  verify,
  seal,
  open: openSealed,
  share,
};

const isAction = (word: string): word is HealthAction => Object.hasOwn(actions, word);

export const health = defineCommand({
  name: 'health',
  summary: 'the root of a health record, chosen fields of it proven and verified, records sealed, opened and shared',
  usage:
    'root <file> [--seed-file <file> | --secret <file> [--nonce <hex>]] [--mode A|B] [--min-depth <levels>] [--json]\n' +
    '       medstate health prove <file> (--show <pointer> | --fhirpath <expression>)... [--allow <rule>]... [--preview]\n' +
    '         [--seed-file <file>] [--out <file>] [--holder-key <keystore> --audience <text> --nonce <text>]\n' +
    '       medstate health verify <presentation> --root <root> [--audience <text> --nonce <text> [--key <key>] [--max-age <seconds>]]\n' +
    '       medstate health seal <file> --to <key>... --sender <keystore> --chain-id <number> --out <object>\n' +
    '         [--seed-file <file> | --plain [--scope leaves]] [--note <text>] [--expires <seconds>]\n' +
    '       medstate health open <object> --capsule <file> --key <keystore> --chain-id <number> --out <file> [--plain]\n' +
    '       medstate health share <object> --capsule <file> --key <keystore> --chain-id <number> --to <key> --out <capsule>\n' +
    '         [--note <text>] [--expires <seconds>]',
  options: healthOptions,
  operands: [2, 2],
  run: async ({ values, operands: [word = '', file = ''], quiet }, io) => {
    if (!isAction(word)) throw new UsageError(`found '${word}', wanted one of ${Object.keys(actions).join(', ')}`);
    const uses: readonly string[] = usesOf[word];
    const useless = Object.keys(values).find((name) => !uses.includes(name));
    if (useless !== undefined) throw new UsageError(`--${useless} is not for ${word}`);
    return await actions[word]({ crypto: await bestCrypto(), file, words: values, quiet, io });
  },
});
