/** Response headers by lower-case name. */
export type Headers = Readonly<Record<string, string>>

export interface PortalHeaderOptions {
  /** True where the public URL is https. */
  readonly secure: boolean
  /** Origins beside our own that a form of this page may end at: Chromium checks redirects after a form as well. */
  readonly formTargets?: readonly string[]
  /** True for a page that loads a script of ours, which may ask this origin and no other. */
  readonly scripted?: boolean
}

const PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const YEAR_S = 31_536_000
const FEATURES = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'microphone', 'midi']
const PERMISSIONS = [
  ...[...FEATURES, 'payment', 'usb'].map((feature) => `${feature}=()`),
  'publickey-credentials-create=(self)',
  'publickey-credentials-get=(self)',
].join(', ')

/**
 * Headers of every portal reply but assets. The referrer policy is `same-origin` since under `no-referrer` Chromium
 * sends our own forms with `Origin: null`, which the cross-site check refuses.
 */
export function portalHeaders({ secure, formTargets = [], scripted = false }: PortalHeaderOptions): Headers {
  return {
    'content-security-policy': contentSecurityPolicy(formTargets, scripted),
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': PERMISSIONS,
    'cache-control': 'no-store',
    ...commonHeaders(secure),
  }
}

/**
 * Headers of an asset, whose name changes with its content. A picture that is a document, and may be somebody else's,
 * runs nothing and loads nothing, whoever opens it by its address.
 */
export function assetHeaders(secure: boolean, contentType = ''): Headers {
  return {
    ...(contentType === 'image/svg+xml' && { 'content-security-policy': PICTURE_POLICY }),
    'cache-control': `public, max-age=${YEAR_S}, immutable`,
    vary: 'accept-encoding',
    ...commonHeaders(secure),
  }
}

// HSTS without includeSubDomains: on an app's own host it is not ours to decide for hosts below it.
function commonHeaders(secure: boolean): Headers {
  const always = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }
  return secure ? { ...always, 'strict-transport-security': `max-age=${YEAR_S}` } : always
}

function contentSecurityPolicy(formTargets: readonly string[], scripted: boolean): string {
  const unsafe = formTargets.find((target) => !/^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(target))
  if (unsafe !== undefined) throw new TypeError(`${unsafe} is no origin`)
  return [
    "default-src 'none'",
    ...(scripted ? ["script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"] : []),
    "style-src 'self'",
    "img-src 'self'",
    ["form-action 'self'", ...formTargets].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
