/**
 * Crypto answers: what the world has published about these hashes and this curve, for the laws of crypto.
 *
 * Source: FIPS 180-4 and 202 with their examples (hashes); SEC 2 section 2.4.1 (the curve); RFC 6979 (nonces), whose
 * vectors for this curve are those that Bitcoin wallets share.
 */

/** n, the order of the group. */
export const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
export const ORDER_LESS_1 = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140';
export const ONE = '01'.padStart(64, '0');
/** The base point's x; its y is even. */
export const BASE_X = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

/** SHA-256 and SHA3-256 of texts, from the standards' examples. */
export const HASHES = [
  {
    text: '',
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    sha3: 'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a',
  },
  {
    text: 'abc',
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    sha3: '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  },
  {
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    sha256: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    sha3: '41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376',
  },
] as const;

/** Private keys 1, 2 and n - 1. */
export const PUBLIC_KEYS = [
  { privateKey: ONE, publicKey: `02${BASE_X}` },
  {
    privateKey: '02'.padStart(64, '0'),
    publicKey: '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
  },
  { privateKey: ORDER_LESS_1, publicKey: `03${BASE_X}` },
] as const;

/** r and s of the RFC 6979 vectors of this curve; the message is hashed by SHA-256. */
export const SIGNATURES = [
  {
    privateKey: ONE,
    message: 'Satoshi Nakamoto',
    rs: '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  },
  {
    privateKey: ONE,
    message: 'All those moments will be lost in time, like tears in rain. Time to die...',
    rs: '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
  },
  {
    privateKey: ORDER_LESS_1,
    message: 'Satoshi Nakamoto',
    rs: 'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
  },
] as const;
