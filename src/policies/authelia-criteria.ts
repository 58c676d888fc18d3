import { meet, union } from './authelia-subject.ts'
import type { Conjunction, People } from './authelia-subject.ts'
import { field, listAt } from './authelia-values.ts'
import type { Placed, Telling } from './authelia-values.ts'
import type { QueryCondition } from './query-condition.ts'
import type { DocumentPath } from './yaml-document.ts'

const LOGIN = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Reads `subject`, any of a list, of which each may be a list of which all must hold; null where it is left out. */
export function readPeople(value: unknown, place: DocumentPath, tell: Telling): People | null {
  const list = listAt(value, place)
  if (list.length === 0) return null
  const people = list.flatMap(({ value: item, at }) => {
    const all = listAt(item, at).map((subject) => readSubject(subject, tell))
    const common = all.reduce((one, other) => (one === null || other === null ? null : meet(one, other)), ANYBODY)
    return common === null || all.length === 0 ? [] : [common]
  })
  return union(people, [])
}

/**
 * Reads `query`, any of a list, of which each is a list of which all must hold; null where it is left out, `open` where
 * it asks for more than that parameters are there or equal something.
 */
export function readQueries(value: unknown, place: DocumentPath, tell: Telling): QueryCondition[] | 'open' | null {
  const list = listAt(value, place)
  if (list.length === 0) return null
  const queries = list.map(({ value: item, at }) => readQuery(listAt(item, at), tell))
  const told = queries.filter((query) => query !== null)
  return told.length === queries.length ? told : 'open'
}

const ANYBODY: Conjunction | null = { user: null, groups: [] }

/** Null for whom no person can be. */
function readSubject({ value, at }: Placed, tell: Telling): Conjunction | null {
  const [, kind, name = ''] = /^(user|group|oauth2:client):(.*)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (kind === undefined) tell.mistake(at, 'Must begin with user:, group: or oauth2:client:.')
  else if (kind === 'group') return { user: null, groups: [name.trim()] }
  else if (kind === 'user') return readUser(name.trim(), at, tell)
  else tell.loss(at, 'Tokens of OAuth 2.0 clients are not known here: such requests are asked to sign in.')
  return null
}

function readUser(name: string, at: DocumentPath, tell: Telling): Conjunction | null {
  const login = name.toLowerCase()
  if (!LOGIN.test(login)) {
    tell.loss(at, `Nobody can be called "${name}" here: name the login that stands for it.`)
    return null
  }
  if (login !== name) tell.note(at, `Logins are in small letters here: "${name}" became "${login}".`)
  return { user: login, groups: [] }
}

/** Two conditions on one parameter can't be told: a list of values asks for any one of them. */
function readQuery(conditions: readonly Placed[], tell: Telling): QueryCondition | null {
  const query = new Map<string, readonly string[] | null>()
  for (const { value, at } of conditions) {
    const key = field(value, 'key')
    const wanted = field(value, 'value')
    const operator = field(value, 'operator') ?? (wanted === undefined ? 'present' : 'equal')
    if (typeof key !== 'string') tell.mistake(at, 'Must be a map with key, and operator or value.')
    else if (query.has(key) || key === '') return null
    else if (operator === 'present') query.set(key, null)
    else if (operator === 'equal' && typeof wanted === 'string' && wanted !== '' && wanted !== '*')
      query.set(key, [wanted])
    else return null
  }
  return query.size === 0 ? null : query
}
