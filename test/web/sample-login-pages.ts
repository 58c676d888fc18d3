import { enrolKeyPage, enrolPage, enrolSoonPage } from '../../src/login/enrol-pages.ts'
import { loopPage } from '../../src/login/loop-page.ts'
import { noFactorPage } from '../../src/login/no-factor-page.ts'
import { secondFactorPage } from '../../src/login/second-factor-page.ts'
import { signInPage } from '../../src/login/sign-in-page.ts'
import type { SignInProblem } from '../../src/login/sign-in-page.ts'
import type { Frame } from '../../src/web/frame.ts'
import { qrCode } from '../../src/web/qr-code.ts'

const QR_CODE = await qrCode('otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', 'QR')
const PROBLEMS: readonly SignInProblem[] = ['username_missing', 'passkey_refused', 'stopped', 'form_expired', 'expired']
const CAUSES = ['cookie_doubled', 'cookie_not_valid', 'gateway_not_told', 'proof_too_old', 'wrong_scheme'] as const

/** The pages of a sign-in beside its first one, in the states that look different, by name. */
export function loginPages(frame: Frame): Readonly<Record<string, string>> {
  const form = { frame, action: '/.postern/login', csrf: 'kq3v', rd: 'c2lnbmVk.9f' }
  const signIn = { ...form, returnHost: 'wiki.example.com', username: 'alice', problem: null }
  const passkeys = { ...signIn, passkeyAction: '/.postern/login/passkey' }
  const second = {
    ...form,
    title: frame.words.say('second_factor.title'),
    optionsFrom: '/.postern/login/second-factor/passkey',
    returnHost: 'wiki.example.com',
    wants: 'totp',
    others: [
      { factor: 'webauthn', href: '/.postern/login/second-factor?with=webauthn' },
      { factor: 'recovery', href: '/.postern/login/second-factor?with=recovery' },
    ],
    trustMs: 2_592_000_000,
    problem: null,
    cancelHref: '/.postern/login',
  } as const
  const enrol = { ...form, cancelHref: '/.postern/login' }
  const loop = { frame, host: 'wiki.example.com', startHref: '/.postern/start' }
  return {
    'sign-in-passkey': signInPage(passkeys),
    'sign-in-cookie-missing': signInPage({ ...passkeys, problem: 'cookie_missing' }),
    ...Object.fromEntries(PROBLEMS.map((problem) => [`sign-in-${problem}`, signInPage({ ...signIn, problem })])),
    'second-factor': secondFactorPage(second),
    'second-factor-wrong': secondFactorPage({ ...second, problem: 'wrong', trustMs: null }),
    'second-factor-missing': secondFactorPage({ ...second, wants: 'recovery', problem: 'missing' }),
    'second-factor-stopped': secondFactorPage({ ...second, problem: 'stopped' }),
    'second-factor-expired': secondFactorPage({ ...second, problem: 'form_expired' }),
    'second-factor-passkey': secondFactorPage({
      ...second,
      title: frame.words.say('second_factor.title_step_up'),
      wants: 'webauthn',
      others: [{ factor: 'totp', href: '/.postern/login/second-factor?with=totp' }],
    }),
    'no-factor': noFactorPage({ frame, host: 'wiki.example.com', enrolHref: '/a', againHref: '/b' }),
    'no-factor-page': noFactorPage({ frame, host: null, enrolHref: '/a', againHref: '/b' }),
    enrol: enrolPage(enrol),
    'enrol-key': enrolKeyPage({
      ...enrol,
      key: { qrCode: QR_CODE, text: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
      problem: null,
    }),
    ...Object.fromEntries(
      (['wrong', 'missing', 'stopped', 'form_expired'] as const).map((problem) => [
        `enrol-${problem}`,
        enrolKeyPage({ ...enrol, key: null, problem }),
      ]),
    ),
    'enrol-soon': enrolSoonPage({
      frame,
      enforcedAt: new Date('2026-03-01T08:00:00Z'),
      enrolHref: '/a',
      laterHref: '/b',
    }),
    loop: loopPage({ ...loop, cause: 'cookie_missing' }),
    ...Object.fromEntries(CAUSES.map((cause) => [`loop-${cause}`, loopPage({ ...loop, cause })])),
  }
}
