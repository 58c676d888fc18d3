import type { AccountShell } from '../../src/account/account-page.ts'
import { activityPage, notMePage } from '../../src/account/activity-page.ts'
import { languagePage } from '../../src/account/language-page.ts'
import { launcherPage } from '../../src/account/launcher-page.ts'
import type { LauncherCard } from '../../src/account/launcher-page.ts'
import { profilePage } from '../../src/account/profile-page.ts'
import type { EventRow } from '../../src/audit/search-table.ts'
import type { Frame } from '../../src/web/frame.ts'
import { plainFrame } from '../../src/web/look.ts'

const plain = plainFrame('/.postern/assets')
const USER = '2f1c0000-0000-4000-8000-000000000001'
const CARD: LauncherCard = {
  title: 'Wiki',
  description: 'What we know, and where it is written down.',
  icon: { letters: 'W' },
  url: 'https://wiki.example.com/',
  asksFor: 'nothing',
  notice: null,
}
const CARDS: readonly LauncherCard[] = [
  CARD,
  { ...CARD, title: 'Git', description: null, icon: { letters: '🛠' }, asksFor: 'second_factor' },
  {
    ...CARD,
    title: 'An app with a title that is about as long as the policy lets it',
    asksFor: 'proof',
    notice: { text: 'Being mended, and back at noon.', endsAt: new Date('2026-03-01T12:00:00Z') },
  },
  { ...CARD, title: 'Tenants', icon: { letters: 'T' }, url: null },
  ...['Mail', 'Calendar', 'Photos', 'Music'].map((title) => ({ ...CARD, title, icon: { letters: title.charAt(0) } })),
]
const EVENT: EventRow = {
  seq: '7',
  id: USER,
  occurred_at: '2026-03-01T08:00:00.000000Z',
  event_type: 'sign_in',
  action: 'access',
  resource: 'user:alice',
  result: 'success',
  actor_id: USER,
  actor_login: 'alice',
  session_id: null,
  ip_address: '2001:db8:1234:5678:9abc:def0:1234:5678',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  request_id: null,
  risk_score: null,
  details: '{}',
}

/** What surrounds the pages of an account; of somebody with a console where it is to be told. */
export function sampleShell(frame: Frame = plain, consoleHref: string | null = null): AccountShell {
  return { frame, base: '/.postern/account', homeHref: '/.postern/', signOutHref: '/.postern/logout', consoleHref }
}

/** The new pages of one's own account and the start page, in the states that look different. */
export function accountPages(frame: Frame = plain): Readonly<Record<string, string>> {
  const shell = sampleShell(frame)
  const form = { shell, action: '/.postern/account', csrf: 'kq3v' }
  const home = {
    shell: sampleShell(frame, '/.postern/admin'),
    login: 'alice',
    cards: CARDS,
    total: CARDS.length,
    filter: '',
    signOutAction: '/.postern/logout',
    csrf: 'kq3v',
  }
  const profile = {
    ...form,
    login: 'alice',
    name: 'Alice Aardvark',
    email: 'alice.with.a.rather.long.address@department.example.com',
    isEmailVerified: true,
    refusedName: null,
    isSaved: false,
    roles: [
      { name: 'postern-admin', permissions: [], endsAt: null },
      { name: 'helpdesk', permissions: ['postern.users:read', 'wiki:read'], endsAt: new Date('2026-03-01T12:00:00Z') },
      { name: 'staff', permissions: [], endsAt: null },
    ],
  }
  const activity = { shell, userId: USER, days: 90, olderHref: '/?before=1', latestHref: null }
  const events: readonly EventRow[] = [
    EVENT,
    { ...EVENT, event_type: 'roles_changed', actor_id: 'another' },
    { ...EVENT, event_type: 'sign_in', actor_id: null, result: 'failure', details: '{"times":12}' },
  ]
  return {
    home: launcherPage(home),
    'home-found': launcherPage({ ...home, cards: [CARD], filter: 'wi' }),
    'home-none-fits': launcherPage({ ...home, cards: [], filter: 'nothing of this kind' }),
    'home-empty': launcherPage({ ...home, cards: [], total: 0 }),
    profile: profilePage(profile),
    'profile-refused': profilePage({ ...profile, roles: [], refusedName: ' ' }),
    'profile-saved': profilePage({ ...profile, isEmailVerified: false, isSaved: true }),
    activity: activityPage({ ...activity, events }),
    'activity-none': activityPage({ ...activity, events: [], olderHref: null, latestHref: '/' }),
    'not-me': notMePage(form),
    language: languagePage({
      ...form,
      languages: [
        { tag: 'en', endonym: 'English' },
        { tag: 'de', endonym: 'Deutsch' },
      ],
      chosen: 'de',
      isSaved: true,
    }),
  }
}
