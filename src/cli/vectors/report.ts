/**
 * Report: what the checker prints: a line a section, under it what is to be said of single cases, at the end the sum.
 */
import { printable } from '../complaint.ts';
import type { Judged, Outcome } from './outcome.ts';
import type { Section } from './sections.ts';

/** How many cases came to what. */
export interface Counts {
  readonly agree: number;
  readonly disagree: number;
  readonly unjudged: number;
}

const NAME_WIDTH = 26;

const countOf = (cases: readonly Judged[], is: readonly Outcome['is'][]): number =>
  cases.filter(({ outcome }) => is.includes(outcome.is)).length;

/** The counts of a section, of which these cases were judged. */
export const countsOf = ({ size, belongsTo }: Section, cases: readonly Judged[]): Counts =>
  belongsTo !== undefined
    ? { agree: 0, disagree: 0, unjudged: size }
    : {
        agree: countOf(cases, ['agrees', 'refused']),
        disagree: countOf(cases, ['disagrees']),
        unjudged: countOf(cases, ['unjudged']),
      };

/** The sum of two counts. */
export const plus = (a: Counts, b: Counts): Counts => ({
  agree: a.agree + b.agree,
  disagree: a.disagree + b.disagree,
  unjudged: a.unjudged + b.unjudged,
});

const countsText = ({ agree, disagree, unjudged }: Counts): string =>
  `${agree} agree, ${disagree} disagree, ${unjudged} not judged`;

/** What is to be said of one case; nothing of one that only agrees. */
const caseLines = ({ id, outcome }: Judged, isSummary: boolean): readonly string[] => {
  if (outcome.is === 'disagrees') return outcome.faults.map((fault) => `  ${id}: DISAGREES: ${fault}`);
  if (isSummary) return [];
  if (outcome.is === 'refused') return [`  ${id}: refused as our rules demand: ${outcome.code} (${outcome.reason})`];
  if (outcome.is === 'unjudged') return [`  ${id}: not judged: ${outcome.why}`];
  return outcome.note === undefined ? [] : [`  ${id}: ${outcome.note}`];
};

/** The lines on one section. With `isSummary` single cases are told only where they disagree. */
export const sectionLines = (section: Section, cases: readonly Judged[], isSummary: boolean): readonly string[] => {
  const { name, size, belongsTo } = section;
  const head = name.padEnd(NAME_WIDTH);
  if (belongsTo !== undefined) return [printable(`${head} ${size} not judged: belongs to ${belongsTo}`)];
  const counts = countsOf(section, cases);
  const refused = countOf(cases, ['refused']);
  const amongThem = refused === 0 ? '' : ` (${refused} of them refused as our rules demand)`;
  const unjudged = counts.unjudged === 0 ? '' : `, ${counts.unjudged} not judged`;
  const first = `${head} ${counts.agree} of ${size} agree${amongThem}${unjudged}${counts.disagree === 0 ? '' : `, ${counts.disagree} DISAGREE`}`;
  return [first, ...cases.flatMap((each) => caseLines(each, isSummary))].map(printable);
};

/** The last line. */
export const sumLine = (counts: Counts): string => `all sections: ${countsText(counts)}`;
