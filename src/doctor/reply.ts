/** What came back over a connection, read as leniently as is safe for somebody who only looks. */
export interface Reply {
  readonly status: number
  /** Names in small letters, in the order in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

const HEAD_END = '\r\n\r\n'

/**
 * The first final answer in what was received so far.
 * @param received one character for each byte
 * @param ended whether nothing more can come
 * @returns null while it is not whole, or is no HTTP
 */
export function readReply(received: string, ended: boolean): Reply | null {
  const headEnd = received.indexOf(HEAD_END)
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(received)?.[1] ?? 0)
  if (headEnd === -1 || status === 0) return null
  const rest = received.slice(headEnd + HEAD_END.length)
  if (status < 200 && status !== 101) return readReply(rest, ended)
  const headers = readHeaders(received.slice(0, headEnd))
  const body = readBody({ status, headers, rest, ended })
  return body === null ? null : { status, headers, body }
}

/** The first value of a header, or an empty text. */
export function headerOf({ headers }: Pick<Reply, 'headers'>, name: string): string {
  return headers.find(([found]) => found === name)?.[1] ?? ''
}

function readHeaders(head: string): [string, string][] {
  const lines = head.split('\r\n').slice(1)
  return lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  })
}

interface Rest {
  readonly status: number
  readonly headers: Reply['headers']
  readonly rest: string
  readonly ended: boolean
}

function readBody({ status, headers, rest, ended }: Rest): string | null {
  if (status === 101 || status === 204 || status === 304) return ''
  if (/chunked/i.test(headerOf({ headers }, 'transfer-encoding'))) return readChunks(rest, ended)
  const length = headerOf({ headers }, 'content-length')
  if (length !== '' && rest.length >= Number(length)) return rest.slice(0, Number(length))
  return ended ? rest : null
}

function readChunks(rest: string, ended: boolean): string | null {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.slice(at, lineEnd), 16)
    if (lineEnd === -1 || Number.isNaN(size)) return ended ? body : null
    if (size === 0) return body
    body += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}
