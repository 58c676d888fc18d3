/** What a browser made of a passkey, read strictly: every part is base64url in its one spelling, or absent. */
export interface PasskeyResponse {
  readonly id: string
  readonly credentialId: Buffer
  /** As the browser says it was asked; to be looked up, then compared by the verification. */
  readonly challenge: string
  readonly parts: Readonly<Record<string, string>>
  readonly transports: readonly string[]
}

/** WebAuthn level 3, 5.8.2 and 6.1: at most 1,023 bytes. */
const MAX_CREDENTIAL_ID_BYTES = 1_023
const MAX_PART_CHARACTERS = 12_000
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']

/** @returns null for what isn't the answer to `navigator.credentials.get` */
export function readAssertion(response: unknown): PasskeyResponse | null {
  return readResponse(response, ['clientDataJSON', 'authenticatorData', 'signature'])
}

/** @returns null for what isn't the answer to `navigator.credentials.create` */
export function readAttestation(response: unknown): PasskeyResponse | null {
  return readResponse(response, ['clientDataJSON', 'attestationObject'])
}

function readResponse(given: unknown, needed: readonly string[]): PasskeyResponse | null {
  const outer = fieldsOf(given)
  const inner = fieldsOf(outer?.['response'])
  if (outer === null || inner === null || outer['type'] !== 'public-key') return null
  const { id } = outer
  if (!isBase64url(id) || id === '' || outer['rawId'] !== id) return null
  const credentialId = Buffer.from(id, 'base64url')
  // Keys that keep no user tell null, and some browsers make an empty text of that.
  const optional = (inner['userHandle'] ?? '') === '' ? [] : ['userHandle']
  const parts = [...needed, ...optional].map((name) => [name, inner[name]] as const)
  if (!parts.every(isTextPart) || credentialId.length > MAX_CREDENTIAL_ID_BYTES) return null
  const challenge = challengeOf(inner['clientDataJSON'])
  if (challenge === null) return null
  return { id, credentialId, challenge, parts: Object.fromEntries(parts), transports: transportsOf(inner) }
}

function isTextPart(part: readonly [name: string, value: unknown]): part is readonly [string, string] {
  return isBase64url(part[1])
}

function isBase64url(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_PART_CHARACTERS) return false
  return Buffer.from(value, 'base64url').toString('base64url') === value
}

function challengeOf(clientData: unknown): string | null {
  try {
    const challenge = fieldsOf(JSON.parse(Buffer.from(String(clientData), 'base64url').toString()))?.['challenge']
    return isBase64url(challenge) ? challenge : null
  } catch {
    return null
  }
}

/** A hint for the browser's next question, and only ever one of the words that browsers know. */
function transportsOf({ transports }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(transports) ? TRANSPORTS.filter((transport) => transports.includes(transport)) : []
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}
