import type { FastifyRequest } from 'fastify'
import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { isOperator } from '../policies/holds.ts'
import { page } from '../web/frame.ts'
import type { Frame, Page } from '../web/frame.ts'
import type { Html } from '../web/html.ts'
import { navigation } from '../web/navigation.ts'
import { frameOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import type { WordName } from '../words/words.ts'

/** What surrounds every page of one's own account. */
export interface AccountShell {
  readonly frame: Frame
  /** Path that the pages are below, such as `/.postern/account`. */
  readonly base: string
  /** The portal's start page. */
  readonly homeHref: string
  readonly signOutHref: string
  /** Null for whoever may do nothing of Postern's own. */
  readonly consoleHref: string | null
}

/** Where a page stands in the navigation. */
export type AccountPlace = 'home' | (typeof PLACES)[number]['place']

export interface AccountPage extends Pick<Page, 'script' | 'wide'> {
  readonly here: AccountPlace
  readonly title: string
  readonly body: Html
}

type ShellParts = Pick<PageParts, 'look' | 'cookies' | 'entrances'> & {
  /** The policy in force: it says whether somebody has a console to look at. */
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
}

const PLACES = [
  { place: 'profile', path: '', word: 'account.profile' },
  { place: 'password', path: '/password', word: 'account.password' },
  { place: 'factors', path: '/factors', word: 'account.factors' },
  { place: 'sessions', path: '/sessions', word: 'account.sessions' },
  { place: 'tokens', path: '/api-tokens', word: 'account.tokens' },
  { place: 'activity', path: '/activity', word: 'account.activity' },
  { place: 'language', path: '/language', word: 'account.language' },
] as const satisfies readonly { place: string; path: string; word: WordName }[]

/** What surrounds a page for somebody who is signed in. */
export function openShell(
  parts: ShellParts,
  request: FastifyRequest,
  principal: Pick<Principal, 'roles'>,
): AccountShell {
  const { base, home: homeHref, signOut: signOutHref } = parts.entrances.portal.paths
  return {
    frame: frameOf(parts, request),
    base: `${base}/account`,
    homeHref,
    signOutHref,
    consoleHref: isOperator(parts.policy(), principal) ? `${base}/admin` : null,
  }
}

/** A whole page of the account, with its navigation. */
export function accountPage(shell: AccountShell, { here, ...rest }: AccountPage): string {
  return page({ ...rest, frame: shell.frame, nav: placesOf(shell, here) })
}

function placesOf({ frame, base, homeHref, signOutHref, consoleHref }: AccountShell, here: AccountPlace): Html {
  const { words } = frame
  const own = PLACES.map(({ place, path, word }) => ({
    href: base + path,
    text: words.say(word),
    isHere: place === here,
  }))
  const around = [
    ...(consoleHref === null ? [] : [{ href: consoleHref, text: words.say('account.console'), isHere: false }]),
    { href: signOutHref, text: words.say('account.sign_out'), isHere: false },
  ]
  return navigation(words, {
    label: words.say('account.navigation'),
    groups: [
      { heading: null, places: [{ href: homeHref, text: words.say('account.apps'), isHere: here === 'home' }] },
      { heading: words.say('account.heading'), places: own },
      { heading: null, places: around },
    ],
  })
}
