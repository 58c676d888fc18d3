import { z } from 'zod'
import { duration, Mistake } from '../config/values.ts'
import { readAddress, readNetworks } from '../lib/address.ts'
import { cardTextMistake, cardUrlMistake, iconMistake } from './app-card.ts'
import { doubledHeaderMistake, headerMistake } from './header-rules.ts'
import { METHODS, readMethod } from './method.ts'
import { readPattern } from './pattern.ts'
import { readPolicyHost } from './policy-host.ts'
import { section, shorten, wants } from './policy-schema.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const PERMISSION = /^[a-z0-9][a-z0-9._-]{0,63}:[a-z0-9][a-z0-9._-]{0,63}$/
const MINUTE_MS = 60_000
const MAX_AUTH_AGE_MS = 30 * 24 * 60 * MINUTE_MS
const MAX_GRACE_DAYS = 90
const MAX_TITLE_CHARACTERS = 60
const MAX_DESCRIPTION_CHARACTERS = 200
const GRACE_RULE = wants(`a whole number of days from 0 to ${MAX_GRACE_DAYS}`)
const PORT_RULE = wants('a port from 1 to 65535')

/** How names of apps, roles and people are written. */
export const NAME_RULE = 'at most 64 small letters, digits, ".", "_" and "-", the first a letter or digit'

const pattern = z.string(wants('a path in quotes or without spaces')).superRefine((text, context) => {
  const read = readPattern(text)
  if (typeof read === 'string') context.addIssue(`Can't be used as a path: ${read}.`)
})
const method = z.string(wants('a method such as GET')).refine((text) => readMethod(text) !== null, {
  error: ({ input }) =>
    `"${shorten(input)}" is not a method that a rule can name. Use capital letters, one of ${METHODS.join(' ')}.`,
})
const roleName = z.string(wants('a role name in quotes'))
const login = z.string(wants('a login in quotes')).regex(NAME, { error: `A login has ${NAME_RULE}.` })
const permission = z.string(wants('a permission in quotes')).regex(PERMISSION, {
  error:
    'Write a permission as resource:action, in small letters, digits, ".", "_" and "-"; "*" stands for nothing here.',
})
const host = z.string(wants('a host name in quotes')).refine((text) => readPolicyHost(text) !== null, {
  error: ({ input }) => {
    const port = /^[^:]+:(\d+)$/.exec(String(input))?.[1]
    if (port !== undefined) return `Write the port beside hosts, as "port: ${port}", and here the name alone.`
    return 'Write a host name alone, such as wiki.example.com, or in front of it "*." for exactly one label or "{login}." for the visitor\'s own.'
  },
})
const network = z.string(wants('a network in quotes')).superRefine((text, context) => {
  const networks = readNetworks([text])
  if (typeof networks === 'string') context.addIssue(networks)
})
const age = z.string(wants('a length of time such as 15m')).superRefine((text, context) => {
  const ms = readAge(text)
  if (ms instanceof Mistake) context.addIssue(`Give a length of time: it ${ms.sentence}.`)
})
const headers = z
  .record(z.string(), z.string(), wants('a map of header names to templates'))
  .superRefine((map, context) => {
    const names = Object.keys(map)
    for (const [place, name] of names.entries()) {
      const mistake = headerMistake(name, map[name] ?? '') ?? doubledHeaderMistake(name, names.slice(0, place))
      if (mistake !== null) context.addIssue({ code: 'custom', path: [name], message: mistake })
    }
  })
const title = checked('a title such as Wiki', (text) => cardTextMistake(text, MAX_TITLE_CHARACTERS))
const description = checked('a sentence in quotes', (text) => cardTextMistake(text, MAX_DESCRIPTION_CHARACTERS))
const icon = checked('one or two characters, or an image such as data:image/png;base64,…', iconMistake)
const cardUrl = checked('an address such as https://wiki.example.com/start', cardUrlMistake)

/** The document itself; roles, apps and tests are read one by one so that every mistake is found at once. */
export const DOCUMENT = section({
  what: 'a map with version, roles and apps',
  fields: {
    version: z.literal(1, wants('1')),
    roles: z.record(z.string(), z.unknown(), wants('a map of role names to lists of permissions, or {}')).default({}),
    second_factor: z.unknown().optional(),
    apps: z.array(z.unknown(), wants('a list of apps, or []')),
    tests: z.array(z.unknown(), wants('a list of tests')).default([]),
  },
})

/** Of whom a second factor is demanded. */
export const SECOND_FACTOR = section({
  what: 'a map with roles and grace_days',
  fields: {
    roles: oneOrMore(roleName, 'a role or a list of roles of which one is enough'),
    grace_days: z.int(GRACE_RULE).min(0, GRACE_RULE).max(MAX_GRACE_DAYS, GRACE_RULE).default(0),
  },
})

/** One app but for its rules, which are read one by one. */
export const APP = section({
  what: 'a map with name, hosts and rules',
  fields: {
    name: z.string(wants('a name for the app')).regex(NAME, { error: `An app's name has ${NAME_RULE}.` }),
    hosts: z.array(host, wants('a list of hosts')).min(1, { error: 'Give the app at least one host.' }),
    scheme: z.enum(['http', 'https'], wants('http or https')).default('https'),
    port: z.int(PORT_RULE).min(1, PORT_RULE).max(65535, PORT_RULE).optional(),
    headers: headers.default({}),
    charset: z
      .enum(['percent-utf8', 'ascii-fold', 'base64'], wants('percent-utf8, ascii-fold or base64'))
      .default('percent-utf8'),
    assertion: z.boolean(wants('true or false')).default(false),
    alias_guard: z.enum(['refuse', 'ignore'], wants('refuse or ignore')).default('refuse'),
    path_bytes: z.enum(['utf8', 'latin1'], wants('utf8 or latin1')).default('utf8'),
    outage: z.enum(['grace', 'closed'], wants('grace or closed')).default('grace'),
    basic: z.union([z.boolean(), z.literal('tokens')], wants('true, tokens or false')).default(false),
    title: title.optional(),
    description: description.optional(),
    icon: icon.optional(),
    url: cardUrl.optional(),
    hidden: z.boolean(wants('true or false')).default(false),
    rules: z.array(z.unknown(), wants('a list of rules, or [] to forbid everything')),
  },
})

/** One rule; what it requires is read apart. */
export const RULE = section({
  what: 'a map with path and one of allow, require and deny',
  fields: {
    path: oneOrMore(pattern, 'a path such as /admin/**, or a list of paths').default(['/**']),
    methods: z
      .array(method, wants('a list of methods such as [GET, POST]'))
      .min(1, { error: 'Name at least one method, or leave methods out.' })
      .optional(),
    networks: oneOrMore(network, 'a network such as 10.0.0.0/8, or a list of networks').optional(),
    query: z
      .record(
        z.string(),
        oneOrMore(z.string(wants('a value in quotes')), 'a value, a list of values, or "*" for any'),
        {
          error: 'Must be a map of parameters and values, such as { action: delete }.',
        },
      )
      .refine((map) => Object.keys(map).length > 0, { error: 'Name at least one parameter, or leave query out.' })
      .optional(),
    mode: z.literal('monitor', wants('monitor, or left out')).optional(),
    identify: z.boolean(wants('true or false')).default(false),
    allow: z.literal('anyone', wants('anyone')).optional(),
    require: z.unknown().optional(),
    deny: z.literal(true, wants('true')).optional(),
  },
})

/** What a rule requires. */
export const REQUIREMENT = section({
  what: 'a map with role, permission, user, factors or max_auth_age, or {} for anybody signed in',
  fields: {
    role: oneOrMore(roleName, 'a role or a list of roles of which one is enough').optional(),
    permission: oneOrMore(permission, 'a permission or a list of permissions of which one is enough').optional(),
    user: oneOrMore(login, 'a login or a list of logins of which one is enough').optional(),
    factors: z.literal([1, 2], wants('1 or 2')).default(1),
    max_auth_age: age.optional(),
  },
})

/** One test; its visitor is read apart. */
export const TEST = section({
  what: 'a map with as, request and expect',
  fields: {
    as: z.unknown(),
    request: z.string(wants('a method and an address, such as GET https://wiki.example.com/')),
    from: z
      .string(wants('the address of a client in quotes'))
      .refine((text) => readAddress(text) === text, { error: 'Must be the address of a client, such as 203.0.113.7.' })
      .default('203.0.113.7'),
    expect: z.enum(['allow', 'sign_in', 'forbid', 'refuse'], wants('allow, sign_in, forbid or refuse')),
  },
})

/** Who asks in a test, unless it is nobody. */
export const TEST_VISITOR = section({
  what: 'nobody, or a map such as { roles: [staff] }',
  fields: {
    user: login.default('someone'),
    roles: z.array(roleName, wants('a list of roles')).default([]),
    factors: z.literal([1, 2], wants('1 or 2')).default(1),
  },
})

/** The permissions of one role. */
export const PERMISSIONS = z.array(permission, wants('a list of permissions such as [wiki:read], or []'))

/** A time since somebody proved who he is, in ms. */
export function readAge(text: string): number | Mistake {
  return duration(MINUTE_MS, MAX_AUTH_AGE_MS)(text)
}

function oneOrMore<T extends z.ZodType>(item: T, what: string) {
  const list = z.array(item, wants(what)).min(1, { error: `Must be ${what}: the list is empty.` })
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list)
}

/** A text of which another function tells what is wrong with it. */
function checked(what: string, mistakeOf: (text: string) => string | null) {
  return z.string(wants(what)).superRefine((text, context) => {
    const mistake = mistakeOf(text)
    if (mistake !== null) context.addIssue(mistake)
  })
}
