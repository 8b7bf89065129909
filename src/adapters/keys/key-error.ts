/**
 * Key errors: what keeps a key from being opened or from signing, each with a stable code and the way out.
 *
 * None of them holds a private key or a password, nor does what they are caused by.
 */

/** Why a keystore does not open. The words never change their meaning. */
export type KeystoreCode =
  | 'keystore_malformed' // it is no keystore
  | 'keystore_too_costly' // it asks for more memory or time than a file may
  | 'keystore_password_wrong' // the password is another, or the file was changed: the mac cannot tell which
  | 'keystore_key_wrong'; // what it holds is no private key, or not that of its address

/** Why a key will not or cannot. The words never change their meaning. */
export type KeyCode =
  | 'key_closed' // this object was closed
  | 'key_failed' // what signs has failed; its lock has moved on, so only the same header may be signed of this slot
  | 'lock_missing' // there is no lock, and nothing was said of how to begin one
  | 'lock_exists' // there is a lock where one was to be begun
  | 'lock_not_medstate' // something else stands there
  | 'lock_version_newer' // a later version of this library wrote it
  | 'lock_damaged' // parts of it are missing or make no sense
  | 'lock_other_key' // it is the lock of another key
  | 'lock_busy' // another process, or another part of this one, holds it
  | 'lock_closed' // it was closed
  | 'lock_unreadable' // it could not be read
  | 'lock_failed' // it could not be written: it may be the old one or the next one, so open the key anew
  | KeystoreCode
  | 'keystore_failed'; // this machine could not derive the key from the password

/** A key that will not or cannot. The message says what to do; `cause` is the error beneath, if there is one. */
export class KeyError extends Error {
  readonly code: KeyCode;
  constructor(code: KeyCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeyError';
    this.code = code;
  }
}
