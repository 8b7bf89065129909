/**
 * Third party: somebody who trusts the id of one block and one association, and checks all else.
 *
 * It has no engine and no store. What it is handed are texts and bytes, from whoever.
 */
import { nobleCrypto } from 'medstate';
import { readPresentation, shownAt, trustOf, verifyAnchoredRecord, verifyPresentation } from 'medstate/health';
import { verifyHeader } from 'medstate/verify';

const refused = (code) => ({ refused: code });

/** What it believes: an association, of its physicians, for a year. */
export const believing = (association, from) =>
  trustOf({
    entries: [
      {
        account: association,
        professions: [{ system: 'urn:professions', code: 'physician' }],
        from,
        until: from + 31_536_000,
      },
    ],
  });

/** The verdict on what was handed over, or the code of the first refusal. */
export const verdictOf = (handed, { chainId, blockId, certifiers, audience, nonce, now }) => {
  const header = verifyHeader(handed.header, blockId);
  if (header._tag === 'Left') return refused(header.left);
  const read = [handed.content, handed.envelope, handed.certificate].map(readPresentation);
  const broken = read.find(({ _tag }) => _tag === 'Left');
  if (broken !== undefined) return refused(broken.left.code);
  const [content, envelope, certificate] = read.map(({ right }) => right);

  const record = verifyAnchoredRecord(
    nobleCrypto,
    {
      envelope,
      signature: handed.signature,
      anchor: handed.anchor,
      certification: { proof: handed.certification, certificate, acceptance: handed.acceptance },
    },
    { chainId, state: { id: blockId, header: handed.header }, certifiers },
  );
  if (record._tag === 'Left') return refused(record.left);

  // Who shows it is whoever anchored it, and made this presentation for us and for this question.
  const holder = { audience, nonce, key: handed.anchor.sender, now, maxAgeSeconds: 300 };
  const shown = verifyPresentation(nobleCrypto, content, { root: record.right.contentRoot, holder });
  if (shown._tag === 'Left') return refused(shown.left.code);
  const { standing, profession, region, anchoredAt, asOf } = record.right;
  const owner = shownAt(record.right.shown, ['owner', 'key']).is;
  return { standing, profession, region, anchoredAt, asOf, owner, values: shown.right };
};
