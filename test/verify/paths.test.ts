import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Asked, Listener } from './ask.ts'

/** Id, what is asked, and what each of nobody, alice (user) and bob (admin) gets; one word stands for all three. */
type Case = readonly [id: string, asked: Asked, verdicts: string]

const uris = (id: string, verdicts: string, ...list: string[]): Case[] => list.map((uri) => [id, { uri }, verdicts])
const hosts = (id: string, verdicts: string, ...list: string[]): Case[] =>
  list.map((host) => [id, { host, uri: '/public/a', url: '/verify/nginx' }, verdicts])
const methods = (id: string, verdicts: string, uri: string, ...list: string[]): Case[] =>
  list.map((method) => [id, { method, uri }, verdicts])

const SIGNED_IN = 'sign_in allow(alice) allow(bob)'
const ADMINS = 'sign_in no allow(bob)'

const PATHS: readonly Case[] = [
  ...uris('PATH-01', 'anon', '/public/a.css', '/public', '/public/', '/healthz', '/public/a?x=%2e%2e&y=//'),
  ...uris('PATH-02', ADMINS, '/admin/', '/admin', '/admin/users?x=/public/'),
  ...uris('PATH-04', ADMINS, '/public/../admin/', '/public/../admin'),
  ...uris('PATH-04', 'no', '/public/./../admin/', '/public/x/../../admin'),
  ...uris('PATH-05', ADMINS, '/public/%2e%2e/admin/', '/public/%2E%2E/admin/', '/public/.%2e/admin/'),
  ...uris('PATH-07', ADMINS, '/public/..%2fadmin/', '/public/..%2Fadmin/'),
  ...uris('PATH-08', ADMINS, '/public/%2e%2e%2fadmin'),
  ...uris('PATH-10', ADMINS, '/public/%252e%252e/admin', '/%2561dmin'),
  ...uris('PATH-11', ADMINS, '/public/%25%32%65%25%32%65/admin'),
  ...uris('PATH-13', ADMINS, '/public/..;a=b/admin/', '/public/..;/admin'),
  ...uris('PATH-14', ADMINS, '/public;/../admin/'),
  ...uris('PATH-16', ADMINS, '/admin;x=1', '/admin%3Bx=1'),
  ...uris('PATH-17', ADMINS, '/;x/admin/', '/%3bx/admin'),
  ...uris('PATH-16', SIGNED_IN, '/public;/a'),
  ...uris('PATH-19', ADMINS, '/public/..%5cadmin', '/public%5c..%5cadmin'),
  ...uris('PATH-19', 'no', '/adm\\in', '/public\\..\\admin'),
  ...uris('PATH-20', ADMINS, '//admin/', '///admin/'),
  ...uris('PATH-20', 'anon', '/public//a'),
  ...uris('PATH-22', SIGNED_IN, '//evil.test/public/x'),
  ...uris('PATH-22', ADMINS, '//evil.test/admin/x'),
  ...uris('PATH-23', ADMINS, '/admin/.', '/admin/./', '/./admin/', '/admin/..', '/admin...', '/admin%20'),
  ...uris('PATH-25', ADMINS, '/ADMIN/', '/Admin/', '/aDMIN/users'),
  ...uris('PATH-26', ADMINS, '/%41dmin/', '/%61dmin/', '/adm%69n/'),
  ...uris('PATH-28', 'no', '/admin%00', '/public/%00/../admin', '/healthz%00/x'),
  ...uris('PATH-29', 'no', '/healthz%0a', '/healthz%0d%0aRemote-User:%20bob', '/healthz%09', '/admin%7f'),
  ...uris('PATH-31', SIGNED_IN, '/healthz%23x'),
  ...uris('PATH-31', 'anon', '/public/%23/../admin'),
  ...uris('PATH-31', 'no', '/healthz#x', '/public/#/../admin'),
  ...uris('PATH-32', SIGNED_IN, '/healthz%3fx'),
  ...uris('PATH-32', ADMINS, '/admin%3f/public/'),
  ...uris('PATH-34', SIGNED_IN, '/private?path=/healthz', '/private?/public/'),
  ...uris('PATH-35', SIGNED_IN, '/healthz/', '/healthz/x', '/healthzz', '/healthz.json', '/publicx', '/publi'),
  ...uris('PATH-37', SIGNED_IN, '/adminx', '/admin-old', '/favicon.ico', '/robots.txt'),
  ...uris('PATH-38', 'no', '/public/%c0%ae%c0%ae/admin', '/%c0%afadmin', '/public/%e0%80%ae./', '/%ff'),
  ...uris('PATH-40', 'no', '/%', '/%2', '/%zz', '/%u0061dmin', '/public/%g0', '/public/a%'),
  ...uris('PATH-41', ADMINS, '/%EF%BC%8E%EF%BC%8E/admin', '/%EF%BC%8Fadmin', '/adm%C4%B1n'),
  ...uris('PATH-44', SIGNED_IN, '/%C5%BFecret', '/caf%65%CC%81'),
  ...uris('PATH-47', 'no', '*', 'admin', '?x', 'http://app.example.com/public/', 'https:/public/', '.', '\\public/'),
  ...uris('PATH-49', 'no', '/public/a, /admin/', '/public/a b', '/public/"', '/public/<', '/public/`', '/public/^'),
  ...uris('PATH-50', 'no', `/public/${'a'.repeat(8_200)}`, `/public${'/.'.repeat(4_000)}`),
  ...uris('PATH-50', 'anon', `/public/${'%41'.repeat(2_000)}`),
  ...uris('PATH-50', 'no', '/public/?a b', '/public/?\u00e9', '/public/?#'),
  ...uris('PATH-49', 'anon', '/public/a,/admin/', '/public/@scope/a', '/public/.a'),
  ...uris('PATH-49', ADMINS, '/admin/a,/public/', '/admin/@public', '/admin/.public/a'),
  ...uris('PATH-58', SIGNED_IN, '/.well-known/acme-challenge/x', '/.git/config', '/@admin/x', '/admin,/x'),
  ...uris('PATH-58', ADMINS, '/.public/../admin/'),
  ...uris('PATH-58', 'no', '/public/.a/../../admin/'),
  ...uris('PATH-58', 'anon', '/public/..a', '/public/.%61'),
  ...uris('PATH-58', SIGNED_IN, '/.%61dmin/'),
  ...uris('PHP', ADMINS, '/index.php/admin/', '/index.php/x/../admin'),
]

const HOSTS: readonly Case[] = [
  ...hosts('HOST-01', 'anon', 'app.example.com', 'APP.EXAMPLE.COM', 'app.example.com.', 'app.example.com:443'),
  ...hosts(
    'HOST-04',
    'no',
    'app.example.com:abc',
    'app.example.com:80:80',
    'app.example.com:99999',
    'app.example.com:',
  ),
  ...hosts('HOST-04', 'no', 'app.example.com:8443', 'app.example.com:0443', 'app.example.com:+443'),
  ...hosts('HOST-05', 'no', 'app.example.com#', 'app.example.com?', 'app.example.com?x=1', 'app.example.com\\'),
  ...hosts(
    'HOST-05',
    'no',
    'app.example.com/x',
    'app.example.com;',
    'app.example.com@evil.test',
    'evil@app.example.com',
  ),
  ...hosts('HOST-07', 'no', 'app.example.com%2f', 'app%2eexample.com', 'app.example.com%00', 'app.example.com%23'),
  ...hosts('HOST-08', 'no', 'app.example.com,other.test', 'app.example.com, app.example.com', 'app.example.com x'),
  ...hosts(
    'HOST-10',
    'no',
    '.app.example.com',
    'app..example.com',
    '-app.example.com',
    'app_example.com',
    'app.example.com..',
  ),
  ...hosts('HOST-11', 'no', 'evilapp.example.com', 'app.example.com.evil.test', 'example.com', 'notexample.com', 'com'),
  ...hosts('HOST-13', 'no', '\u00e4pp.example.com', 'xn--pp-fka.example.com', 'app\u00adexample.com'),
  ...hosts('HOST-14', 'no', '127.0.0.1', '[::1]', '0x7f.1', '2130706433', 'localhost', '127.1'),
  ...hosts('RULE-02', 'no', 'unknown.test', 'team.example.com', 'a.b.team.example.com'),
]

const METHODS: readonly Case[] = [
  ...methods('METH-01', 'no', '/public/a', 'get', 'Get', 'G%45T', 'GET,POST', 'GET POST', 'G'.repeat(40)),
  ...methods('METH-02', 'sign_in allow(alice) allow(bob)', '/api/x', 'GET', 'HEAD'),
  ...methods('METH-02', 'sign_in no allow(bob)', '/api/x', 'POST', 'PUT', 'PATCH', 'DELETE'),
  ...methods('METH-02', 'anon', '/healthz', 'HEAD'),
  ...methods('METH-02', SIGNED_IN, '/healthz', 'POST', 'OPTIONS'),
  ...methods('METH-04', 'no', '/public/a', 'TRACE', 'CONNECT', 'TRACK', 'PROPFIND', 'QUERY', 'FOO'),
  ...methods('METH-04', 'no', '/', 'TRACE', 'CONNECT', 'PROPFIND', 'MOVE', 'PURGE'),
  ...methods('RULE-01', 'no', '/old/', 'GET', 'POST'),
]

suite('a request that nginx asks about', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openListener(cleanup)
  })

  for (const [subject, cases] of Object.entries({ path: PATHS, host: HOSTS, method: METHODS })) {
    test(`is judged by its ${subject}, strictly, whoever asks`, async () => {
      for (const [id, asked, expected] of cases) {
        const wanted = expected.includes(' ') ? expected : `${expected} ${expected} ${expected}`
        assert.equal(await verdicts(asked), wanted, `${id} ${JSON.stringify(asked).slice(0, 120)}`)
      }
    })
  }

  test('RULE-01: is forbidden while there is no policy', async (t) => {
    const { ask } = await openListener(t, { policy: null })
    const asked = ['/', '/public/a', '/healthz'].map((uri) => ask({ uri, url: '/verify/nginx' }))
    assert.deepEqual((await Promise.all(asked)).map(verdictOf), ['no', 'no', 'no'])
  })

  test('is judged by the app that the verify URL names, and refused for the host of another', async () => {
    const cases: readonly (readonly [url: string, host: string, verdict: string])[] = [
      ['/verify/nginx/app/app', 'app.example.com', 'allow(bob)'],
      ['/verify/nginx/app/app', 'blue.team.example.com', 'no'],
      ['/verify/nginx/app/team', 'blue.team.example.com', 'sign_in'],
      ['/verify/nginx/app/team', 'app.example.com', 'no'],
      ['/verify/nginx', 'blue.team.example.com', 'sign_in'],
      ['/verify/nginx/app/none', 'app.example.com', 'no'],
      ['/verify/nginx/app/__proto__', 'app.example.com', 'no'],
      ['/verify/nginx/app/APP', 'app.example.com', 'no'],
      ['/verify/nginx/app/a%2Fb', 'app.example.com', 'no'],
      ['/verify/nginx/app/%zz', 'app.example.com', 'no'],
      [`/verify/nginx/app/${'a'.repeat(300)}`, 'app.example.com', 'no'],
    ]
    for (const [url, host, expected] of cases) {
      const told = await listener.ask({ url, host, token: listener.bob })
      assert.equal(verdictOf(told), expected, `${url} ${host}`)
    }
  })

  async function verdicts(asked: Asked): Promise<string> {
    const { ask, alice, bob } = listener
    const all = [ask(asked), ask({ ...asked, token: alice }), ask({ ...asked, token: bob })]
    return (await Promise.all(all)).map(verdictOf).join(' ')
  }
})
