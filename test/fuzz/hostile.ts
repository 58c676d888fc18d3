import type { Dice } from './dice.ts'
import { bytesOf, header, properRequest } from './requests.ts'
import type { Header, Lines, Making } from './requests.ts'

type Spoil = (making: Making, request: Lines) => Lines

/** A proper request made into one that readers are known to differ about, or none at all. */
export function hostileRequest(making: Making): string {
  const { dice } = making
  const request = properRequest(making)
  if (dice.chance(12)) return dice.pick(NOT_HTTP)
  return bytesOf(dice.pick(SPOILS)(making, request))
}

const NOT_HTTP = [
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03abcdefghijklmnopqrstuvwxyz\r\n\r\n',
  'GET /verify/nginx\r\n\r\n',
  'GET\r\n\r\n',
  '\r\n\r\n\r\n',
  '\r\n',
  '\n',
  ' \r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  ': \r\n\r\n',
  '\0\0\0\0\r\n\r\n',
  'PROXY TCP4 203.0.113.7 203.0.113.8 1 2\r\n',
] as const

/** What stands in a body is whole, so that whoever takes it for the next request answers it. */
function inner(making: Making): string {
  return bytesOf(properRequest({ ...making, path: `${making.path}-inner` }))
}

const with_ =
  (...added: readonly Header[]): Spoil =>
  (_making, request) => ({ ...request, headers: [...request.headers, ...added] })

const withBody =
  (added: (body: string) => readonly Header[], frame: (body: string) => string = (body) => body): Spoil =>
  (making, request) => {
    const body = inner(making)
    return { ...request, headers: insert(making.dice, request.headers, added(body)), body: frame(body) }
  }

const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
const TRANSFER = header('Transfer-Encoding', 'chunked')

function insert(dice: Dice, headers: readonly Header[], added: readonly Header[]): Header[] {
  const place = dice.below(headers.length + 1)
  return [...headers.slice(0, place), ...added, ...headers.slice(place)]
}

/** One header, chosen by chance, made into others. */
const oneHeader =
  (change: (found: Header, dice: Dice) => readonly Header[]): Spoil =>
  ({ dice }, request) => {
    const place = dice.below(request.headers.length)
    return { ...request, headers: request.headers.flatMap((each, at) => (at === place ? change(each, dice) : [each])) }
  }

const line =
  (change: (line: string, dice: Dice) => string): Spoil =>
  ({ dice }, request) => ({ ...request, line: change(request.line, dice) })

const isHost = ({ name }: Header): boolean => name.toLowerCase() === 'host'

const hosts =
  (change: (host: Header) => readonly Header[]): Spoil =>
  (_making, request) => ({
    ...request,
    headers: request.headers.flatMap((each) => (isHost(each) ? change(each) : [each])),
  })

const CONTROL = ['\0', '\x01', '\x08', '\x0b', '\x1f', '\x7f', '\r', '\n'] as const

const BODIES: readonly Spoil[] = [
  withBody((body) => [header('Content-Length', String(body.length)), TRANSFER]),
  withBody((body) => [TRANSFER, header('Content-Length', String(body.length))], chunked),
  withBody(() => [TRANSFER], chunked),
  withBody(() => [header('Transfer-Encoding', ' chunked')], chunked),
  withBody(() => [header('Transfer-Encoding', 'xchunked')]),
  withBody(() => [header('Transfer-Encoding', 'identity')]),
  withBody(() => [header('Transfer-Encoding', 'chunked, identity')], chunked),
  withBody(() => [header('Transfer-Encoding\t', 'chunked')], chunked),
  withBody(() => [header('Transfer-Encoding', 'chunked', ' : ')], chunked),
  withBody(
    () => [TRANSFER, header('Trailer', 'Host')],
    (body) => `0\r\nHost: other\r\n\r\n${body}`,
  ),
  withBody((body) => [header('Content-Length', String(body.length))]),
  withBody(() => [header('Content-Length', '5')]),
  withBody(() => [header('Content-Length', '00')]),
  withBody(() => [header('Content-Length', '+0')]),
  withBody(() => [header('Content-Length', '-0')]),
  withBody(() => [header('Content-Length', '0 ')]),
  withBody(() => [header('Content-Length', '0x0')]),
  withBody(() => [header('Content-Length', '')]),
  withBody(() => [header('Content-Length', '0, 0')]),
  withBody(() => [header('Content-Length', '0'), header('Content-Length', '0')]),
  withBody((body) => [header('Content-Length', '0'), header('Content-Length', String(body.length))]),
  withBody((body) => [header('Content_Length', String(body.length))]),
]

const HEADERS: readonly Spoil[] = [
  with_(header('Connection', 'close')),
  with_(header('Connection', 'keep-alive')),
  with_(header('Connection', 'keep-alive, close')),
  with_(header('Connection', 'X-Original-URI')),
  with_(header('Proxy-Connection', 'close')),
  with_(header('Keep-Alive', 'timeout=5')),
  with_(header('Upgrade', 'websocket'), header('Connection', 'Upgrade')),
  with_(header('Upgrade', 'h2c'), header('HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA')),
  with_(header('Expect', '100-continue')),
  with_(header('Expect', 'something')),
  with_(header('TE', 'trailers')),
  hosts(() => []),
  hosts((host) => [host, host]),
  hosts((host) => [host, header('Host', 'other')]),
  hosts((host) => [{ ...host, value: '' }]),
  hosts((host) => [header('Host ', host.value)]),
  hosts((host) => [{ ...host, value: 'a b' }]),
  oneHeader((each) => [each, each]),
  oneHeader(() => []),
  oneHeader((each) => [{ ...each, value: '' }]),
  oneHeader((each) => [{ ...each, value: `${each.value} ` }]),
  oneHeader((each) => [{ ...each, value: `${each.value}\t ` }]),
  oneHeader((each) => [{ ...each, between: ':  ' }]),
  oneHeader((each) => [{ ...each, between: ':\t' }]),
  oneHeader((each) => [{ ...each, between: ' : ' }]),
  oneHeader((each) => [{ ...each, between: '' }]),
  oneHeader((each) => [{ ...each, name: ` ${each.name}` }]),
  oneHeader((each) => [{ ...each, name: '' }]),
  oneHeader((each) => [{ ...each, value: `${each.value}\r\n folded` }]),
  oneHeader((each) => [{ ...each, between: ':\r\n ' }]),
  oneHeader((each, dice) => [{ ...each, value: `${each.value}${dice.pick(CONTROL)}` }]),
  oneHeader((each, dice) => [{ ...each, value: `${dice.pick(CONTROL)}${each.value}` }]),
  oneHeader((each, dice) => [{ ...each, name: `${each.name}${dice.pick(CONTROL)}` }]),
  oneHeader((each) => [{ ...each, value: `${each.value}\nX-Injected: yes` }]),
  oneHeader((each) => [{ ...each, value: `${each.value}\rX-Injected: yes` }]),
  with_(header('X-Huge', 'h'.repeat(66_000))),
  with_(...Array.from({ length: 2_100 }, (_, at) => header(`X-${at}`, ''))),
]

const LINES: readonly Spoil[] = [
  line((text) => text.replace('HTTP/1.1', 'HTTP/1.0')),
  line((text) => text.replace('HTTP/1.1', 'HTTP/2.0')),
  line((text) => text.replace('HTTP/1.1', 'http/1.1')),
  line((text) => text.replace(' HTTP/1.1', '')),
  line((text) => text.replace(' HTTP/1.1', '  HTTP/1.1')),
  line((text) => text.replace(' HTTP/1.1', ' HTTP/1.1 ')),
  line((text) => text.replace(' ', '  ')),
  line((text) => text.replace(' ', '\t')),
  line((text) => ` ${text}`),
  line((text) => `\r\n${text}`),
  line((text) => text.toLowerCase().replace('http/1.1', 'HTTP/1.1')),
  line((text) => text.replace(' /', ' http://postern/')),
  line((text) => text.replace(' /', ' //')),
  line((text) => text.replace(/ \S+ /, ' * ')),
  line((text) => text.replace(/^\S+ \S+/, 'CONNECT app.example.com:443')),
  line((text) => text.replace(/^\S+/, 'OPTIONS')),
  line((text) => text.replace(/^\S+/, 'get')),
  line((text) => text.replace(/^\S+/, 'POST')),
  line((text) => text.replace(' HTTP', '?a=1 HTTP')),
  line((text) => text.replace(' HTTP', '# HTTP')),
  line((text) => text.replace(' HTTP', '/ HTTP')),
  line((text) => text.replace('/app/', '/app/%61')),
  line((text) => text.replace('/app/', '/app/../')),
  line((text) => text.replace('/app/', '/app//')),
  line((text) => text.replace('/app/', '/APP/')),
  line((text) => text.replace('/verify/', '/%76erify/')),
  line((text) => text.replace('/verify/', '/verify/constructor/')),
  line((text) => text.replace(/\/verify\/\S+/, '/verify/__proto__/app/app')),
  line((text, dice) => text.replace(' HTTP', `${dice.pick(CONTROL)} HTTP`)),
]

const SPOILS = [...BODIES, ...HEADERS, ...LINES] as unknown as readonly [Spoil, ...Spoil[]]
