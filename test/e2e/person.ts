import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { hiddenFields } from '../support/form.ts'
import { PASSWORD } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { createVisitor } from '../support/http.ts'
import type { Reply, Visitor, VisitOptions } from '../support/http.ts'

/** A visitor who opens pages as a browser does, but for running it. */
export interface Person extends Visitor {
  /** Opens a path of the app, as a page. */
  readonly open: (path: string, options?: VisitOptions) => Promise<Reply>
  /** Opens a page, signs in where that leads, and gives what comes of it. */
  readonly signIn: (path: string, login: string, password?: string) => Promise<Reply>
  readonly signOut: () => Promise<Reply>
}

const AS_PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const REDIRECTS = 5
const SIGN_IN = '/.postern/login'
const SIGN_OUT = '/.postern/logout'

/** A new visitor of a site. */
export function createPerson(t: TestContext, site: Pick<ProductionSite, 'origin' | 'hosts'>): Person {
  const visitor = createVisitor(t, { hosts: site.hosts })
  const open = (path: string, options: VisitOptions = {}): Promise<Reply> =>
    visitor.visit(`${site.origin}${path}`, { ...options, headers: { ...AS_PAGE, ...options.headers } })
  const send = (path: string, body: Readonly<Record<string, string>>): Promise<Reply> =>
    open(path, { method: 'POST', body, headers: { origin: site.origin }, redirects: REDIRECTS })
  return {
    ...visitor,
    open,
    async signIn(path, login, password = PASSWORD) {
      const form = await open(path, { redirects: REDIRECTS })
      assert.equal(form.status, 200, form.text)
      return send(SIGN_IN, { ...hiddenFields(form.text, SIGN_IN), username: login, password })
    },
    async signOut() {
      const page = await open(SIGN_OUT)
      return send(SIGN_OUT, hiddenFields(page.text, SIGN_OUT))
    },
  }
}

/** A visitor who is signed in. */
export async function signedIn(t: TestContext, site: ProductionSite, login: string): Promise<Person> {
  const person = createPerson(t, site)
  assert.equal((await person.signIn('/', login)).status, 200)
  return person
}

/** What the app said it was sent. */
export function echoed(reply: Reply): EchoedRequest {
  assert.equal(reply.status, 200, reply.text)
  return JSON.parse(reply.text) as EchoedRequest
}
