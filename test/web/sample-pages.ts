import { sessionListPage } from '../../src/account/session-list-page.ts'
import { firstRunPage } from '../../src/login/first-run-page.ts'
import { forbiddenPage } from '../../src/login/forbidden-page.ts'
import { handOverFailedPage } from '../../src/login/hand-over-page.ts'
import { signInPage } from '../../src/login/sign-in-page.ts'
import { signOutPage, signedOutPage } from '../../src/login/sign-out-page.ts'
import { errorPage } from '../../src/web/error-page.ts'
import { accountPages, sampleShell } from './sample-account-pages.ts'
import { loginPages } from './sample-login-pages.ts'
import { factorPages } from './sample-factor-pages.ts'
import { passwordPages } from './sample-password-pages.ts'
import { tokenPages } from './sample-token-pages.ts'
import { recoveryPages } from './sample-recovery-pages.ts'
import { plainFrame } from '../../src/web/look.ts'
import type { Frame } from '../../src/web/frame.ts'

/** Every page of the portal in the states that look different, by name. */
export function samplePages(frame: Frame): Readonly<Record<string, string>> {
  const signIn = {
    frame,
    action: '/.postern/login',
    csrf: 'kq3v',
    rd: 'c2lnbmVk.9f',
    returnHost: 'wiki.example.com',
    username: '',
    problem: null,
  }
  const firstRun = {
    frame,
    action: '/.postern/first-run',
    csrf: 'kq3v',
    token: 'pi1aa',
    values: { username: '', email: '', name: '' },
    faults: {},
    minPasswordLength: 12,
    invitedEmail: null,
  }

  const seen = { startedAt: new Date('2026-03-01T08:00:00Z'), lastSeenAt: new Date('2026-03-01T09:30:00Z') }
  return {
    'sign-in': signInPage(signIn),
    'sign-in-remember': signInPage({ ...signIn, remember: { lastsMs: 2_592_000_000, isChecked: false } }),
    'sign-in-wrong': signInPage({ ...signIn, username: 'alice', problem: 'wrong_credentials' }),
    'sign-in-missing': signInPage({ ...signIn, username: 'alice', problem: 'password_missing' }),
    'sign-in-busy': signInPage({ ...signIn, returnHost: null, rd: null, username: 'alice', problem: 'busy' }),
    'sign-in-reset': signInPage({ ...signIn, resetHref: '/.postern/reset' }),
    ...loginPages(frame),
    ...recoveryPages(frame),
    'sign-out': signOutPage({
      frame,
      action: '/.postern/logout',
      csrf: 'kq3v',
      login: 'alice',
      homeHref: '/.postern/',
    }),
    'signed-out': signedOutPage({ frame, signInHref: '/.postern/login' }),
    ...accountPages(frame),
    forbidden: forbiddenPage({ frame, decisionId: '01JD8Q2VX4-7f3a', login: 'alice', signInHref: '/.postern/login' }),
    'forbidden-anonymous': forbiddenPage({ frame, decisionId: null, login: null, signInHref: '/.postern/login' }),
    'first-run': firstRunPage(firstRun),
    'first-run-faulty': firstRunPage({
      ...firstRun,
      values: { username: 'al ice', email: 'alice@example.com', name: 'Alice' },
      faults: {
        username: 'Use 1 to 64 characters: a–z, 0–9, and . _ - after the first.',
        password: 'Use at least 12 characters.',
      },
    }),
    invitation: firstRunPage({ ...firstRun, invitedEmail: 'bob@example.com' }),
    'hand-over-failed': handOverFailedPage({ frame, startHref: '/.postern/start' }),
    sessions: sessionListPage({
      shell: sampleShell(frame),
      action: '/.postern/account/sessions',
      csrf: 'kq3v',
      sessions: [
        {
          ...seen,
          id: '1',
          device: frame.words.say('device.both', { browser: 'Firefox', system: 'Linux' }),
          address: '192.0.2.7',
          isThis: true,
        },
        {
          ...seen,
          id: '2',
          device: frame.words.say('device.both', { browser: 'Safari', system: 'iPhone' }),
          address: '2001:db8:1234:5678:9abc:def0:1234:5678',
          isThis: false,
        },
        { ...seen, id: '3', device: frame.words.say('device.unknown'), address: null, isThis: false },
      ],
      devices: [
        {
          id: '4',
          device: frame.words.say('device.both', { browser: 'Firefox', system: 'Linux' }),
          address: '2001:db8:1234:5678:9abc:def0:1234:5678',
          firstSeenAt: seen.startedAt,
          lastSeenAt: seen.lastSeenAt,
          trustedUntil: new Date('2026-12-20T08:00:00Z'),
          isThis: true,
        },
        {
          id: '5',
          device: frame.words.say('device.both', { browser: 'Safari', system: 'iPhone' }),
          address: null,
          firstSeenAt: seen.startedAt,
          lastSeenAt: seen.lastSeenAt,
          trustedUntil: null,
          isThis: false,
        },
      ],
    }),
    ...factorPages(frame),
    ...passwordPages(frame),
    ...tokenPages(frame),
    error: errorPage({
      frame,
      status: 503,
      message: frame.words.say('error.store_unavailable'),
      requestId: 'req-4f1c9a27d0b8e356',
      homeHref: '/.postern/',
    }),
  }
}

/** The same in English. */
export const SAMPLE_PAGES = samplePages(plainFrame('/.postern/assets'))
