import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Config } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'

/** Paths, as the settings name them. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  /** Of the proxies' authorities; null where no certificate is asked for. */
  readonly clientCa: string | null
}

/** The text of each. */
export interface TlsTexts {
  readonly certificate: string
  readonly key: string
  readonly clientCa: string | null
}

type TlsConfig = Pick<Config, 'tlsCertificateFile' | 'tlsKeyFile' | 'verifyClientCaFile'>

const CERTIFICATE = 'POSTERN_TLS_CERTIFICATE_FILE'
const KEY = 'POSTERN_TLS_KEY_FILE'
const CLIENT_CA = 'POSTERN_VERIFY_CLIENT_CA_FILE'

/** The files that are set, or null while our listeners don't speak TLS. */
export function tlsFilesOf(config: TlsConfig): TlsFiles | null {
  const { tlsCertificateFile: certificate, tlsKeyFile: key, verifyClientCaFile: clientCa } = config
  return certificate === null || key === null ? null : { certificate, key, clientCa }
}

/**
 * Reads all files anew.
 * @throws OperatorError for one that can't be read, and for a key that everybody may read
 */
export function readTlsTexts(files: TlsFiles): TlsTexts {
  const key = readText(files.key, KEY)
  // The owner and the group are the operator's choice; anybody else could be this site.
  if ((statSync(files.key).mode & 0o007) !== 0)
    throw new OperatorError(`${files.key} may be read by everybody. Take that away: chmod o= ${files.key}.`)
  return {
    certificate: readText(files.certificate, CERTIFICATE),
    key,
    clientCa: files.clientCa === null ? null : readText(files.clientCa, CLIENT_CA),
  }
}

/**
 * Looks whether what is set could serve now.
 * @throws OperatorError also for a certificate that is over, with which a start would go on
 */
export function checkTlsFiles(config: TlsConfig, nowMs: number): void {
  const files = tlsFilesOf(config)
  if (files === null) return
  const texts = readTlsTexts(files)
  checkTlsTexts(texts, files)
  const late = untimely(texts, files, nowMs)
  if (late.length > 0) throw new OperatorError(late.join('\n'))
}

/**
 * Looks whether they fit each other, so that a listener that has them can serve with them.
 * @throws OperatorError that says which doesn't, and what to do; never with text of a file
 */
export function checkTlsTexts(texts: TlsTexts, files: TlsFiles): void {
  const chain = certificatesIn(texts.certificate, files.certificate, CERTIFICATE)
  checkKey(chain, keyIn(texts.key, files.key), files)
  checkOrder(chain, files.certificate)
  if (texts.clientCa !== null && files.clientCa !== null) checkAuthorities(texts.clientCa, files.clientCa)
  try {
    createSecureContext(secureContextOf(texts))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason told'
    throw new OperatorError(`TLS does not take ${files.certificate} and what belongs to it: ${code}.`, 1, {
      cause: error,
    })
  }
}

/** What the listeners are told of them. Trust in proxies begins with these authorities and no others. */
export function secureContextOf({ certificate, key, clientCa }: TlsTexts) {
  if (clientCa === null) return { cert: certificate, key }
  const crl = blocks(clientCa, 'X509 CRL')
  return { cert: certificate, key, ca: blocks(clientCa, 'CERTIFICATE'), ...(crl.length > 0 && { crl }) }
}

/** What counts for nobody at this time though it fits, a sentence each. */
export function untimely({ certificate }: TlsTexts, { certificate: path }: TlsFiles, nowMs: number): string[] {
  const [own] = certificatesIn(certificate, path, CERTIFICATE)
  if (own === undefined) return []
  if (own.validToDate.getTime() < nowMs) return [`${path} ended on ${day(own.validToDate)}. Renew it.`]
  if (own.validFromDate.getTime() <= nowMs) return []
  return [`${path} begins only on ${day(own.validFromDate)}. Check the clock of this machine.`]
}

function readText(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason told'
    throw new OperatorError(`${path} can't be read: ${code}. Check ${setting} and its permissions.`, 1, {
      cause: error,
    })
  }
}

function blocks(text: string, label: string): string[] {
  return text.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? []
}

function certificatesIn(text: string, path: string, setting: string): X509Certificate[] {
  try {
    const found = blocks(text, 'CERTIFICATE').map((block) => new X509Certificate(block))
    if (found.length > 0) return found
  } catch {
    // Told below; the error could quote what is no certificate.
  }
  throw new OperatorError(`${path} holds no certificate in PEM that can be read. Check ${setting}.`)
}

function keyIn(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch (error) {
    const isSealed = error instanceof Error && 'code' in error && error.code === 'ERR_MISSING_PASSPHRASE'
    throw new OperatorError(
      isSealed
        ? `${path} wants a passphrase. Take it away: openssl pkey -in ${path} -out NEW.`
        : `${path} holds no private key in PEM that can be read. Check ${KEY}.`,
    )
  }
}

function checkKey(
  chain: readonly X509Certificate[],
  key: KeyObject,
  { certificate: path, key: keyPath }: TlsFiles,
): void {
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key))
  if (place === 0) return
  throw new OperatorError(
    place === -1
      ? `${keyPath} is not the key of the first certificate in ${path}. Give both of one pair.`
      : `${path} must begin with the certificate that belongs to ${keyPath}; it is number ${place + 1} there.`,
  )
}

function checkOrder(chain: readonly X509Certificate[], path: string): void {
  const wrong = chain.findIndex((certificate, index) => {
    const issuer = chain[index + 1]
    return issuer !== undefined && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))
  })
  if (wrong === -1) return
  throw new OperatorError(
    `${path} is out of order: each certificate must be followed by the one that signed it, and number ${wrong + 1} is not.`,
  )
}

function checkAuthorities(text: string, path: string): void {
  const other = certificatesIn(text, path, CLIENT_CA).find(({ ca }) => !ca)
  if (other === undefined) return
  const name = other.subject.replaceAll('\n', ', ')
  throw new OperatorError(
    `${path} holds ${name}, which is no authority. Give the one that signs the proxies' certificates.`,
  )
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
