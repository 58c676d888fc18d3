import { request } from 'undici'
import { HOSTS, LOGIN } from '../cases.ts'

const API = '/.postern/api/v2/auth'

/** Signs out over the portal listener; when this resolves, that is promised to count everywhere. */
export async function signOut(portal: string, token: string): Promise<void> {
  await post(portal, 'logout', { cookie: `__Host-postern=${token}` })
}

/** Signs the one person in who has a password. */
export async function signInAt(portal: string, password: string): Promise<void> {
  const body = JSON.stringify({ username: LOGIN, password })
  await post(portal, 'login', { 'content-type': 'application/json' }, body)
}

async function post(portal: string, action: string, headers: Record<string, string>, body?: string): Promise<void> {
  const { statusCode, body: answer } = await request(`http://${portal}${API}/${action}`, {
    method: 'POST',
    headers: { host: HOSTS.postern, ...headers },
    body: body ?? null,
  })
  const text = await answer.text()
  if (statusCode !== 200) throw new Error(`${action} at the portal gave ${statusCode}: ${text}`)
}
