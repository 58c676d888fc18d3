/** Parameters and, for each, the values of which one must be there; null for any value. */
export type QueryCondition = ReadonlyMap<string, readonly string[] | null>

/** A query as some server may see it; null for one that has more parameters than any form. */
export type Query = readonly Parameter[] | null

/** One parameter under each name that some server gives it. */
export interface Parameter {
  readonly names: readonly string[]
  readonly value: string
}

/** A longer query counts as matching whatever is asked. */
const MAX_PARAMETERS = 250

/** @param query with its `?`, or empty */
export function readQuery(query: string): Query {
  const parts = query.slice(1).split(/[&;]/, MAX_PARAMETERS + 1)
  return parts.length > MAX_PARAMETERS ? null : parts.filter((part) => part !== '').map(readParameter)
}

/**
 * True when some server could see these parameters in the query. It matches too much rather than too little, as what
 * matches only adds to what is asked: letter case, `+`, repeated parameters, `;` between them and `[]` after a name
 * don't hide one.
 */
export function queryMatches(condition: QueryCondition, query: Query): boolean {
  if (query === null) return true
  return [...condition].every(([name, values]) => {
    const wanted = fold(name)
    const wantedValues = values?.map(fold) ?? null
    return query.some((each) => each.names.includes(wanted) && (wantedValues?.includes(each.value) ?? true))
  })
}

function readParameter(part: string): Parameter {
  const equals = part.indexOf('=')
  const name = equals === -1 ? part : part.slice(0, equals)
  return { names: namesOf(decode(name)), value: equals === -1 ? '' : fold(decode(part.slice(equals + 1))) }
}

/** As it stands, as a list or part of one, and as PHP writes it, which knows neither dots nor blanks in a name. */
function namesOf(name: string): readonly string[] {
  const whole = fold(name)
  const list = whole.replace(/\[.*$/s, '')
  return [whole, list, whole.replace(/\..*$/s, ''), list.replace(/[. ]/g, '_'), whole.replace(/[[. ]/g, '_')]
}

/** Up to a NUL, where many a server's text ends. */
function fold(text: string): string {
  return text.normalize('NFKC').replace(/\0.*$/s, '').toLowerCase().trim()
}

/** What isn't an escape stays; what isn't UTF-8 becomes U+FFFD. `%u0061` is one to ASP.NET. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  const wide = spaced.replace(/%u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return wide.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}
