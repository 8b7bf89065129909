/**
 * A lab value with its proof: a doctor signs a record, a patient anchors it from a fresh account, and shows one value of it to
 * somebody who trusts a block's id and nothing else. Then the chain is searched for the patient.
 *
 * Run it: `node examples/health-story.mjs`. With the name of a mishap it goes otherwise, and the story says where:
 * `node examples/health-story.mjs owner-key-in-a-message`. Chance has a seed and the clock is set by hand, so it always says the same.
 */
import { keys, MED, payloads, toHex } from 'medstate';
import {
  acceptCertificate,
  anchorTransaction,
  certificationTransaction,
  describeContent,
  instantOf,
  partialText,
  revocationTransaction,
  secondsOf,
  select,
  signRecord,
  writeEnvelope,
} from 'medstate/health';
import { openChain, rightOf } from './health-story/chain.mjs';
import { chanceOf } from './health-story/chance.mjs';
import { certificateOf, chosen, observation, patient, physician } from './health-story/documents.mjs';
import { handOver, sizeOf } from './health-story/hand-over.mjs';
import { changedSince, entriesOf, findIn } from './health-story/scan.mjs';
import { openAs, sealTo } from './health-story/seal.mjs';
import { believing, verdictOf } from './health-story/third-party.mjs';

const CHAIN_ID = 7;
const GENESIS_TIME = secondsOf('2026-11-01T00:00:00Z');
const HOUR = 3600;

/** What may go wrong: each changes one thing of the story. */
const mishaps = {
  'owner-key-in-a-message': { messageOf: ({ ownerKey }) => ownerKey },
  'name-in-a-message': { messageOf: () => `best wishes to ${patient.family}` },
  'birth-date-as-plain-hash': { messageOf: ({ crypto }) => toHex(crypto.sha256(Buffer.from(patient.birthDate))) },
  'anchored-from-the-main-account': { anchorsFrom: 'main' },
  'never-certified': { isCertified: false },
  'association-unknown': { believes: 'hospital' },
  'nonce-of-yesterday': { answers: 'asked yesterday' },
  'value-left-as-it-was': { forgedValue: patient.value },
  'capsule-changed': { capsuleOf: (capsule) => capsule.with(200, capsule[200] ^ 1) },
  'insurer-poses-as-the-clinic': { insurer: 'https://clinic.example' },
  'file-named-after-the-patient': { fileName: `${patient.family}.object` },
  'hospital-has-the-key': { doesHospitalHaveKey: true },
  'never-revoked': { isRevoked: false },
};
const [mishap] = process.argv.slice(2);
if (mishap !== undefined && mishaps[mishap] === undefined) {
  process.stderr.write(`no mishap is called ${mishap}: there are ${Object.keys(mishaps).join(', ')}\n`);
  process.exit(2);
}
const plan = {
  messageOf: () => 'for the electricity',
  anchorsFrom: 'fresh',
  isCertified: true,
  believes: 'association',
  answers: 'asked today',
  forgedValue: '5.40',
  capsuleOf: (capsule) => capsule,
  insurer: 'https://insurer.example',
  fileName: 'a.object',
  doesHospitalHaveKey: false,
  isRevoked: true,
  ...mishaps[mishap],
};

let failures = 0;
const say = (chapter, text) => process.stdout.write(`${chapter.padEnd(10)}${text}\n`);
/** Says something that must be so. */
const claim = (chapter, text, isSo) => {
  if (!isSo) failures += 1;
  say(chapter, isSo ? text : `${text}   <- NOT AS CLAIMED`);
};

const chain = await openChain({
  chainId: CHAIN_ID,
  genesisTime: GENESIS_TIME,
  others: { hospital: 90_000_000n, association: 10n, doctor: 10n, main: 1_000n },
});
const { crypto, clock, people } = chain;
const atGenesis = entriesOf(chain.engine.tip.state);

const { chance, newAccount } = chanceOf(crypto, 'health story');
const signWith =
  ({ privateKey }) =>
  (hash) =>
    crypto.sign(hash, privateKey);
const short = (hex) => `${hex.slice(0, 8)}...`;
const [hospital, association, doctor, main] = ['hospital', 'association', 'doctor', 'main'].map((label) =>
  people.get(label),
);

// The hospital stakes: its bandwidth pays for all that others send.
await chain.send(hospital, { kind: 'stake', value: 50_000_000n * MED });

// 1. The association certifies the doctor, who accepts. On the chain: two accounts, two times, a salted hash.
const issued = instantOf(GENESIS_TIME);
const written = certificateOf({
  certifier: association.address,
  subject: doctor.address,
  issued,
  expires: instantOf(GENESIS_TIME + 300 * 24 * HOUR),
});
const certificate = rightOf(
  acceptCertificate(crypto, {
    chainId: CHAIN_ID,
    certificate: { bytes: written.bytes, seed: chance(32) },
    sign: signWith(doctor),
  }),
);
if (plan.isCertified) {
  await chain.send(association, certificationTransaction(written.certificate, certificate.anchored), hospital);
  say('certified', `a physician of KR, by the association; on the chain as ${short(certificate.anchored)}`);
}

// 2. The doctor builds the tree of the record, and signs the envelope around it. The patient gave a key for this record alone.
clock.advance(10 * HOUR);
const owner = newAccount();
const content = { bytes: observation, seed: chance(32) };
const described = rightOf(describeContent(crypto, content, { mode: 'A', fhirVersion: '4.0.1' }));
const envelope = {
  bytes: writeEnvelope({
    content: described.content,
    owner: { key: owner.address },
    creator: {
      account: doctor.address,
      certificate: { hash: certificate.anchored, certifier: association.address },
    },
    created: instantOf(clock.now()),
    prev: undefined,
    attachments: [],
  }),
  seed: chance(32),
};
const record = rightOf(signRecord(crypto, { chainId: CHAIN_ID, content, envelope, sign: signWith(doctor) }));
say(
  'signed',
  `HbA1c of ${patient.value} %, one of ${described.tree.leafCount} values of a record with the root ${short(described.content.root)}`,
);

// 3. The patient anchors it hours later, from an account that was never seen; the hospital pays.
clock.advance(7 * HOUR);
const sender = plan.anchorsFrom === 'main' ? main : newAccount();
const anchored = await chain.send(sender, anchorTransaction(record.anchored), hospital);
const { balance, staked } = chain.engine.tip.state.get(keys.accountKey(sender.address));
claim(
  'anchored',
  `${instantOf(anchored.time)} by an account without coins, paid by the hospital; final`,
  balance + staked === 0n,
);
await chain.send(hospital, {
  kind: 'transfer',
  to: association.address,
  value: 1n,
  payload: payloads.messagePayload.encode({ message: plan.messageOf({ crypto, ownerKey: owner.address }) }),
});

// 4. The patient chooses. Of the whole record the rules would hold back what finds a person.
const { document } = described.tree;
const byDefault = rightOf(select(document, { wishes: [''] }));
const rules = [...new Set(byDefault.withheld.map(({ rule }) => rule))];
say('withheld', `by default: ${rules.join(', ')}`);
const { values } = rightOf(select(document, { wishes: chosen }));
say('chosen', `${values.length} of ${document.size} values, around one number`);

// 5. The patient shows it to a clinic, which gave a nonce: the value, the signature, the doctor's profession, proofs of the chain.
const AUDIENCE = 'https://clinic.example';
const answer = () => ({ audience: AUDIENCE, nonce: plan.answers, issuedSeconds: clock.now() });
const goods = { tree: described.tree, values, record, certificate, certifier: association, sender };
const handed = await handOver(chain, { ...goods, answer: answer() });
say('shown', `${sizeOf(handed)} bytes in all: texts, signatures, proofs, and the header of a block`);

// 6. The clinic checks. It trusts the id of the final block, and whom it believes.
const clinic = () => ({
  chainId: CHAIN_ID,
  blockId: chain.finalId(),
  certifiers: believing(people.get(plan.believes).address, GENESIS_TIME),
  audience: AUDIENCE,
  nonce: 'asked today',
  now: clock.now(),
});
const verdict = verdictOf(handed, clinic());
const { standing, profession, region, anchoredAt, owner: shownOwner } = verdict;
claim('verified', `under block ${short(chain.finalId())}: ${verdict.refused ?? standing}`, standing === 'valid');
if (verdict.values !== undefined) {
  for (const line of partialText(verdict.values).split('\n')) say('', line);
  say(
    '',
    `signed by a ${profession?.code} of ${region}, on the chain since ${instantOf(anchoredAt)}; whose it is: ${shownOwner}`,
  );
}

// 7. What was changed is refused by name.
const forged = Buffer.from(handed.content.toString().replace(`"v":"${patient.value}"`, `"v":"${plan.forgedValue}"`));
const forgery = verdictOf({ ...handed, content: forged }, clinic());
claim(
  'refused',
  `${plan.forgedValue} % instead: ${forgery.refused ?? 'taken'}`,
  forgery.refused === 'proof_root_differs',
);
const passedOn = verdictOf(handed, { ...clinic(), audience: plan.insurer });
claim('', `passed on to an insurer: ${passedOn.refused ?? 'taken'}`, passedOn.refused === 'holder_audience_differs');

// 8. The whole record goes to another doctor, under seal. Nobody on the way may find any of these in it.
const secrets = {
  ...patient,
  fullName: `${patient.given} ${patient.family}`,
  physicianName: physician.name,
  licenceNumber: physician.licenceNumber,
  ownerKey: owner.address,
  mainAccount: main.address,
  contentRoot: described.content.root,
};
const colleague = newAccount();
const doors = { crypto, random: chance, chainId: CHAIN_ID, sender: owner, now: clock.now() };
const sealed = await sealTo(colleague, { content, envelope }, doors);
const sealedFor = { ...sealed, capsule: plan.capsuleOf(sealed.capsule) };
const opened = await openAs(colleague, sealedFor, doors);
const { root } = described.content;
claim(
  'sealed',
  `${sealed.object.length} bytes and a capsule of ${sealed.capsule.length}; opened: ${opened === root ? 'the same root' : opened}`,
  opened === root,
);
const seen = findIn(crypto, secrets, [Buffer.from(plan.fileName), sealed.object, sealed.capsule]);
claim('', `what a relay sees of it: ${seen.join(', ') || 'nothing'}`, seen.length === 0);
const byAnother = await openAs(plan.doesHospitalHaveKey ? colleague : hospital, sealedFor, doors);
claim(
  '',
  `opened by the hospital: ${byAnother === root ? 'the same root' : byAnother}`,
  byAnother === 'capsule_not_for_us',
);

// 9. Days later the association takes the certificate back. What was signed before keeps its worth.
clock.advance(60 * HOUR);
if (plan.isCertified && plan.isRevoked)
  await chain.send(association, revocationTransaction(certificate.anchored), hospital);
const later = verdictOf(await handOver(chain, { ...goods, answer: answer() }), clinic());
claim(
  'revoked',
  `60 hours later, asked again: ${later.refused ?? later.standing}`,
  later.standing === 'validThenRevokedLater',
);

// 10. All bytes of all blocks, and all entries of the state that came or changed, are searched for the same.
const changed = changedSince(atGenesis, entriesOf(chain.engine.tip.state));
const found = findIn(crypto, secrets, [...chain.blocks, ...changed]);
const places = `${chain.blocks.length} blocks, ${changed.length} entries of the state, ${Object.keys(secrets).length} secrets`;
claim('searched', `${places}: ${found.join(', ') || 'nothing found'}`, found.length === 0);

await chain.engine.close();
say('', failures === 0 ? 'All is as claimed.' : `${failures} of the claims do not hold.`);
process.exitCode = failures === 0 ? 0 : 1;
