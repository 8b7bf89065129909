/**
 * Check: whether all that a store holds fits together, and where it does not.
 */
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { checkStore } from '../../audit/check.ts';
import { findingLine, reportLines, stepProgress } from '../check-lines.ts';
import { openOther } from '../check-other.ts';
import { defineCommand, UsageError } from '../command.ts';
import { genesisOptions, namedFounding } from '../genesis-document.ts';

export const check = defineCommand({
  name: 'check',
  summary: 'check that all of a store fits together: facts, blocks, rows, old states',
  usage: '<store> [--genesis <file>] [--against <store|folder>]',
  options: {
    ...genesisOptions,
    against: {
      type: 'string',
      value: 'store|folder',
      description: 'another store, or a snapshot, of the same height: names the rows that differ if the state is wrong',
    },
  },
  operands: [1, 1],
  run: async ({ values, operands: [file = ''], quiet }, io) => {
    const crypto = await bestCrypto();
    if (values.genesis === undefined && (values.time !== undefined || values.param !== undefined)) {
      throw new UsageError('--time and --param are for the document of --genesis');
    }
    const founding = await namedFounding(crypto, values, io);
    const storage = await sqliteStorage({ file, readOnly: true });
    const { onProgress, finish } = stepProgress(io, quiet);
    try {
      const other = values.against === undefined ? undefined : await openOther(values.against, crypto);
      try {
        const report = await checkStore({ storage, crypto, founding, against: other?.source, onProgress });
        finish();
        const lines = [
          ...report.findings.map((finding) => findingLine(file, finding)),
          ...reportLines(report, founding !== undefined),
        ];
        io.stdout.write(`${lines.join('\n')}\n`);
        return report.count === 0 ? 0 : 1;
      } finally {
        await other?.close();
      }
    } finally {
      finish();
      await storage.close();
    }
  },
});
