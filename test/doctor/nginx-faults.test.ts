import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IS_LONG } from '../support/long.ts'
import { openClinic, wrongs } from './clinic.ts'
import type { Fault } from './clinic.ts'

const ALL_HEADERS = 'include postern/verify.conf;'

/** What operators get wrong, and what has to be said of it. Whatever is listed must be all that is found. */
const FAULTS: readonly (readonly [what: string, fault: Fault, found: readonly string[]])[] = [
  [
    'an identity header that is not set',
    { protect: [['proxy_set_header Remote-User $postern_user;', '']] },
    ['forged_header', 'no_identity'],
  ],
  [
    'one of the lesser identity headers that is not set',
    { protect: [['proxy_set_header Remote-Groups $postern_groups;', '']] },
    ['forged_header'],
  ],
  [
    'identity headers that only answers with somebody in them set',
    { protect: [['proxy_set_header X-Postern-Assertion $postern_assertion;', '']] },
    ['forged_header'],
  ],
  [
    'other spellings of identity headers that pass',
    {
      site: [
        ['server_name app.example.com; # whole', 'underscores_in_headers on; server_name app.example.com; # whole'],
      ],
      policy: [['port:', 'alias_guard: ignore\n    port:']],
    },
    ['aliased_header'],
  ],
  [
    'names that are no names for nginx',
    {
      site: [
        ['server_name app.example.com; # whole', 'ignore_invalid_headers off; server_name app.example.com; # whole'],
      ],
      policy: [['port:', 'alias_guard: ignore\n    port:']],
    },
    ['aliased_header'],
  ],
  [
    'a location without protection',
    { protect: [['auth_request /.postern/verify;', '']] },
    ['open_page', 'no_identity'],
  ],
  [
    'an address list that answers in place of the gateway',
    { protect: [['satisfy all;', 'satisfy any; allow 127.0.0.1; deny all;']] },
    ['open_page', 'no_identity'],
  ],
  [
    'the host that the client wrote',
    { verify: [['X-Original-Host $host;', 'X-Original-Host $http_host;']] },
    ['host_of_client'],
  ],
  ['the host that the client wrote, for the app', { protect: [['Host $host;', 'Host $http_host;']] }, ['host_to_app']],
  [
    'a redirect that is made from the host that the client wrote',
    { portal: [['return 302 $postern_location;', 'return 302 https://$http_host/.postern/start?rd=$request_uri;']] },
    ['host_reflected'],
  ],
  [
    'the session cookie, passed on',
    { protect: [['proxy_set_header Cookie $postern_app_cookie;', 'proxy_set_header Cookie $http_cookie;']] },
    ['leaked_cookie'],
  ],
  [
    'a gateway in trouble that opens the door',
    {
      protect: [['error_page 403 =403', 'error_page 500 =200 @open;\nerror_page 403 =403']],
      site: [['location / {', 'location @open { auth_request off; proxy_pass http://app; }\n    location / {']],
    },
    ['fails_open'],
  ],
  [
    'a gateway in trouble that answers 200 with a page of apology',
    {
      protect: [['error_page 403 =403', 'error_page 500 502 504 =200 @sorry;\nerror_page 403 =403']],
      site: [['location / {', "location @sorry { auth_request off; return 200 'sorry'; }\n    location / {"]],
    },
    ['fails_open'],
  ],
  [
    'files of some kinds without protection',
    { site: [['location / {', 'location ~ "\\.(?:css|js)$" { proxy_pass http://app; }\n    location / {']] },
    ['path_reading'],
  ],
  ['a verify location for everybody', { verify: [['internal;', '']] }, ['verify_exposed']],
  [
    'a path that the client may name',
    { verify: [['proxy_set_header X-Original-URI $request_uri;', '']] },
    ['refused_page', 'named_path'],
  ],
  [
    'a method that the client may name',
    { verify: [['proxy_set_header X-Original-Method $request_method;', '']] },
    ['refused_page', 'named_path'],
  ],
  ['an upgrade to anything', { protect: [['Upgrade $postern_upgrade;', 'Upgrade $http_upgrade;']] }, ['h2c']],
  [
    'portal pages that lead to the app',
    {
      portal: [
        [
          'proxy_pass $postern_scheme://postern_portal;\n}\n\nlocation @postern_sign_in',
          'proxy_pass http://app;\n}\n\nlocation @postern_sign_in',
        ],
      ],
    },
    ['not_routed'],
  ],
  ['no portal pages', { site: [['include postern/portal.conf;', '']] }, ['gateway_fault', 'not_routed']],
  ['a 401 that leads nowhere', { protect: [['error_page 401 = @postern_sign_in;', '']] }, ['no_sign_in_page']],
  [
    'a gateway that learns nothing of what browsers take',
    { site: [[ALL_HEADERS, `${ALL_HEADERS} proxy_set_header Accept "";`]] },
    ['no_sign_in_page'],
  ],
  ['words that some frameworks believe', { protect: [['proxy_set_header X-Original-URL "";', '']] }, ['proxy_words']],
  ['an app with another port in the policy', { policy: [['port:', 'port: 1 #']] }, ['other_origin']],
  [
    'a verify URL that names another app',
    { site: [['/verify/nginx/app/app;', '/verify/nginx/app/other;']] },
    ['refused_page'],
  ],
  [
    'a gateway and a portal that are not there',
    { site: [['server 127.0.0.1:', 'server 127.0.0.2:']] },
    ['gateway_fault', 'not_routed'],
  ],
]

test('nothing is wrong with the shipped configuration', async (t) => {
  const clinic = await openClinic(t)
  for (const anonymous of [false, true]) {
    const findings = await clinic.examine({ anonymous })
    assert.deepEqual(
      findings.filter(({ level }) => level === 'wrong' || level === 'look'),
      [],
    )
  }
})

/** One of two; the others in the long suites. */
const PLANTED = FAULTS.filter((_, index) => IS_LONG || index % 2 === 0)

for (const [what, fault, found] of PLANTED) {
  test(`finds ${what}`, async (t) => {
    const { examine } = await openClinic(t, fault)
    const findings = await examine()
    assert.deepEqual(
      wrongs(findings).toSorted(),
      found.toSorted(),
      JSON.stringify(
        findings.filter(({ level }) => level === 'wrong'),
        null,
        1,
      ),
    )
    for (const { change, level } of findings) assert.ok(level === 'fine' || change !== '')
  })
}
