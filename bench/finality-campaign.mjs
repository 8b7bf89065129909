/**
 * Finality: does the rule alone hold against everything thrown at it, and does every wrong rule break?
 *
 * Prints the tables of docs/finality.md. `RUNS`, `WRONG_RUNS`, `LIVE_RUNS`, `LAG_RUNS`, `DEPTH`, `SIZES` and `FIRST_SEED` set how long
 * it takes; it ends with an error if the right rules fail.
 */
import { threshold } from '../dist/core/office.js';
import { campaign, firstBroken, liveRanges, rangeOf, rivalRange } from '../dist/sim/rule/campaign.js';
import { handoverCases, leastBreaking } from '../dist/sim/rule/handover-attack.js';
import { percentile, runSteady, steadyNetworks } from '../dist/sim/rule/steady.js';
import { searchTwoBranches } from '../dist/sim/rule/two-branches.js';
import { wrongRuleNames, wrongRules } from '../dist/sim/wrong-rules.js';

const count = (name, otherwise) => Number(process.env[name] ?? otherwise);
const firstSeed = count('FIRST_SEED', 1);
const sizes = JSON.parse(process.env.SIZES ?? '[4,7]');
const seconds = (from) => (Number(process.cpuUsage(from).user + process.cpuUsage(from).system) / 1e6).toFixed(1);
const say = (...parts) => console.log(parts.join(' '));
const mustBe = (isSo, what) => {
  if (!isSo) throw new Error(what);
};

const random = (title, range, runs) => {
  const from = process.cpuUsage();
  const found = campaign({ firstSeed, runs, range }, false);
  const took = seconds(from);
  say(
    `| ${title} | ${runs} | ${found.blocks} | ${found.officeChanges} | ${found.guardNeeded} | ${found.conflicts.length} |`,
  );
  say(`  ${took} s, ${Math.round(found.blocks / took)} blocks a second`);
  mustBe(found.conflicts.length === 0, `conflict with the right rules: seeds ${found.conflicts}`);
  mustBe(found.honestEvidence === 0, 'an honest producer made evidence of itself');
};

say('\nRight rules: runs, blocks, office changes, final block needed, conflicts');
random(`n ${sizes.join(' to ')}`, { sizes }, count('RUNS', 20_000));
random('n 1 to 6', { sizes: [1, 6] }, Math.ceil(count('RUNS', 20_000) / 4));
random('n 4, two forks that overtake one another', rivalRange, Math.ceil(count('RUNS', 20_000) / 4));
random('n 8 to 21', { sizes: [8, 21] }, Math.ceil(count('RUNS', 20_000) / 20));

say('\nWrong rules: first broken at run, seed, time');
for (const name of wrongRuleNames) {
  const from = process.cpuUsage();
  const broken = firstBroken(wrongRules[name], {
    firstSeed,
    runs: count('WRONG_RUNS', 50_000),
    range: rangeOf(name, sizes),
  });
  say(
    `| ${name} | ${wrongRules[name].loses} | ${broken?.runs ?? 'not found'} | ${broken?.result.seed ?? '-'} | ${seconds(from)} s |`,
  );
}

say('\nDirected attack: least breaking k');
const broke = handoverCases.filter(
  ({ size, byzantine }) =>
    leastBreaking({ size, byzantine, rules: wrongRules['office-follows-ranking'] }) ===
    2 * threshold(size) - size - byzantine,
);
const borne = handoverCases.filter((attack) => leastBreaking(attack) === undefined);
say(`k = 2 T - n - f in ${broke.length} of ${handoverCases.length} cases; the right rules bear ${borne.length}`);
mustBe(broke.length === handoverCases.length && borne.length === handoverCases.length, 'the directed attack');

say('\nLiveness after chaos: rounds until final again');
for (const [name, range] of Object.entries(liveRanges)) {
  const live = campaign({ firstSeed, runs: count('LIVE_RUNS', 3_000), range: { sizes, ...range } }, true);
  const spread = (rounds) => [50, 99, 100].map((percent) => percentile(rounds, percent).toFixed(2)).join(' / ');
  const { rounds, roundsOfUnbound } = live;
  say(`| with ${name} | ${live.runs} | median / p99 / worst ${spread(rounds)} | stuck ${live.stuck.length} |`);
  say(`  of them, nobody's lock above the chain: ${roundsOfUnbound.length} | ${spread(roundsOfUnbound)}`);
  mustBe(live.stuck.length === 0, `stuck: seeds ${live.stuck}`);
}

say('\nLag in slots: min, p50, p90, p99, max');
for (const [name, network] of steadyNetworks) {
  const lags = [];
  for (let run = 0; run < count('LAG_RUNS', 60); run += 1)
    for (const lag of runSteady({ ...network, seed: firstSeed + run, slots: 600 }).lags) lags.push(lag);
  say(`| ${name} | ${[0, 50, 90, 99, 100].map((percent) => percentile(lags, percent)).join(' | ')} |`);
}
for (const gone of [{ offline: 6 }, { offline: 7 }, { offline: 7, stallSlots: 400 }]) {
  const run = { seed: firstSeed, size: 21, slots: 2_000, offlineFrom: 300, replaceFrom: 400 };
  const { finalHeights } = runSteady({ ...run, ...gone });
  say(
    JSON.stringify(gone),
    'gone at slot 300; F at 300, 600, 1000, 2000:',
    [300, 600, 1000, 2000].map((slot) => finalHeights[slot]),
  );
}

say('\nEvery order on two branches, n = 4, f = 1');
for (const everyHeight of [false, true]) {
  const depth = count('DEPTH', 16) - (everyHeight ? 4 : 0);
  const from = process.cpuUsage();
  const { states, conflict } = searchTwoBranches({ size: 4, byzantine: 1, depth, everyHeight });
  const all = states.reduce((sum, some) => sum + some, 0);
  say(
    `${everyHeight ? 'any' : 'least'} height stated: ${depth} blocks deep, ${all} states, ${conflict === undefined ? 'no conflict' : 'CONFLICT'}, ${seconds(from)} s`,
  );
  mustBe(conflict === undefined, JSON.stringify(conflict));
}
