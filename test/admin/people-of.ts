import assert from 'node:assert/strict'
import { createBrowser, openPortal } from '../login/browser.ts'
import type { Browser } from '../login/browser.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

/** The portal, and browsers of whoever is there. */
export interface Place<Login extends string = string> {
  readonly app: TestApp
  readonly signedIn: (login: Login) => Promise<Browser>
}

/** The portal with people in it, by login the role that each has. */
export async function openPlaceOf<Login extends string>(
  t: Cleanup,
  roles: Readonly<Record<Login, string>>,
  options: TestAppOptions,
): Promise<Place<Login>> {
  const app = await openPortal(t, options)
  for (const [login, role] of Object.entries<string>(roles)) await app.addUser(login, { roles: [role] })
  return {
    app,
    async signedIn(username) {
      const browser = createBrowser(app.portal)
      assert.equal((await browser.signIn({ username })).status, 303)
      return browser
    },
  }
}
