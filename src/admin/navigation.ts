import type { OwnPermission } from '../lib/permissions.ts'
import type { Html } from '../web/html.ts'
import { navigation } from '../web/navigation.ts'
import type { WordName, Words } from '../words/words.ts'
import type { Console } from './console.ts'

/** A page that stands in the navigation. */
export interface ConsolePlace {
  /** Path below the console's; '' for the overview. */
  readonly path: string
  readonly word: WordName
  /** Null for whoever has a console at all. */
  readonly permission: OwnPermission | null
}

export interface ConsoleGroup {
  readonly word: WordName
  readonly places: readonly ConsolePlace[]
}

/** Every page that stands in the navigation, in its order. */
const PLACES: readonly ConsoleGroup[] = [
  { word: 'console.group_now', places: placesFor(null, { '': 'console.overview' }) },
  {
    word: 'console.group_people',
    places: [
      ...placesFor('postern.users:read', { users: 'console.users', roles: 'console.roles', grants: 'console.grants' }),
      ...placesFor('postern.sessions:read', { sessions: 'console.sessions' }),
      ...placesFor('postern.attempts:clear', { attempts: 'console.attempts' }),
    ],
  },
  {
    word: 'console.group_access',
    places: placesFor('postern.policy:read', {
      policy: 'console.policy',
      'policy/try': 'console.policy_try',
      'policy/versions': 'console.policy_versions',
      matrix: 'console.matrix',
      notices: 'console.notices',
      snippets: 'console.snippets',
    }),
  },
  {
    word: 'console.group_record',
    places: placesFor('postern.audit:read', { audit: 'console.audit', decisions: 'console.decisions' }),
  },
  {
    word: 'console.group_system',
    places: placesFor('postern.system:read', { system: 'console.system', keys: 'console.keys' }),
  },
]

/** What of it this visitor may see; the place that a page stands at or below is marked. */
export function consoleNavigation(words: Words, { base, here, may, homeHref }: Console): Html {
  const marked = placeOf(here)
  const groups = PLACES.map(({ word, places }) => ({
    heading: words.say(word),
    places: places
      .filter(({ permission }) => permission === null || may(permission))
      .map((place) => ({
        href: place.path === '' ? base : `${base}/${place.path}`,
        text: words.say(place.word),
        isHere: place === marked,
      })),
  }))
  const back = { href: homeHref, text: words.say('console.leave'), isHere: false }
  return navigation(words, {
    label: words.say('console.title'),
    groups: [...groups, { heading: null, places: [back] }],
  })
}

/** The deepest place at or above a path. */
function placeOf(here: string): ConsolePlace | null {
  const above = PLACES.flatMap(({ places }) => places).filter(
    ({ path }) => path === here || (path !== '' && here.startsWith(`${path}/`)),
  )
  return above.toSorted((one, other) => other.path.length - one.path.length)[0] ?? null
}

/** @param words what each is called, by its path */
function placesFor(permission: OwnPermission | null, words: Readonly<Record<string, WordName>>): ConsolePlace[] {
  return Object.entries(words).map(([path, word]) => ({ path, word, permission }))
}
