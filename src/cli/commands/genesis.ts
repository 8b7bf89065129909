/**
 * Genesis: checks a genesis document and tells what it founds.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { reportGenesis } from '../../fixtures/genesis-report.ts';
import { defineCommand } from '../command.ts';
import { firstNetworkOptions, readDocument } from '../genesis-document.ts';
import { genesisLines } from '../genesis-lines.ts';
import { faultsError } from '../input.ts';

export const genesis = defineCommand({
  name: 'genesis',
  summary: 'check a genesis document and tell what it founds',
  usage: '<file> [--time <seconds>] [--param <name=value>]...',
  options: firstNetworkOptions,
  operands: [1, 1],
  run: async ({ values, operands: [file = ''] }, io) => {
    const document = await readDocument(file, values, io);
    const crypto = await bestCrypto();
    const report = reportGenesis(crypto, document);
    if (E.isLeft(report)) throw faultsError(file, report.left);
    io.stdout.write(`${genesisLines(report.right).join('\n')}\n`);
    return 0;
  },
});
