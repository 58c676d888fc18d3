import { fine, look, unchecked, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Seen, Site } from './site.ts'

const BODY_BYTES = 2 * 1_024 * 1_024
const HANDSHAKE = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ZG9jdG9yIGRvY3RvciBkbw==']
/** Two of them are more than the gateway reads, while proxies that are set up for many cookies pass them on. */
const LONG = 'x'.repeat(36_000)

/** Told before each step that only the operator can take, and resolved once he has taken it. */
export type Pause = (request: string) => Promise<void>

/** WebSockets: never for nobody; for somebody signed in as far as the app has them. */
export async function checkUpgrade({ ask, page, cookie }: Site): Promise<readonly Finding[]> {
  const open = (headers: readonly string[], as: string | null): Promise<Seen> =>
    ask({ target: page, headers, cookie: as, connection: 'Upgrade', accept: '*/*' })
  const nobody = await open(HANDSHAKE, null)
  if (nobody.kind === 'passed') {
    const change = 'The location for WebSockets needs the protection as well.'
    return [wrong('open_socket', `A WebSocket is opened for nobody (${nobody.told}).`, change)]
  }
  if (cookie === null)
    return [unchecked('socket', 'WebSockets of people who are signed in were not tried.', 'Give --cookie or --login.')]
  const clear = await open(['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'], cookie)
  if (clear.status === 101 || /\bh2c\b/.test(clear.body)) {
    const change = 'Pass Upgrade on for "websocket" alone: over h2c the rest of the connection goes past the gateway.'
    return [wrong('h2c', `The proxy passes "Upgrade: h2c" on to the app (${clear.told}).`, change)]
  }
  const somebody = await open(HANDSHAKE, cookie)
  if (somebody.status === 101)
    return [fine('socket', 'A WebSocket is opened for somebody signed in, and for nobody else.')]
  const change = 'If the app has WebSockets here, pass Upgrade and Connection on.'
  return [look('socket', `No WebSocket is opened for somebody signed in (${somebody.told}).`, change)]
}

/** Bodies: uploads of some size, and whether asking the gateway survives them. */
export async function checkBody({ ask, page, cookie }: Site): Promise<readonly Finding[]> {
  const headers = ['Content-Type: application/octet-stream']
  const large = await ask({ method: 'POST', target: page, headers, cookie, body: Buffer.alloc(BODY_BYTES, 'x') })
  if (large.status === 413) {
    const change = 'If the app takes uploads, raise the limit, such as client_max_body_size 100m.'
    return [look('body_limit', 'The proxy refuses a body of 2 MB.', change)]
  }
  const small = await ask({ method: 'POST', target: page, headers, cookie, body: Buffer.from('x') })
  const plain = await ask({ target: page, cookie })
  const broken = [small, large].find(({ kind, status }) => kind === 'silent' || status >= 500)
  if (broken !== undefined && plain.status < 500 && plain.kind !== 'silent') {
    const change = 'Ask the gateway without body and without Content-Length and Transfer-Encoding.'
    return [wrong('body_breaks', `A request with a body fails where one without does not (${broken.told}).`, change)]
  }
  if (cookie === null && small.kind === 'passed')
    return [wrong('open_post', `A form is passed on for nobody (${small.told}).`, 'Protect every method.')]
  return [fine('body', 'A body of 2 MB is taken.')]
}

/** What happens when the gateway can't answer, provoked by a head that is longer than it reads. */
export async function checkOverlong({ ask, page }: Site): Promise<readonly Finding[]> {
  const headers = [`X-Doctor-A: ${LONG}`, `X-Doctor-B: ${LONG}`]
  const seen = await ask({ target: page, headers })
  if (seen.kind === 'passed') {
    const found = `A request that the gateway can not read is let through (${seen.told}).`
    return [
      wrong(
        'fails_open',
        found,
        'Only an answer 200 of the gateway may let a request pass: look for error_page 500, on_error and the like.',
      ),
    ]
  }
  return [fine('overlong', `A request that the gateway can not read is refused (${seen.told}).`)]
}

/** What happens while the gateway is stopped, which its operator does when asked. */
export async function checkStopped(site: Site, pause: Pause | null): Promise<readonly Finding[]> {
  const { ask, page, cookie } = site
  if (pause === null)
    return [
      unchecked(
        'stopped',
        'Whether the proxy stays closed without the gateway was not tried.',
        'Run it with --stop-gateway.',
      ),
    ]
  await pause('Stop Postern now.')
  const seen = [await ask({ target: page }), ...(cookie === null ? [] : [await ask({ target: page, cookie })])]
  const post = await ask({ method: 'POST', target: page, body: Buffer.from('x') })
  await pause('Start Postern again.')
  const open = [...seen, post].find(({ kind }) => kind === 'passed')
  if (seen[0]?.kind === 'sign_in') return [unchecked('stopped', 'The gateway still answered.', 'Stop every replica.')]
  if (open === undefined) return [fine('stopped', `Without the gateway the page is closed (${seen[0]?.told}).`)]
  const change =
    'Only an answer of the gateway may let a request pass: look for error_page 500 or 502, "satisfy any", and a missing deny.'
  return [wrong('fails_open', `Without the gateway everybody gets in (${open.told}).`, change)]
}
