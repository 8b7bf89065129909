/**
 * Rules: what is withheld when a whole part of a record is chosen, each by its name and with the reason that people are told.
 *
 * A rule knows no FHIR version: it looks at members' names, at what an object looks like, and at where it stands, so that a resource
 * in a Bundle, in another one, or in Parameters is treated alike. It would rather withhold too much; who wants a field names it.
 * Source: the data types of FHIR R4 and R5; L. Sweeney, Simple Demographics Often Identify People Uniquely (2000).
 */

/** What an object looks like, by its members. All that is said must hold. */
export interface Look {
  /** Members that are there and hold strings. */
  readonly strings?: readonly string[];
  /** Members of which at least one is there. */
  readonly any?: readonly string[];
  /** Besides these, and the extensions and id that each element may have, there is none. */
  readonly only?: readonly string[];
}

/** One way to be found. A member of a list of items is found by the list's name. All that is said must hold. */
export interface Trace {
  /** Names of members, without the underscore that goes before extensions of primitives. */
  readonly members?: readonly string[];
  /** How the names of members of a choice end: `valueIdentifier`, `masterIdentifier`. */
  readonly endings?: readonly string[];
  /** Names of members for which it does not hold. */
  readonly butMembers?: readonly string[];
  /** Names of members that hold the object around it, for which it does not hold. */
  readonly butIn?: readonly string[];
  /** Members beside it, with which it does not hold. */
  readonly butBeside?: readonly string[];
  /** It holds an object or a list. */
  readonly isContainer?: true;
  /** It holds a string. */
  readonly isText?: true;
  /** It holds an object, no whole resource, that looks like this. */
  readonly look?: Look;
  /** It holds a string that begins so. */
  readonly begins?: string;
}

export interface WithholdingRule {
  /** By this name it is allowed. */
  readonly name: string;
  /** Why it is withheld, for people. */
  readonly reason: string;
  readonly traces: readonly Trace[];
}

const PARAMETERS = ['parameter', 'part'];
const CODINGS = ['coding', 'valueCoding', 'class', 'tag', 'security'];
const TELECOM = ['telecom', 'phone', 'email', 'fax', 'valueContactPoint'];
const REFERENCE = ['reference', 'type', 'identifier', 'display'];
/** An Identifier, a ContactPoint, or the group and plan of an insurance: a number and what it is. */
const NUMBERED = ['use', 'type', 'system', 'value', 'period', 'assigner', 'rank', 'name'];
const ATTACHMENT = [
  ...['contentType', 'language', 'data', 'url', 'size', 'hash', 'title', 'creation'],
  ...['height', 'width', 'frames', 'duration', 'pages'],
];
/** Members of a choice that may hold anything. */
const FREE_VALUES = [
  ...['valueString', 'valueMarkdown', 'valueDate', 'valueDateTime', 'valueInstant', 'valueTime'],
  ...['valueUri', 'valueUrl', 'valueUuid', 'valueId', 'valueOid'],
];
const EXTENSIONS = ['extension', 'modifierExtension'];

/** In the order in which they are asked: the first that finds a value withholds it. */
export const withholdingRules = [
  {
    name: 'narrative',
    reason: 'the text for people repeats all other fields',
    traces: [{ members: ['text'], isContainer: true }, { members: ['div'] }],
  },
  { name: 'id', reason: 'ids lead back to the person in the system they come from', traces: [{ members: ['id'] }] },
  {
    name: 'meta',
    reason: 'versions, times of change and sources lead back to the system the record comes from',
    traces: [{ members: ['meta', 'valueMeta'] }],
  },
  {
    name: 'full-url',
    reason: 'addresses of resources hold their ids',
    traces: [
      { members: ['fullUrl', 'link', 'etag', 'endpoint'] },
      { members: ['query'], isText: true },
      { members: ['request'], look: { strings: ['method', 'url'] } },
      {
        members: ['response'],
        look: { strings: ['status'], only: ['status', 'location', 'etag', 'lastModified', 'outcome'] },
      },
    ],
  },
  {
    name: 'contained',
    reason: 'resources inside a resource are often of persons',
    traces: [{ members: ['contained'] }],
  },
  {
    name: 'extension',
    reason: 'extensions may hold anything, such as a birth place or a maiden name',
    traces: [{ members: ['extension'] }],
  },
  {
    name: 'contact',
    reason: 'contacts are relatives and others with names and addresses',
    traces: [{ members: ['contact'] }],
  },
  {
    name: 'telecom',
    reason: 'phone numbers and mail addresses find the person',
    traces: [{ members: TELECOM }, { endings: ['ContactPoint'] }, { begins: 'mailto:' }, { begins: 'tel:' }],
  },
  {
    name: 'identifier',
    reason: 'numbers of persons, policies, orders and devices find the person in other records',
    traces: [
      { members: ['identifier', 'requisition', 'preAuthRef', 'uid', 'udi', 'udiCarrier', 'serialNumber'] },
      { members: ['subscriberId', 'policyNumber', 'memberId', 'accession', 'accountNumber'] },
      { members: ['dependent', 'businessArrangement', 'userId', 'altId', 'whoUri', 'onBehalfOfUri'] },
      { endings: ['Identifier'] },
      { look: { strings: ['value', 'system'] }, butMembers: TELECOM },
      { look: { strings: ['value'], any: ['assigner'] } },
      { look: { strings: ['value'], only: NUMBERED }, butMembers: TELECOM },
    ],
  },
  {
    name: 'reference',
    reason: 'references and what they display name persons, visits and places',
    traces: [
      { members: ['subject', 'patient', 'beneficiary', 'individual'] },
      { endings: ['Reference'] },
      { look: { strings: ['reference'] } },
      { look: { any: ['reference', 'identifier', 'display'], only: REFERENCE }, butMembers: CODINGS },
      { begins: 'urn:uuid:' },
    ],
  },
  {
    name: 'name',
    reason: 'names of persons and places',
    traces: [
      { members: ['name'], butIn: PARAMETERS },
      { members: ['alias', 'authorString', 'mothersMaidenName'] },
      { members: ['site'], isText: true },
      { endings: ['HumanName'] },
      { look: { any: ['family', 'given'] } },
    ],
  },
  {
    name: 'address',
    reason: 'addresses find the person; with others, even a town may',
    traces: [
      { members: ['address', 'networkString', 'networkUri'] },
      { endings: ['Address'] },
      { look: { any: ['line', 'postalCode', 'city', 'district'] } },
    ],
  },
  {
    name: 'address-line',
    reason: 'street and house, even of an address that is chosen',
    traces: [{ members: ['line'] }],
  },
  {
    name: 'postal-code',
    reason: 'postal code, sex and birth date tell most persons apart, even of an address that is chosen',
    traces: [{ members: ['postalCode'] }],
  },
  {
    name: 'position',
    reason: 'a place on the map is an address',
    traces: [{ members: ['position', 'longitude', 'latitude', 'altitude'] }],
  },
  {
    name: 'birth-date',
    reason: 'a full birth date, with postal code and sex, tells most persons apart',
    traces: [{ members: ['birthDate', 'birthTime', 'bornDate', 'bornPeriod', 'bornString'] }],
  },
  {
    name: 'death-date',
    reason: 'a date of death finds the person in public registers',
    traces: [{ members: ['deceasedDateTime', 'deceasedDate', 'deceasedString', 'timeOfDeath'] }],
  },
  {
    name: 'attachment',
    reason: 'pictures and files show more than can be told from outside',
    traces: [
      { members: ['photo', 'attachment'] },
      { endings: ['Attachment', 'Base64Binary'] },
      { look: { strings: ['contentType'] } },
      { look: { any: ['url', 'data'], only: ATTACHMENT }, butMembers: EXTENSIONS },
      { members: ['data'], butBeside: ['origin', 'dimensions'] }, // sampled data, such as an ECG
      { members: ['content'], isText: true }, // the file itself in a Binary before R4
    ],
  },
  {
    name: 'signature',
    reason: 'signatures name who signed',
    traces: [
      { members: ['signature', 'sourceIdentityCertificate', 'proxyIdentityCertificate', 'identityCertificate'] },
      { endings: ['Signature'] },
    ],
  },
  {
    name: 'note',
    reason: 'notes are free text, in which names are found',
    traces: [
      { members: ['note', 'notes', 'comment', 'comments', 'fhir_comments', 'processNote', 'progress'] },
      { members: ['contentString', 'patientInstruction', 'availabilityExceptions', 'diagnostics'] },
      { endings: ['Annotation'] },
      { look: { strings: ['text'], any: ['authorString', 'authorReference', 'time'] } },
    ],
  },
  {
    name: 'description',
    reason: 'titles and descriptions are free text, in which names are found',
    traces: [{ members: ['title', 'description'], isText: true }],
  },
  {
    name: 'answer',
    reason: 'answers and parameters without a code may be anything, such as a name or a birth date',
    traces: [
      { members: FREE_VALUES, butBeside: ['code'], butIn: ['extension'] }, // beside a code it is what was observed
    ],
  },
] as const satisfies readonly WithholdingRule[];

export type RuleName = (typeof withholdingRules)[number]['name'];
