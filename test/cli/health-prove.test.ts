import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { bindHolder, presentationText, readPresentation } from '../../src/health/index.ts';
import { rightOf } from '../health/records.ts';
import { crypto, factOf, healthDesk, RECORD } from './health-desk.ts';

const { play, place, write, read, names, person, withPassword, complaint, usage } = healthDesk();

const [ann, bob] = [await person(1), await person(2)];
const file = write(RECORD);
const ROOT = factOf((await play(['root', file])).out, 'root');

/** A presentation in a file. */
const proven = async (...words: readonly string[]): Promise<string> => {
  const out = place();
  const { code, err } = await play(['prove', file, ...words, '--out', out]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
};

describe('medstate health prove', () => {
  it('writes a presentation of the chosen fields, which proves these and nothing else', async () => {
    const out = place();
    const made = await play(['prove', file, '--show', '/status', '--show', '/valueQuantity', '--out', out]);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(factOf(made.out, 'root')).toBe(ROOT);
    expect(factOf(made.out, 'shown')).toBe('4 values');
    expect(factOf(made.out, 'presentation')).toBe(out);
    expect(read(out)).not.toMatch(/Ann Lee|718-7/);
    expect(await play(['verify', out, '--root', ROOT])).toEqual({
      code: 0,
      err: '',
      out:
        `root    ${ROOT}\nholder  nobody has signed it; none was asked for\n\n` +
        '/status: "final"\n/valueQuantity: object of "unit", "value"\n/valueQuantity/unit: "g/dL"\n/valueQuantity/value: 7.10\n',
    });
  });

  it('prints the very text of the presentation if no file is named', async () => {
    const { out } = await play(['prove', file, '--show', '/status']);
    expect(out).toBe(read(await proven('--show', '/status')));
  });

  it('chooses by FHIRPath, too', async () => {
    const words = ['--fhirpath', 'Observation.value.unit', '--fhirpath', 'code.text'];
    const { out } = await play(['verify', await proven(...words), '--root', ROOT]);
    expect(out).toMatch(/\n\n\/code\/text: "Hb"\n\/valueQuantity\/unit: "g\/dL"\n$/);
  });

  it('withholds what the rules withhold, and shows it if its rule is allowed or the field is named', async () => {
    const all = await play(['verify', await proven('--show', ''), '--root', ROOT]);
    expect(all.out).not.toMatch(/Ann Lee|x1/);
    const allowed = await proven('--show', '', '--allow', 'reference', '--allow', 'id');
    expect((await play(['verify', allowed, '--root', ROOT])).out).toMatch(/Ann Lee/);
    const named = await proven('--show', '/subject/display');
    expect((await play(['verify', named, '--root', ROOT])).out).toMatch(/\/subject\/display: "Ann Lee"\n$/);
  });

  it('previews what the receiver would see and what is withheld and why, without a seed, and writes nothing', async () => {
    const bare = write(RECORD);
    const before = names();
    const { code, out, err } = await play(['prove', bare, '--show', '', '--preview']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('/valueQuantity/value = 7.10\n');
    expect(out).toContain(
      '  reference (1): references and what they display name persons, visits and places\n    /subject\n',
    );
    expect(out).not.toContain('Ann Lee');
    expect(names()).toEqual(before);
  });

  it('escapes the names of members, so that none looks like another line', async () => {
    const { out } = await play(['verify', await proven('--show', '/odd\n~1status'), '--root', ROOT]);
    expect(out).toMatch(/\n\n\/odd\\u\{a\}~1status: 1\n$/);
  });

  it.each<[readonly string[], RegExp]>([
    [
      ['--show', '/code/codng'],
      /^--show: pointer_leads_nowhere: \/code\/codng: leads nowhere: \/code is an object of coding, text$/,
    ],
    [['--show', '/code/coding/3'], /^--show: pointer_leads_nowhere: [^\n]*a list of 1: 0 to 0$/],
    [['--show', 'code'], /^--show: pointer_malformed: code: is no JSON Pointer/],
    [['--fhirpath', 'Observation.'], /^--fhirpath Observation\.: expression_malformed: /],
    [['--fhirpath', "'a' & 'b'"], /^--fhirpath 'a' & 'b': (?:path_is_computed|function_refused): /],
    [
      ['--fhirpath', 'Observation.issued'],
      /^--fhirpath Observation\.issued: path_leads_nowhere: the record has nothing there/,
    ],
  ])('says which choice of %j is at fault, and leaves nothing behind', async (words, told) => {
    const out = place();
    const before = names();
    const { code, err } = await play(['prove', file, ...words, '--out', out]);
    expect(code).toBe(2);
    expect(err.replace(/^medstate: /, '').trimEnd()).toMatch(told);
    expect(names()).toEqual(before);
  });

  it('refuses if all that was chosen is withheld', async () => {
    const { err } = await play(['prove', write('{"identifier":{"id":"1"},"x":{"id":"1"}}'), '--show', '/x']);
    expect(err).toMatch(/: present_nothing: the rules withhold all that was chosen: look at --preview/);
  });

  it('refuses FHIRPath over what is no resource', async () => {
    const { code, err } = await play(['prove', write('{"a":1}'), '--fhirpath', 'a']);
    expect(code).toBe(2);
    expect(err).toMatch(/^medstate: --fhirpath a: document_is_no_resource: /);
  });

  it('never writes over a file, and says so before any work', async () => {
    const out = write('mine');
    expect(await play(['prove', file, '--show', '/status', '--out', out])).toEqual(
      complaint(`${out}: found a file, wanted none: nothing is overwritten; name another, or move it away`),
    );
    expect(read(out)).toBe('mine');
  });

  it('wants the seed beside the record, or named', async () => {
    const bare = write(RECORD);
    const answer = await play(['prove', bare, '--show', '/status']);
    expect(answer).toEqual(complaint(`${bare}.seed: no such file or directory`));
    const other = await play(['prove', file, '--show', '/status', '--seed-file', write('07'.repeat(32))]);
    expect(other.code).toBe(0);
    expect(JSON.parse(other.out)).not.toMatchObject({ root: ROOT });
  });

  it.each<[readonly string[], string]>([
    [[], 'prove wants --show <pointer> or --fhirpath <expression>'],
    [['--show', '/a', '--preview', '--out', 'x'], '--preview writes nothing: leave --out away'],
    [['--show', '/a', '--audience', 'x'], 'prove wants --holder-key <keystore> with --audience and --nonce'],
    [['--show', '/a', '--holder-key', 'x'], 'prove wants --audience <text> with --holder-key'],
    [['--show', '/a', '--holder-key', 'x', '--audience', 'a'], 'prove wants --nonce <text> with --holder-key'],
    [
      ['--show', '/a', '--holder-key', 'x', '--audience', '', '--nonce', 'n'],
      '--audience: found 0 bytes, wanted a text of 1 to 512',
    ],
    [['--show', '/a', '--root', 'x'], '--root is not for prove'],
  ])('complains about the usage %j in one line', async (words, line) => {
    expect(await play(['prove', file, ...words])).toEqual(usage(line));
  });

  it('complains about a rule that there is not, and tells those that there are', async () => {
    const { code, err } = await play(['prove', file, '--show', '/status', '--allow', 'all']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^medstate: --allow: found 'all', wanted one of narrative, id, meta, .* \(see medstate health --help\)\n$/,
    );
  });
});

describe('a holder', () => {
  const asked = ['--audience', 'clinic.example', '--nonce', 'n-1'];
  const bind = (): Promise<string> =>
    proven('--show', '/status', '--holder-key', ann.keystore, ...asked, ...withPassword);

  it('signs for an audience and a nonce, and the verifier sees by whom', async () => {
    const out = await bind();
    const words = ['verify', out, '--root', ROOT];
    const checked = await play([...words, ...asked, '--key', ann.address, '--max-age', '600']);
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(factOf(checked.out, 'holder')).toMatch(new RegExp(`^${ann.address}, \\d{4}-\\d\\d-\\d\\dT`));
    const unasked = await play(words);
    expect(factOf(unasked.out, 'holder')).toBe(
      `${ann.address} is named, and was not checked: give --audience and --nonce`,
    );
  });

  it.each<[string, readonly string[]]>([
    ['holder_audience_differs', ['--audience', 'other', '--nonce', 'n-1']],
    ['holder_nonce_differs', ['--audience', 'clinic.example', '--nonce', 'n-2']],
    ['holder_key_differs', [...asked, '--key', bob.address]],
  ])('is refused as %s if it was asked otherwise', async (code, words) => {
    const answer = await play(['verify', await bind(), '--root', ROOT, ...words]);
    expect(answer).toMatchObject({ code: 1, err: '' });
    expect(answer.out).toMatch(new RegExp(`^[^\\n]*: ${code}: [^\\n]+\\n$`));
  });

  it('may say a time of which no calendar knows, unless its age is asked for', async () => {
    const unbound = rightOf(readPresentation(readFileSync(await proven('--show', '/status'))));
    const signer = signerOf(crypto, ann.privateKey);
    const claim = { audience: 'a', nonce: 'b', issuedSeconds: Number.MAX_SAFE_INTEGER, key: signer.address };
    const out = write(presentationText(await bindHolder(crypto, unbound, claim, signer.sign)));
    const words = ['verify', out, '--root', ROOT, '--audience', 'a', '--nonce', 'b'];
    expect(factOf((await play(words)).out, 'holder')).toBe(`${ann.address}, 9007199254740991 seconds`);
    expect((await play([...words, '--max-age', '5'])).out).toMatch(/: holder_too_early: /);
  });

  it('is missed if one was asked for and nobody has signed', async () => {
    const out = await proven('--show', '/status');
    expect((await play(['verify', out, '--root', ROOT, ...asked])).out).toMatch(
      /: holder_missing: nobody has signed it/,
    );
  });

  it('needs the right password, which is never said on the command line', async () => {
    const words = ['prove', file, '--show', '/status', '--holder-key', ann.keystore, ...asked];
    expect(await play(words)).toEqual(
      usage(`the keystore ${ann.keystore} wants --password-file <file> or --password-env <name>`),
    );
    expect(await play([...words, '--password-file', write('wrong')])).toEqual(
      complaint(`${ann.keystore}: the password is not that of the keystore, or the keystore was changed`),
    );
  });
});

describe('medstate health verify', () => {
  it('answers no, with code and place, to a presentation that was changed', async () => {
    const text = read(await proven('--show', '/status'));
    const changed = write(text.replace('"final"', '"draft"'));
    expect(await play(['verify', changed, '--root', ROOT])).toEqual({
      code: 1,
      err: '',
      out: `${changed}: proof_root_differs: it does not lead to the root: ask for another presentation, and do not trust this one\n`,
    });
    const other = await play(['verify', write(text), '--root', 'ab'.repeat(32)]);
    expect(other).toMatchObject({ code: 1, err: '' });
    expect(other.out).toMatch(/: presentation_root_differs: /);
  });

  it('says in which part of a presentation of trees in trees the fault is', async () => {
    const bundle = write('{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","active":true}}]}');
    const root = factOf((await play(['root', bundle, '--mode', 'B'])).out, 'root');
    const { out } = await play(['prove', bundle, '--show', '/entry/0/resource/active']);
    const changed = write(out.replace('"v":true', '"v":false'));
    expect((await play(['verify', changed, '--root', root])).out).toMatch(
      /: proof_root_differs: in the tree at \/entry\/0\/resource: /,
    );
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"v":1,', /: json_syntax: line 1, column 8 /],
    ['another document', '{"a":1}', /: presentation_member_wrong: line 1, column /],
    ['an empty file', '', /: json_syntax: line 1, column 1 /],
  ])('answers no, with line and column, to %s', async (_, text, told) => {
    const { code, out, err } = await play(['verify', write(text), '--root', ROOT]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(told);
    expect(out.split('\n')).toHaveLength(2);
  });

  it.each<[readonly string[], string]>([
    [[], 'verify wants --root <root>'],
    [['--root', 'AB'], "--root: found 'AB', wanted 64 lower-case hex digits"],
    [
      ['--root', ROOT, '--audience', 'a'],
      'verify wants --audience and --nonce together, and --key and --max-age only with them',
    ],
    [
      ['--root', ROOT, '--key', ann.address],
      'verify wants --audience and --nonce together, and --key and --max-age only with them',
    ],
    [
      ['--root', ROOT, '--audience', 'a', '--nonce', 'b', '--key', 'c'],
      "--key: found 'c', wanted a public key: 66 lower-case hex digits, 02 or 03 first",
    ],
    [
      ['--root', ROOT, '--audience', 'a', '--nonce', 'b', '--max-age', '-1'],
      "option '--max-age' argument is ambiguous",
    ],
  ])('complains about the usage %j in one line', async (words, line) => {
    expect(await play(['verify', file, ...words])).toEqual(usage(line));
  });
});
