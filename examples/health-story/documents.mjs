/**
 * Documents: the laboratory value of a patient who does not exist, and what an association says of its doctor.
 *
 * The record is written as text, not by `JSON.stringify`, which would make 7.10 a 7.1.
 */
import { writeCertificate } from 'medstate/health';

const bytesOf = (text) => new TextEncoder().encode(text);

export const patient = {
  given: 'Soo-ah Maribel',
  family: 'Baek-Hartmann',
  birthDate: '1968-03-14',
  medicalRecordNumber: 'MRN-4711-0815',
  value: '7.10',
};

export const physician = { name: 'Dr. Jae-won Oberlechner', licenceNumber: 'KMA-55210' };

export const observation = bytesOf(`{
  "resourceType": "Observation",
  "id": "lab-20261101-hba1c",
  "contained": [
    {
      "resourceType": "Patient",
      "id": "p",
      "identifier": [{ "system": "urn:oid:1.2.410.100110", "value": "${patient.medicalRecordNumber}" }],
      "name": [{ "family": "${patient.family}", "given": ["${patient.given}"] }],
      "gender": "female",
      "birthDate": "${patient.birthDate}"
    }
  ],
  "identifier": [{ "system": "urn:lab", "value": "L-88-20261101" }],
  "status": "final",
  "code": {
    "coding": [{ "system": "http://loinc.org", "code": "4548-4", "display": "Hemoglobin A1c/Hemoglobin.total in Blood" }]
  },
  "subject": { "reference": "#p", "display": "${patient.given} ${patient.family}" },
  "effectiveDateTime": "2026-11-01T18:40:00+09:00",
  "performer": [{ "display": "${physician.name}" }],
  "valueQuantity": { "value": ${patient.value}, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%" },
  "referenceRange": [{ "low": { "value": 4.0, "unit": "%" }, "high": { "value": 5.60, "unit": "%" } }],
  "note": [{ "text": "Ms ${patient.family} asks for a call." }]
}
`);

/** What is shown of it, by pointer. A field that is named is shown, whatever the rules of withholding say. */
export const chosen = ['/resourceType', '/status', '/code/coding/0/system', '/code/coding/0/code', '/valueQuantity'];

/** The certificate of the doctor, by the association. */
export const certificateOf = ({ certifier, subject, issued, expires }) => {
  const certificate = {
    certifier: { account: certifier, name: 'Association of Physicians', region: 'KR' },
    subject: { account: subject, name: physician.name, licenceNo: physician.licenceNumber },
    profession: { system: 'urn:professions', code: 'physician' },
    specialty: 'endocrinology',
    department: undefined,
    hospital: 'Seoul',
    region: 'KR',
    issued,
    expires,
    evidenceHash: undefined,
  };
  return { certificate, bytes: writeCertificate(certificate) };
};
