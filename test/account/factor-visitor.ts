import { totpCode } from '../../src/credentials/totp-code.ts'
import type { FactorTimes } from '../../src/lib/principal.ts'
import { findCredentials } from '../../src/users/users.ts'
import { createBrowser, hidden } from '../login/browser.ts'
import type { Page } from '../login/browser.ts'
import { ORIGIN } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

export const FACTORS = '/.postern/account/factors'

export interface PageAnswer {
  readonly status: number
  readonly location: string | null
  readonly text: string
  readonly policy: string
}

/** A browser that is signed in with these factors, proven so many ms ago. */
export interface FactorVisitor {
  readonly token: string
  readonly userId: string
  open(path?: string): Promise<PageAnswer>
  /** Posts a form below the list's address, with the list's own form token unless another is given. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>
}

export async function visit(app: TestApp, login: string, factors: FactorTimes): Promise<FactorVisitor> {
  const { database, sessions } = app.context
  const person = await findCredentials(database, login)
  if (person === null) throw new Error(`there is no ${login}`)
  const about = { userId: person.id, sessionEpoch: person.session_epoch, address: null, userAgent: '' }
  const started = await database.transaction((tx) => sessions.start(tx, { ...about, factors }))
  if (started === null) throw new Error(`${login} may not sign in`)
  const { token } = started
  const browser = createBrowser(app.portal)
  browser.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
  const open = async (path = ''): Promise<PageAnswer> => answerOf(await browser.get(FACTORS + path))
  return {
    token,
    userId: person.id,
    open,
    async post(path, fields = {}, headers = {}) {
      const csrf = hidden(await browser.get(FACTORS), 'csrf')
      return answerOf(await browser.post(FACTORS + path, { body: { csrf, ...fields }, headers }))
    },
  }
}

/** The key that a page tells, as bytes. */
export function keyOf({ text }: PageAnswer): Buffer {
  const base32 = /type this key into it: <code>([A-Z2-7 ]+)<\/code>/.exec(text)?.[1]?.replaceAll(' ', '') ?? ''
  const bits = Array.from(base32, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** @param steps from the present one */
export function codeNow(key: Buffer, steps = 0): string {
  return totpCode(key, Math.floor(Date.now() / 30_000) + steps)
}

function answerOf({ status, headers, text }: Page): PageAnswer {
  return { status, location: headers['location'] ?? null, text, policy: headers['content-security-policy'] ?? '' }
}
