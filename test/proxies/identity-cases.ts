import assert from 'node:assert/strict'
import { IDENTITY_HEADERS } from '../../src/policies/header-rules.ts'
import { OURS, PROXY_WORDS } from '../../src/snippets/site.ts'
import { statusWord, summed } from './case.ts'
import type { Case } from './case.ts'
import { namesTold, send, sendAll, told } from './talk.ts'
import type { Seen } from './talk.ts'
import type { World } from './world.ts'

const IDENTITY = [...IDENTITY_HEADERS, 'X-WEBAUTH-USER', ...OURS]

/** Who a visitor is, in the gateway's words alone. */
export const IDENTITY_CASES: readonly Case[] = [
  {
    name: 'forged identity headers change nothing, whatever their letters',
    outcome: 'alice, nobody',
    async run(world) {
      const forged = IDENTITY.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]).map(
        (name) => `${name}: root`,
      )
      const asAlice = await send(world, { line: 'GET /wiki', signedIn: true, more: forged })
      const asNobody = await send(world, { line: 'GET /public/a', signedIn: true, more: forged })
      assert.deepEqual([asAlice.status, asNobody.status], [200, 200])
      for (const { app } of [asAlice, asNobody]) assert.doesNotMatch(JSON.stringify(app), /root/)
      assert.deepEqual(told(asAlice.app, 'x-webauth-user'), ['alice'])
      assert.match(told(asAlice.app, 'x-postern-assertion').join(), /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/)
      return [whoIsTold(asAlice), whoIsTold(asNobody)].join(', ')
    },
  },
  {
    name: 'other spellings of identity headers never reach the app',
    outcome: '400',
    differs: {
      nginx: {
        outcome: 'dropped',
        because: 'nginx drops names with underscores and dots by itself, before anybody sees them',
      },
    },
    async run(world) {
      const aliases = [
        'Remote_User',
        'remote.user',
        'REMOTE_GROUPS',
        'Remote-_User',
        'X_WEBAUTH_USER',
        'x.webauth-user',
        'Remote_User-Id',
      ]
      const seen = await sendAll(
        world,
        aliases.map((name) => ({ line: 'GET /public/a', more: [`${name}: root`] })),
      )
      for (const { app } of seen) assert.doesNotMatch(JSON.stringify(app), /root/)
      return summed(seen.map(({ status }) => (status === 200 ? 'dropped' : statusWord(status))))
    },
  },
  {
    name: 'Connection can not name away what the gateway tells',
    outcome: 'alice',
    async run(world) {
      const named = [
        'Remote-User',
        'close, Remote-User, X-WEBAUTH-USER',
        'keep-alive, remote-user',
        'X-Forwarded-For, X-Real-IP, X-Postern-Secret',
        'Cookie',
      ]
      const seen: Seen[] = []
      for (const names of named) {
        const until = '"bodyBytes":0}'
        seen.push(await send(world, { line: 'GET /wiki', signedIn: true, more: [`Connection: ${names}`], until }))
      }
      const two = ['Connection: close', 'Connection: Remote-User, X-WEBAUTH-USER']
      seen.push(await send(world, { line: 'GET /wiki', signedIn: true, more: two }))
      const [app] = seen.map((one) => one.app)
      assert.ok(app !== undefined)
      for (const one of seen)
        assert.deepEqual([...told(one.app, 'remote-user'), ...told(one.app, 'x-webauth-user')], ['alice', 'alice'])
      return summed(seen.map(whoIsTold))
    },
  },
  {
    name: 'what other proxies would say counts neither for the gateway nor for the app',
    outcome: '403, 401',
    async run(world) {
      const forged = PROXY_WORDS.map((name) => `${name}: ${/uri|prefix/i.test(name) ? '/public/a' : 'forged.example'}`)
      const denied = await send(world, { line: 'GET /admin/', signedIn: true, more: forged })
      const anonymous = await send(world, { line: 'GET /wiki', more: forged })
      const passed = await send(world, { line: 'GET /public/b', more: forged })
      assert.deepEqual([denied.app, anonymous.app], [[], []])
      assert.doesNotMatch(JSON.stringify(passed.app), /forged|\/public\/a/)
      assert.deepEqual(told(passed.app, 'x-forwarded-proto'), ['https'])
      assert.deepEqual(told(passed.app, 'x-forwarded-for'), ['127.0.0.1'])
      return summed([denied, anonymous].map(({ status }) => statusWord(status)))
    },
  },
  {
    name: 'broken header lines give nobody a name',
    outcome: 'nobody is root',
    async run(world) {
      const broken = [
        'Remote-User : root',
        ' Remote-User: root',
        ': root',
        'X: a\r\n Remote-User: root',
        'X: y\nRemote-User: root',
        'Remote-User\t: root',
        'Rémote-User: root',
      ]
      for (const line of broken) {
        const seen = await sendBroken(world, line)
        assert.ok(!told(seen, 'remote-user').includes('root'), line)
        assert.ok(!namesTold(seen).some((name) => /remote.user/.test(name)), line)
      }
      return 'nobody is root'
    },
  },
]

async function sendBroken(world: World, line: string): Promise<Seen['app']> {
  return (await send(world, { line: 'GET /public/a', more: ['X-First: 1', line] })).app
}

function whoIsTold({ app, status }: Seen): string {
  if (app.length === 0) return statusWord(status)
  return told(app, 'remote-user').join('+') || 'nobody'
}
