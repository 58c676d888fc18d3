import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** What a security key says of one use of it. */
export interface AuthenticatorState {
  readonly origin: string
  readonly rpId: string
  readonly userPresent: boolean
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly signCount: number
}

export interface PasskeyJson {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: Readonly<Record<string, unknown>>
}

/** What an attestation is made of, and over. */
export interface Attested {
  readonly authData: Buffer
  readonly clientDataHash: Buffer
  readonly publicKey: KeyObject
}

/** How an authenticator vouches for its make. */
export type Attest = (about: Attested) => { readonly fmt: unknown; readonly attStmt: unknown }

/** A security key in software, which also tells what no honest one would. */
export interface Authenticator {
  readonly credentialId: Buffer
  /** Answers `navigator.credentials.create`. @param attest not at all unless given */
  create(challenge: string, state?: Partial<AuthenticatorState>, attest?: Attest): PasskeyJson
  /** Answers `navigator.credentials.get`. @param userHandle base64url, as discoverable keys tell it */
  get(challenge: string, state?: Partial<AuthenticatorState>, userHandle?: string): PasskeyJson
}

/** ES256 unless another key is asked for. */
export function createAuthenticator(
  defaults: Pick<AuthenticatorState, 'origin' | 'rpId'>,
  algorithm: 'ES256' | 'ES384' = 'ES256',
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384',
  })
  const credentialId = randomBytes(32)
  const id = credentialId.toString('base64url')
  const about = { userPresent: true, userVerified: true, backupEligible: false, backedUp: false, signCount: 1 }
  const stateOf = (state: Partial<AuthenticatorState>): AuthenticatorState => ({ ...defaults, ...about, ...state })
  const answer = (response: PasskeyJson['response']): PasskeyJson => ({ id, rawId: id, type: 'public-key', response })
  return {
    credentialId,
    create(challenge, given = {}, attest = notAtAll) {
      const state = stateOf(given)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const credential = [Buffer.alloc(16), length, credentialId, coseKey(publicKey, algorithm)]
      const authData = Buffer.concat([authenticatorData(state, 0x40), ...credential])
      const clientData = clientDataOf('webauthn.create', challenge, state)
      const clientDataHash = createHash('sha256').update(clientData).digest()
      const { fmt, attStmt } = attest({ authData, clientDataHash, publicKey })
      const attestation = cbor(
        new Map<unknown, unknown>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', authData],
        ]),
      )
      const response = {
        clientDataJSON: text(clientData),
        attestationObject: text(attestation),
        transports: ['usb', 'x'],
      }
      return answer(response)
    },
    get(challenge, given = {}, userHandle) {
      const state = stateOf(given)
      const [authData, clientData] = [authenticatorData(state, 0), clientDataOf('webauthn.get', challenge, state)]
      const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()])
      const signature = sign(algorithm === 'ES256' ? 'sha256' : 'sha384', signed, privateKey)
      return answer({
        clientDataJSON: text(clientData),
        authenticatorData: text(authData),
        signature: text(signature),
        ...(userHandle !== undefined && { userHandle }),
      })
    },
  }
}

const notAtAll: Attest = () => ({ fmt: 'none', attStmt: new Map() })

function clientDataOf(type: string, challenge: string, { origin }: AuthenticatorState): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
}

function authenticatorData(state: AuthenticatorState, flags: number): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(state.signCount)
  const set = [
    state.userPresent && 0x01,
    state.userVerified && 0x04,
    state.backupEligible && 0x08,
    state.backedUp && 0x10,
  ]
  const all = set.reduce<number>((sum, flag) => sum | Number(flag), flags)
  return Buffer.concat([createHash('sha256').update(state.rpId).digest(), Buffer.of(all), count])
}

function coseKey(publicKey: KeyObject, algorithm: 'ES256' | 'ES384'): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const [alg, curve] = algorithm === 'ES256' ? [-7, 1] : [-35, 2]
  const pairs = [
    [1, 2],
    [3, alg],
    [-1, curve],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]
  return cbor(new Map(pairs as [unknown, unknown][]))
}

/** As much of RFC 8949 as keys and attestations need. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)])
  throw new TypeError('not written here')
}

function head(major: number, count: number): Buffer {
  const type = major << 5
  if (count < 24) return Buffer.of(type | count)
  return count < 256 ? Buffer.of(type | 24, count) : Buffer.of(type | 25, count >> 8, count & 0xff)
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url')
}
