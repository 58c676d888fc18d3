import { createPrivateKey, X509Certificate } from 'node:crypto'
import { Mistake } from './values.ts'
import type { Reader } from './values.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const AS_A_FILE = 'is best given as a file, by the name with _FILE behind it'

/** One certificate or several behind each other, as they were written. */
export const pemCertificates: Reader<string> = (value) => {
  const found = value.match(CERTIFICATE) ?? []
  const isPem = found.length > 0 && found.every((each) => isReadable(() => new X509Certificate(each)))
  return isPem ? value : new Mistake(`expects certificates in PEM form, and ${AS_A_FILE}`)
}

/** A private key without a passphrase, as it was written. */
export const pemKey: Reader<string> = (value) =>
  isReadable(() => createPrivateKey(value))
    ? value
    : new Mistake(`expects a private key in PEM form without a passphrase, and ${AS_A_FILE}`)

function isReadable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}
