import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Attest } from './authenticator.ts'

const ECDSA_SHA256 = sequence(objectId('2a8648ce3d040302'))
const VALIDITY = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))

/**
 * An `android-key` attestation as far as certificates are looked at: a chain of two that fits the new key and the
 * challenge, whose first one names an address for a list of revoked ones.
 */
export function androidKeyNaming(url: string): Attest {
  return ({ clientDataHash, publicKey }) => {
    const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const extensions = [keyDescription(clientDataHash), revocationList(url)]
    const issuer = root.privateKey
    const leaf = certificate({ serial: 2, subject: 'leaf', publicKey, issuer, extensions })
    const anchor = certificate({ serial: 1, subject: 'root', publicKey: root.publicKey, issuer, extensions: [] })
    const attStmt = new Map<string, unknown>([
      ['alg', -7],
      ['sig', Buffer.alloc(70, 1)],
      ['x5c', [leaf, anchor]],
    ])
    return { fmt: 'android-key', attStmt }
  }
}

interface CertificateParts {
  readonly serial: number
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: KeyObject
  readonly extensions: readonly Buffer[]
}

/** Version 3, issued by `root` (RFC 5280, 4.1). */
function certificate({ serial, subject, publicKey, issuer, extensions }: CertificateParts): Buffer {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const version = der(0xa0, der(0x02, Buffer.of(2)))
  const names = [commonName('root'), VALIDITY, commonName(subject)]
  const more = extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]
  const body = sequence(version, der(0x02, Buffer.of(serial)), ECDSA_SHA256, ...names, spki, ...more)
  const signature = sign('sha256', body, issuer)
  return sequence(body, ECDSA_SHA256, der(0x03, Buffer.of(0), signature))
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name)))))
}

/** The extension 1.3.6.1.4.1.11129.2.1.17, by which Android tells the challenge. */
function keyDescription(challenge: Buffer): Buffer {
  const level = der(0x0a, Buffer.of(1))
  const versions = [der(0x02, Buffer.of(3)), level, der(0x02, Buffer.of(4)), level]
  const description = sequence(...versions, der(0x04, challenge), der(0x04), sequence(), sequence())
  return sequence(objectId('2b06010401d679020111'), der(0x04, description))
}

/** RFC 5280, 4.2.1.13. */
function revocationList(url: string): Buffer {
  const point = sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from(url)))))
  return sequence(objectId('551d1f'), der(0x04, sequence(point)))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  const size = length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag), size, content])
}
