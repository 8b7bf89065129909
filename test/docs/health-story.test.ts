import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const story = fileURLToPath(new URL('../../examples/health-story.mjs', import.meta.url));
const BROKEN = '<- NOT AS CLAIMED';

interface Told {
  readonly status: number;
  readonly text: string;
  /** The lines that are not as claimed: the chapter, and what happened. */
  readonly broken: readonly string[];
}

const tell = (...mishap: readonly string[]): Promise<Told> =>
  new Promise((resolve) => {
    execFile(process.execPath, [story, ...mishap], (error, stdout, stderr) => {
      const broken = stdout
        .split('\n')
        .filter((line) => line.endsWith(BROKEN))
        .map((line) => line.slice(0, -BROKEN.length).replaceAll(/\s+/g, ' ').trim());
      resolve({ status: error === null ? 0 : Number(error.code), text: stdout + stderr, broken });
    });
  });

const chapterOf = (text: string, chapter: string): string =>
  text.split('\n').find((line) => line.startsWith(chapter)) ?? '';

describe('the story of a lab value with its proof', () => {
  it('ends well, and says the same in every run', async () => {
    const first = await tell();
    expect(first).toMatchObject({ status: 0, broken: [] });
    expect(await tell()).toEqual(first);
    expect(first.text.split('\n').length).toBeLessThan(30);
    const { text } = first;
    expect(chapterOf(text, 'anchored')).toContain('an account without coins, paid by the hospital; final');
    expect(chapterOf(text, 'withheld')).toMatch(/ id, contained, identifier, reference, note$/);
    expect(Number(/(\d+) bytes/.exec(chapterOf(text, 'shown'))?.[1])).toBeLessThan(6_000);
    expect(chapterOf(text, 'verified')).toMatch(/ valid$/);
    expect(text).toContain('/valueQuantity/value: 7.10\n');
    expect(text).toMatch(
      /signed by a physician of KR, on the chain since 2026-11-01T17:00:[0-9]{2}Z; whose it is: hidden\n/,
    );
    expect(chapterOf(text, 'refused')).toMatch(/5\.40 % instead: proof_root_differs$/);
    expect(text).toContain('passed on to an insurer: holder_audience_differs\n');
    expect(chapterOf(text, 'searched')).toMatch(
      /[1-9][0-9]+ blocks, [1-9][0-9]+ entries of the state, 11 secrets: nothing found$/,
    );
    expect(chapterOf(text, 'sealed')).toMatch(/opened: the same root$/);
    expect(chapterOf(text, 'revoked')).toMatch(/validThenRevokedLater$/);
  });

  it.each([
    ['owner-key-in-a-message', /^searched .*: ownerKey$/],
    ['name-in-a-message', /^searched .*: family$/],
    ['birth-date-as-plain-hash', /^searched .*: birthDate$/],
    ['anchored-from-the-main-account', /^anchored /, /^searched .*: mainAccount$/],
    ['never-certified', /^verified .*: notCertified$/, /^revoked .*: notCertified$/],
    ['association-unknown', /^verified .*: unknownCertifier$/, /^revoked .*: unknownCertifier$/],
    ['nonce-of-yesterday', /^verified .*: holder_nonce_differs$/, /^revoked .*: holder_nonce_differs$/],
    ['value-left-as-it-was', /^refused 7\.10 % instead: taken$/],
    ['capsule-changed', /^sealed .*: capsule_not_for_us$/],
    ['insurer-poses-as-the-clinic', /^passed on to an insurer: taken$/],
    ['file-named-after-the-patient', /^what a relay sees of it: family$/],
    ['hospital-has-the-key', /^opened by the hospital: the same root$/],
    ['never-revoked', /^revoked .*: valid$/],
  ])('says where it goes wrong with the mishap %s, and nowhere else', async (mishap, ...places) => {
    const { status, broken } = await tell(mishap);
    expect(status).toBe(1);
    expect(broken).toHaveLength(places.length);
    for (const [index, place] of places.entries()) expect(broken[index]).toMatch(place);
  });

  it('knows no mishap of another name', async () => {
    expect(await tell('nonsense')).toMatchObject({ status: 2, broken: [] });
  });
});
