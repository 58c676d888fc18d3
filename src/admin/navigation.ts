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
  { word: 'console.group_now', places: [{ path: '', word: 'console.overview', permission: null }] },
  {
    word: 'console.group_people',
    places: [
      { path: 'users', word: 'console.users', permission: 'postern.users:read' },
      { path: 'roles', word: 'console.roles', permission: 'postern.users:read' },
      { path: 'grants', word: 'console.grants', permission: 'postern.users:read' },
      { path: 'sessions', word: 'console.sessions', permission: 'postern.sessions:read' },
      { path: 'attempts', word: 'console.attempts', permission: 'postern.attempts:clear' },
    ],
  },
  {
    word: 'console.group_access',
    places: [
      { path: 'policy', word: 'console.policy', permission: 'postern.policy:read' },
      { path: 'policy/try', word: 'console.policy_try', permission: 'postern.policy:read' },
      { path: 'policy/versions', word: 'console.policy_versions', permission: 'postern.policy:read' },
      { path: 'matrix', word: 'console.matrix', permission: 'postern.policy:read' },
      { path: 'notices', word: 'console.notices', permission: 'postern.policy:read' },
      { path: 'snippets', word: 'console.snippets', permission: 'postern.policy:read' },
    ],
  },
  {
    word: 'console.group_record',
    places: [
      { path: 'audit', word: 'console.audit', permission: 'postern.audit:read' },
      { path: 'decisions', word: 'console.decisions', permission: 'postern.audit:read' },
    ],
  },
  {
    word: 'console.group_system',
    places: [
      { path: 'system', word: 'console.system', permission: 'postern.system:read' },
      { path: 'keys', word: 'console.keys', permission: 'postern.system:read' },
    ],
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
