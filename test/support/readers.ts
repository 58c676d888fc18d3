/**
 * What a server takes a request path for before it looks up what that names, as text: a model of its documented
 * behaviour. Null where it answers with an error.
 * @param path as it was sent, up to the `?`
 */
export type Read = (path: string) => string | null

/** One kind of server. */
export interface Reader {
  readonly read: Read
  /** How it compares paths with those it knows, and so with patterns: letter by letter, unless given. */
  readonly fold?: (text: string) => string
}

const ESCAPES = /(?:%[0-9a-f]{2})+/gi
const SCRIPT = /^(.*?\.php)(\/.*)$/i

/** Each by the server and the setting or source that makes it read so. */
export const READERS: Readonly<Record<string, Reader>> = {
  'as text': { read: (path) => decode(path) },
  'RFC 3986, 6.2.2: escapes of unreserved characters, then dot segments': {
    read: (path) => then(removeDots(decodeSome(path, /[\w.~-]/)), (text) => decodeBut(/%(?:2f|5c|25|3b|3f|23)/i, text)),
  },
  'nginx: decoded, slashes merged, dot segments (ngx_http_parse_complex_uri)': {
    read: (path) => then(decode(path), mergeSlashes, removeDots),
  },
  'nginx, merge_slashes off': { read: (path) => then(decode(path), removeDots) },
  'Apache, AllowEncodedSlashes Off': { read: (path) => (/%2f/i.test(path) ? null : decodeApache(path)) },
  'Apache, AllowEncodedSlashes On': { read: (path) => decodeApache(path) },
  'Apache, AllowEncodedSlashes NoDecode': {
    read: (path) => then(decodeSome(path, /[\w.~-]/), mergeSlashes, removeDots, (text) => decodeBut(/%2f/i, text)),
  },
  'Tomcat: path parameters cut, decoded, normalised (CoyoteAdapter)': {
    read: (path) => (/%2f|%5c/i.test(path) ? null : then(decode(cutParameters(path)), mergeSlashes, removeDots)),
  },
  'Tomcat, encodedSolidusHandling=decode, ALLOW_BACKSLASH': {
    read: (path) => then(decode(cutParameters(path)), backslashes, mergeSlashes, removeDots),
  },
  'Jetty: decoded by segment, parameters cut, then dot segments': {
    read: (path) => then(bySegment(cutParameters(path)), removeDots),
  },
  'Spring, AntPathMatcher: parameters cut before and after decoding, slashes merged': {
    read: (path) => then(decode(cutParameters(path)), cutParameters, mergeSlashes),
    fold: cutLastSlash,
  },
  'Spring, PathPattern: segments decoded without their parameters': { read: (path) => bySegment(cutParameters(path)) },
  'IIS: decoded, backslashes, dot segments, names of Windows': {
    read: (path) => then(decode(path), backslashes, mergeSlashes, removeDots, windowsNames),
    fold: lower,
  },
  'IIS with allowDoubleEscaping, decoded again by the application': {
    read: (path) => then(decode(path), decode, backslashes, mergeSlashes, removeDots, windowsNames),
    fold: lower,
  },
  'Windows files, dot segments after names are trimmed (.NET Framework, Path.GetFullPath)': {
    read: (path) => then(decode(path), backslashes, (text) => text.replace(/([^ /]) +(?=\/|$)/g, '$1'), removeDots),
    fold: lower,
  },
  'ASP.NET on .NET Framework: cookieless session cut': {
    read: (path) => then(decode(path), (text) => text.replace(/\/\((?:[A-Z]\([^/()]*\))+\)/gi, '') || '/'),
    fold: lower,
  },
  'PHP under Apache: the script, without PATH_INFO': {
    read: (path) => then(decodeApache(path), (text) => SCRIPT.exec(text)?.[1] ?? text),
  },
  'PHP front controller: PATH_INFO as the route (Symfony, Laravel)': {
    read: (path) => then(decode(path), frontController),
  },
  'PHP: parse_url of REQUEST_URI, then rawurldecode': {
    read: (path) => then(path.replace(/^\/\/[^/]*/, '') || '/', decode),
  },
  'Node: new URL(request.url, base).pathname, decoded': { read: (path) => nodeUrl(path) },
  'Express: letter case and last slash mean nothing, segments decoded': {
    read: (path) => bySegment(path),
    fold: expressFold,
  },
  'Go: URL.Path through path.Clean (http.ServeMux)': { read: (path) => then(decode(path), mergeSlashes, removeDots) },
  'Go: path.Clean without a last slash': {
    read: (path) => then(decode(path), mergeSlashes, removeDots),
    fold: cutLastSlash,
  },
  'Python, WSGI: PATH_INFO decoded once': { read: (path) => decode(path) },
  'Python: names compared by NFKC and case folding (Django, Werkzeug)': {
    read: (path) => then(decode(path), (text) => text.normalize('NFKC')),
    fold: lower,
  },
  'Rails: slashes squeezed, unescaped, last slash means nothing (Journey)': {
    read: (path) => then(mergeSlashes(path), decode),
    fold: cutLastSlash,
  },
  'a database whose collation leaves out what has no weight (ICU, MySQL utf8mb4_0900)': {
    read: (path) => then(decode(path), (text) => text.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')),
    fold: lower,
  },
  'Java: segments compared by equalsIgnoreCase': {
    read: (path) => decode(cutParameters(path)),
    fold: equalsIgnoreCase,
  },
  'macOS files: NFC, letter case means nothing': {
    read: (path) => then(decode(path), mergeSlashes, removeDots, (text) => text.normalize('NFD').normalize('NFC')),
    fold: lower,
  },
  'decoded twice, then dot segments': { read: (path) => then(decode(path), decode, removeDots) },
  'dot segments, then decoded twice': { read: (path) => then(removeDots(path), decode, decode) },
  'parsed again after decoding: cut at ? or #': {
    read: (path) => then(decode(path), (text) => text.replace(/[?#].*$/s, '')),
  },
  'nginx with a URI in proxy_pass, then Tomcat': {
    read: (path) => then(decode(path), mergeSlashes, removeDots, cutParameters, mergeSlashes, removeDots),
  },
  'Apache, then IIS': {
    read: (path) => then(decodeApache(path), decode, backslashes, mergeSlashes, removeDots, windowsNames),
    fold: lower,
  },
}

type Step = (text: string) => string | null

function then(text: string | null, ...steps: readonly Step[]): string | null {
  return steps.reduce<string | null>((read, step) => (read === null ? null : step(read)), text)
}

/** What isn't an escape stays. Null for bytes that are no UTF-8 and for control characters, which servers refuse. */
function decode(text: string): string | null {
  const decoded = text.replace(ESCAPES, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
  return /[\p{Cc}\ufffd]/u.test(decoded) ? null : decoded
}

function decodeSome(text: string, which: RegExp): string {
  return text.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return character < '\x80' && which.test(character) ? character : escape
  })
}

function decodeBut(kept: RegExp, text: string): string | null {
  const escapes = new RegExp(kept.source, 'gi')
  const between = text.split(escapes).map(decode)
  if (between.includes(null)) return null
  const capitals = (text.match(escapes) ?? []).map((escape) => escape.toUpperCase())
  return between.map((part, place) => part + (capitals[place] ?? '')).join('')
}

/** `ap_normalize_path`, then `ap_unescape_url`; what decoded slashes give goes to the file system. */
function decodeApache(path: string): string | null {
  return then(decodeSome(path, /[\w.~-]/), mergeSlashes, removeDots, decode, mergeSlashes)
}

function bySegment(path: string): string | null {
  const segments = path.split('/').map(decode)
  return segments.includes(null) ? null : segments.join('/')
}

function nodeUrl(path: string): string | null {
  try {
    return decode(new URL(path, 'http://app.test').pathname)
  } catch {
    return null
  }
}

function frontController(text: string): string {
  const segments = text.split('/')
  const place = segments.findIndex((segment) => /.\.php$/i.test(segment))
  if (place === -1 || place === segments.length - 1) return text
  return `/${[...segments.slice(1, place), ...segments.slice(place + 1)].join('/')}`
}

function mergeSlashes(text: string): string {
  return text.split(/\/+/).join('/')
}

/** RFC 3986, 5.2.4, step by step as it is written there. */
function removeDots(text: string): string {
  let input = text
  let output = ''
  while (input !== '') {
    if (input.startsWith('/./') || input === '/.') input = `/${input.slice(3)}`
    else if (input.startsWith('/../') || input === '/..') {
      input = `/${input.slice(4)}`
      output = output.slice(0, Math.max(0, output.lastIndexOf('/')))
    } else {
      const end = input.indexOf('/', 1)
      output += end === -1 ? input : input.slice(0, end)
      input = end === -1 ? '' : input.slice(end)
    }
  }
  return output
}

function cutParameters(text: string): string {
  const segments = text.split('/').map((segment) => segment.split(';', 1)[0] ?? '')
  return segments.join('/')
}

function backslashes(text: string): string {
  return text.split('\\').join('/')
}

function windowsNames(text: string): string {
  return text
    .split('/')
    .map((segment) => segment.replace(/:[^:]*:\$.*$/, ''))
    .map((segment) => (/^\.\.?$/.test(segment) ? segment : segment.replace(/[. ]+$/, '')))
    .join('/')
}

function cutLastSlash(text: string): string {
  return text !== '/' && text.endsWith('/') ? text.slice(0, -1) : text
}

/** As Express compares unless it is told otherwise. */
function expressFold(text: string): string {
  return cutLastSlash(lower(text))
}

function lower(text: string): string {
  return text.toLowerCase()
}

/** Character by character, as `String.equalsIgnoreCase` does; what has no single capital letter stays. */
function equalsIgnoreCase(text: string): string {
  return Array.from(text, (character) => firstOf(firstOf(character, 'toUpperCase'), 'toLowerCase')).join('')
}

function firstOf(character: string, change: 'toUpperCase' | 'toLowerCase'): string {
  const [first = character, second] = character[change]()
  // The small letter of a capital I with a dot is two characters, of which Java takes the first.
  return second === undefined || second === '\u0307' ? first : character
}
