import { decodeOnceMore, isAscii } from '../lib/path-text.ts'

/** One thing that servers do to a path before they act on it. */
export interface PathFold {
  readonly name: string
  /** Which servers read that way. */
  readonly servers: string
  /** The text as they then see it; the same text where it has nothing of the kind. */
  readonly fold: (text: string) => string
}

const DUPLICATE_SLASHES = /\/{2,}/g
const PARAMETERS = /;[^/]*/g
/** What a Windows file system leaves off a name: dots and blanks at its end. */
const WINDOWS_END = /(?<=[^/. ])[. ]+(?=\/|$)/g
/** The stream that a name means anyhow: `::$DATA` of a file, `:$I30:$INDEX_ALLOCATION` of a folder. */
const OWN_STREAM = /(?<=[^/]):[^/:]*:\$[^/]*/g
/** At either end of a name, whatever Unicode calls a blank. */
const OUTER_BLANKS = /(?<=\/)\s+|(?<!\s)\s+(?=\/|$)/g
const AUTHORITY = /^\/{2,}[^/]*/
const COOKIELESS = /\/\((?:[A-Z]\([^)/]*\))+\)/gi
const DOTS_AND_BLANKS = /(?<=\/)[. ]+(?=\/|$)/g
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu
const SCRIPT = /[^/]\.(?:php\d?|phtml|cgi|fcgi|pl|py|aspx?|ashx|asmx|cfm)(?=\/)/i
const FRONT_CONTROLLER = /\/[^/]+\.(?:php\d?|phtml|cgi|fcgi|pl|py)(?=\/)/i
const QUERY_OR_FRAGMENT = /[?#]/
const ESCAPE = /%[0-9a-f]{2}/g
/** What a small dotted `i` becomes whose capital has its dot as well, as in Turkish. */
const DOTTED_I = /i\u0307/g

/** Small letters for capital ones, as servers and file systems compare that don't tell them apart; escapes stay. */
export function foldLetterCase(text: string): string {
  return keepEscapes(text.toLowerCase())
}

/** The same by way of capital letters, as Windows compares: `ſ` is `s` then, `ς` is `σ`, `ß` is `ss`. */
export function foldByCapitals(text: string): string {
  if (isAscii(text)) return foldLetterCase(text)
  return keepEscapes(text.toLowerCase().toUpperCase().toLowerCase().replace(DOTTED_I, 'i'))
}

/** Without a last `/`, which Express, Rails, Django and many routers don't look at. */
export function foldLastSlash(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text
}

/** Without what stands after the last dot: Rails, and Spring before 5.3, take `/admin.json` for `/admin`. */
export function foldFormat(text: string): string {
  const dot = text.lastIndexOf('.')
  return dot > text.lastIndexOf('/') + 1 && text.charAt(dot - 1) !== '.' ? text.slice(0, dot) : text
}

/** Without all that follows the first dot: Spring before 5.3 takes `/admin.a.b` and `/admin..json` for `/admin`. */
export function foldFirstFormat(text: string): string {
  const dot = text.indexOf('.', text.lastIndexOf('/') + 2)
  return dot === -1 ? text : text.slice(0, dot)
}

/**
 * The table of folds. A path is judged under every one of them and under each that follows another. Letter case, the
 * last `/` and formats stand in `forms.ts`, since patterns may differ in them too.
 */
export const PATH_FOLDS: readonly PathFold[] = [
  {
    name: 'decode once more',
    servers:
      'what decodes %2F, %5C, %3B, %25 before it routes: nginx, Apache AllowEncodedSlashes, PHP, WSGI; twice: IIS',
    fold: (text) => (text.includes('%') ? decodeOnceMore(text) : text),
  },
  {
    name: 'backslash as slash',
    servers: 'IIS and everything on Windows',
    fold: (text) => text.replaceAll('\\', '/'),
  },
  {
    name: 'merge slashes',
    servers: 'nginx merge_slashes, Apache, Go http.ServeMux, file systems',
    fold: (text) => text.replace(DUPLICATE_SLASHES, '/'),
  },
  {
    name: 'cut an authority',
    servers: 'what parses an address: new URL(request.url, base), PHP parse_url, Python urlparse: //x/y is /y',
    fold: cutAuthority,
  },
  {
    name: 'resolve dots',
    servers: 'nearly all (RFC 3986, 5.2.4), some before and some after decoding',
    fold: (text) => (text.includes('/.') ? resolveDots(text) : text),
  },
  {
    name: 'cut parameters',
    servers: 'Tomcat, Jetty, Spring and other servlets: ;jsessionid=1 of any segment',
    fold: (text) => text.replace(PARAMETERS, ''),
  },
  {
    name: 'end of Windows names',
    servers: 'IIS and everything on Windows: dots, blanks and ::$DATA at the end of a name',
    fold: (text) => text.replace(OWN_STREAM, '').replace(WINDOWS_END, '').replace(DOTS_AND_BLANKS, keepDotSegment),
  },
  {
    name: 'blanks around names',
    servers: '.NET Framework, which takes ".. " for "..", Spring before 4.3, and what trims each segment',
    fold: (text) => text.replace(OUTER_BLANKS, ''),
  },
  {
    name: 'cut a cookieless session',
    servers: 'ASP.NET on .NET Framework: /(S(x))/y is /y',
    fold: (text) => (text.includes('/(') ? text.replace(COOKIELESS, '') || '/' : text),
  },
  {
    name: 'Unicode forms',
    servers: 'what compares by NFKC: Python and Java frameworks, macOS file systems',
    fold: (text) => (isAscii(text) ? text : text.normalize('NFKC')),
  },
  {
    name: 'characters that nobody sees',
    servers: 'what compares by Unicode collation: databases, macOS file systems',
    fold: (text) => (isAscii(text) ? text : text.replace(IGNORABLE, '')),
  },
  {
    name: 'cut a decoded query or fragment',
    servers: 'what parses an address again after decoding it',
    fold: cutQuery,
  },
  {
    name: 'script with path info',
    servers: 'PHP, CGI, ASP.NET, ColdFusion: /x.php/y runs /x.php',
    fold: cutPathInfo,
  },
  {
    name: 'front controller',
    servers: 'Symfony, Laravel, WordPress, MediaWiki and many more in PHP, CGI scripts: /index.php/y is /y',
    fold: (text) => (text.includes('.') ? text.replace(FRONT_CONTROLLER, '') : text),
  },
]

function keepEscapes(text: string): string {
  return text.includes('%') ? text.replace(ESCAPE, (escape) => escape.toUpperCase()) : text
}

/** RFC 3986, 5.2.4, on a path that begins with `/`. */
function resolveDots(text: string): string {
  const kept: string[] = []
  const segments = text.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isDots = segment === '.' || segment === '..'
    if (segment === '..') kept.pop()
    if (!isDots) kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

function keepDotSegment(segment: string): string {
  return segment === '.' || segment === '..' ? segment : ''
}

function cutAuthority(text: string): string {
  return text.startsWith('//') ? text.replace(AUTHORITY, '') || '/' : text
}

function cutQuery(text: string): string {
  const mark = text.search(QUERY_OR_FRAGMENT)
  return mark === -1 ? text : text.slice(0, mark)
}

function cutPathInfo(text: string): string {
  const script = SCRIPT.exec(text)
  return script === null ? text : text.slice(0, script.index + script[0].length)
}
