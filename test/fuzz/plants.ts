import type { ReadRequestAt } from '../../src/verify/express/read-request.ts'
import type { Plant } from './place.ts'

/** Defects that a strict reader or its connection could have, by what they are. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  'a lone LF ends a line': blind((text) => text.replace(/[^\r]\n/g, '\r\n')),
  'Transfer-Encoding is no concern': blind((text) => text.replace(/transfer-encoding/gi, 'x-ransfer-encoding')),
  'a Content-Length is no concern': blind((text) => text.replace(/content-length/gi, 'x-ontent-length')),
  'no Host is needed': blind((text) => text.replace(/\r\nx-real-ip:/gi, (name) => `\r\nHost${name.slice(6)}`)),
  'control characters are no concern': blind((text) => text.replace(/[^\t\r\n -~\x80-\xff]/g, 'x')),
  'a folded line is no concern': blind((text) => text.replace(/\r\n[ \t]/g, '   ')),
  'a blank before the colon is no concern': blind((text) => text.replace(/ :/g, '::')),
  'Connection is no concern': blind((text) => text.replace(/connection:/gi, 'x-nnection:')),
  'every version is 1.1': blind((text) => text.replace(/ HTTP\/\d\.\d\r/g, ' HTTP/1.1\r')),
  'the app in the verify URL is no concern': (parts) => ({
    ...parts,
    findRoute: (target) => parts.findRoute(target.replace(/\/app\/(?:team|wide|unknown)$/, '/app/app')),
  }),
  'what is not whole is answered': (parts) => ({
    ...parts,
    read(text, start) {
      const request = parts.read(text, start)
      const whole = request === 'incomplete' ? parts.read(`${text}\r\n\r\n`, start) : request
      return typeof whole === 'string' ? whole : { ...whole, end: Math.min(whole.end, text.length) }
    },
  }),
  'two answers change places': (parts) => {
    let held = ''
    let count = 0
    return {
      ...parts,
      write: (...asked) => {
        const answer = parts.write(...asked)
        if (++count % 20 === 0) [held] = [answer]
        if (count % 20 === 0) return ''
        const both = answer + held
        held = ''
        return both
      },
    }
  },
  'HEAD is answered like GET': (parts) => ({
    ...parts,
    write: (_method, answer, isLast) => parts.write('GET', answer, isLast),
  }),
  'a visitor is taken for the one before': (parts) => {
    let last: Parameters<typeof parts.gateway>[1] | null = null
    return {
      ...parts,
      gateway: (dialect, request) => {
        const cookies = last?.rawHeaders ?? request.rawHeaders
        last = request
        const named = cookies.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'cookie')
        const place = request.rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'cookie')
        if (named === -1 || place === -1) return parts.gateway(dialect, request)
        const rawHeaders = request.rawHeaders.with(place + 1, cookies[named + 1] ?? '')
        return parts.gateway(dialect, { ...request, rawHeaders })
      },
    }
  },
}

/** A reader that sees another text of the same length. */
function blind(change: (text: string) => string): Plant {
  return (parts) => ({ ...parts, read: seeing(parts.read, change) })
}

function seeing(read: ReadRequestAt, change: (text: string) => string): ReadRequestAt {
  let seen = { text: '', changed: '' }
  return (text, start) => {
    if (seen.text !== text) seen = { text, changed: change(text).padEnd(text.length).slice(0, text.length) }
    return read(seen.changed, start)
  }
}
