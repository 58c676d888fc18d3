import { request } from 'undici'
import { HOST, PASSWORD } from '../support/e2e.ts'
import type { PosternEnv } from '../support/postern-process.ts'

const API = '/.postern/api/v2/auth'
const COOKIE = '__Host-postern'

/** Signs in at this replica and no other. @returns the token */
export async function signInAt(replica: PosternEnv, login: string): Promise<string> {
  const cookies = await post(replica, 'login', {}, { username: login, password: PASSWORD })
  const token = cookies
    .map((cookie) => /^__Host-postern=([^;]+)/.exec(cookie)?.[1])
    .find((found) => found !== undefined)
  if (token === undefined) throw new Error(`no cookie for ${login}: ${cookies.join()}`)
  return token
}

/** Ends a sign-in at this replica and no other. */
export async function signOutAt(replica: PosternEnv, token: string): Promise<void> {
  await post(replica, 'logout', { cookie: `${COOKIE}=${token}` }, {})
}

/** Whom this replica takes a token for, or the status that it refuses with. */
export async function verifyAt(replica: PosternEnv, token: string, path = '/'): Promise<string | number> {
  const answer = await request(`http://${replica['POSTERN_VERIFY_LISTEN']}/verify/nginx/app/app`, {
    method: 'HEAD',
    headers: {
      'x-original-method': 'GET',
      'x-original-proto': 'https',
      'x-original-host': HOST,
      'x-original-uri': path,
      'x-real-ip': '192.0.2.1',
      cookie: `${COOKIE}=${token}`,
    },
  })
  await answer.body.dump()
  return answer.statusCode === 200 ? String(answer.headers['remote-user']) : answer.statusCode
}

async function post(
  replica: PosternEnv,
  action: string,
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, string>>,
): Promise<string[]> {
  const answer = await request(`http://${replica['POSTERN_LISTEN']}${API}/${action}`, {
    method: 'POST',
    headers: { host: HOST, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`${action} gave ${answer.statusCode}: ${text}`)
  return [answer.headers['set-cookie'] ?? []].flat()
}
