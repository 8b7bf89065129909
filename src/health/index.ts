/**
 * Health data: records as salted Merkle trees, shown field by field, anchored by one root, shared under seal.
 *
 * Pure and without a host, for Node and browsers alike; what needs a heavy library has a subpath of its own.
 */

/** The name of the construction, hashed into every leaf and node. */
export const PROFILE = 'medstate/fhir-merkle/1';
