/** What most apps use: a rule without `methods` can let these pass. */
const ORDINARY = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What can move files about or reflect a request passes only where a rule names it. */
const NAMED_ONLY = [
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
  'SEARCH',
  'QUERY',
  'ACL',
  'MKCALENDAR',
  'MKACTIVITY',
  'CHECKOUT',
  'MERGE',
  'PURGE',
] as const

/** The closed list of methods that a request may have and a rule may name; the place in it is a method's number. */
export const METHODS: readonly string[] = [...ORDINARY, ...NAMED_ONLY]

/** A set of methods: the bit `1 << number` of each. */
export type MethodSet = number

/** Every method of the closed list. */
export const ALL_METHODS: MethodSet = 2 ** METHODS.length - 1

const NUMBERS: ReadonlyMap<string, number> = new Map(METHODS.map((method, number) => [method, number]))

/** The method if it is one of the closed list in capital letters, else null. */
export function readMethod(text: string): string | null {
  return NUMBERS.has(text) ? text : null
}

/** Place of a method in the closed list, or null when it isn't there. */
export function methodNumber(method: string): number | null {
  return NUMBERS.get(method) ?? null
}

/** True for a method that a rule without `methods` can let pass. */
export function isOrdinary(method: number): boolean {
  return method < ORDINARY.length
}

/**
 * The set that a rule's `methods` name. GET brings HEAD along, as HEAD asks for what GET gives, not the other way.
 * @param methods of the closed list
 */
export function methodSet(methods: readonly string[]): MethodSet {
  const named = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  return named.reduce((set, method) => set | bitOf(method), 0)
}

function bitOf(method: string): MethodSet {
  const number = NUMBERS.get(method)
  if (number === undefined) throw new Error(`not a method of the closed list: ${method}`)
  return 1 << number
}
