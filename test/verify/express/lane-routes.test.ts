import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLaneRoutes } from '../../../src/verify/express/lane-routes.ts'
import { DIALECTS } from '../../../src/verify/routes.ts'

const FOUND: readonly (readonly [target: string, dialect: string, appName: string | null])[] = [
  ['/verify/nginx', 'nginx', null],
  ['/verify/nginx/app/wiki', 'nginx', 'wiki'],
  ['/verify/forward', 'forward', null],
  ['/verify/forward/app/a-b_C9', 'forward', 'a-b_C9'],
  ['/verify/ingress-nginx/app/wiki', 'ingress-nginx', 'wiki'],
  ['/verify/ngf/app/wiki', 'ngf', 'wiki'],
  ['/verify/nginx/app/app', 'nginx', 'app'],
]

for (const [target, dialect, appName] of FOUND) {
  test(`${target} is ${dialect} for ${appName ?? 'any app'}, the second time too`, () => {
    const find = createLaneRoutes(DIALECTS)
    for (const time of [1, 2]) assert.deepEqual(find(target), { dialect: DIALECTS[dialect], appName }, `time ${time}`)
  })
}

const ELSEWHERE = [
  '',
  '/',
  '/verify',
  '/verify/',
  '/verify/nginx/',
  '/verify/nginx?a=1',
  '/verify/nginx/app',
  '/verify/nginx/app/',
  '/verify/nginx/app/wiki/',
  '/verify/nginx/app/wiki?a=1',
  '/verify/nginx/app/wiki#a',
  '/verify/nginx/app/wiki/app/wiki',
  '/verify/nginx/app/%77iki',
  '/verify/nginx/app/wi.ki',
  `/verify/nginx/app/${'a'.repeat(65)}`,
  '/verify/nginx//app/wiki',
  '//verify/nginx',
  '/Verify/nginx',
  '/verify/NGINX',
  '/verify/nginx/APP/wiki',
  '/verify/ingress-nginx',
  '/verify/ngf',
  '/verify/ext-authz',
  '/verify/ext-authz/app/wiki',
  '/verify/ext-authz/app/wiki/page',
  '/verify/constructor',
  '/verify/__proto__/app/wiki',
  'http://postern/verify/nginx',
  '*',
]

for (const target of ELSEWHERE) {
  test(`${JSON.stringify(target)} is the ordinary server's`, () => {
    assert.equal(createLaneRoutes(DIALECTS)(target), null)
  })
}
