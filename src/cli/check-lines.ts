/**
 * Check lines: what a check of a store found and what there is, for people, and how far it is.
 */
import type { CheckReport, CheckStep } from '../audit/check.ts';
import { type Finding, findingText, MAX_FINDINGS_OF_A_KIND } from '../audit/check-findings.ts';
import type { Io } from './command.ts';
import { printable } from './complaint.ts';
import { grouped, type Progress, showProgress } from './progress.ts';

/** A finding as one line. */
export const findingLine = (file: string, finding: Finding): string => printable(`${file}: ${findingText(finding)}`);

const historyText = ({ records, used, oldest }: CheckReport['history']): string =>
  oldest === undefined ? `${grouped(records)} records` : `${grouped(used)} records, back to height ${oldest}`;

const sumText = (count: number, told: number): string => {
  if (count === 0) return 'none: all of it fits together';
  return told === count
    ? grouped(count)
    : `${grouped(count)}, of each kind the first ${MAX_FINDINGS_OF_A_KIND} are told`;
};

/** What the store holds, and the sum of what was found, a line each. */
export const reportLines = (report: CheckReport, isGenesisKnown: boolean): readonly string[] => {
  const { genesisId, firstBlock, lastBlock, stateHeight, rows, root, isCompared, history, notes } = report;
  if (report.count === 0 && lastBlock === undefined && rows === 0) return ['findings     none: the store is empty'];
  return [
    `genesis id   ${genesisId ?? 'unknown'}`,
    `blocks       ${lastBlock === undefined ? 'none' : `${firstBlock} to ${lastBlock}`}`,
    `state        height ${stateHeight ?? 'unknown'}, ${grouped(rows)} rows`,
    `state root   ${root}${isCompared ? '' : ', not compared'}`,
    `history      ${historyText(history)}`,
    ...notes.map((note) => printable(`note         ${note}`)),
    `trusted      ${isGenesisKnown ? 'the genesis' : 'nothing; give --genesis to know that it is of your chain'}`,
    `findings     ${sumText(report.count, report.findings.length)}`,
  ];
};

const tasks: Readonly<Record<CheckStep, { readonly label: string; readonly unit: string }>> = {
  rows: { label: 'checking rows', unit: 'leaves' },
  blocks: { label: 'checking blocks', unit: 'blocks' },
  comparing: { label: 'comparing rows', unit: 'leaves' },
  history: { label: 'checking history', unit: 'records' },
};

/** Progress, one task a step. */
export const stepProgress = (io: Io, quiet: boolean) => {
  let step: CheckStep | undefined;
  let progress: Progress | undefined;
  return {
    onProgress: (next: CheckStep, done: number, total: number): void => {
      if (next !== step) {
        progress?.finish();
        step = next;
        progress = showProgress(io, { ...tasks[next], total, quiet });
      }
      progress?.advance(done);
    },
    finish: (): void => progress?.finish(),
  };
};
