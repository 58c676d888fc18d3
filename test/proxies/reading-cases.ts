import assert from 'node:assert/strict'
import { statusWord, summed } from './case.ts'
import type { Case } from './case.ts'
import { send } from './talk.ts'
import { HOST, OTHER_HOST } from './world.ts'

/** Which app and which page are meant. */
export const READING_CASES: readonly Case[] = [
  {
    name: 'an absolute target that names another host never opens an app by another one’s rules',
    outcome: '400, 401, other',
    differs: {
      apache: { outcome: '400, 401, 421, other', because: 'httpd refuses a host that TLS was not opened for' },
      caddy: { outcome: '401, other', because: 'Caddy takes the Host header where a target names no host' },
      haproxy: { outcome: '400, 401', because: 'HAProxy refuses a target whose host is not that of the Host header' },
    },
    async run(world) {
      const targets = [
        // The other app is open to everybody, but it is the only one that may be reached so.
        { line: `GET https://${OTHER_HOST}:${world.port}/x`, host: `${HOST}:${world.port}` },
        { line: `GET https://${HOST}:${world.port}/x`, host: `${OTHER_HOST}:${world.port}` },
        { line: `GET http://${OTHER_HOST}/x`, host: HOST },
        { line: `GET https://${HOST}@${OTHER_HOST}/x`, host: HOST },
        { line: `GET https://${OTHER_HOST}:${world.port}/x`, host: `${HOST}:${world.port}`, servername: OTHER_HOST },
        { line: `GET https://${HOST}:${world.port}/x`, host: `${OTHER_HOST}:${world.port}`, servername: OTHER_HOST },
        { line: 'GET https:///x', host: HOST },
        { line: `GET https://?/x`, host: HOST },
      ]
      const outcomes: string[] = []
      for (const target of targets) {
        const { app, side, other, status } = await send(world, target)
        assert.deepEqual([app, side], [[], []], target.line)
        outcomes.push(other.length > 0 ? 'other' : statusWord(status))
      }
      return summed(outcomes.toSorted())
    },
  },
  {
    name: 'two apps on one host at two ports stay two apps',
    outcome: '401, side',
    differs: {
      caddy: {
        outcome: '400, 401, side',
        because: 'Caddy hands on the Host header with its port, and the wrong one refuses',
      },
      haproxy: {
        outcome: '400, 401, side',
        because: 'HAProxy hands on the Host header with its port, and the wrong one refuses',
      },
    },
    async run(world) {
      const [here, there] = [`${HOST}:${world.port}`, `${HOST}:${world.sidePort}`]
      const seen = [
        await send(world, { line: 'GET /wiki', host: there }),
        await send(world, { line: 'GET /wiki', host: HOST }),
        await send(world, { line: 'GET /wiki', host: here, more: [`X-Forwarded-Port: ${world.sidePort}`] }),
        await send(world, { line: `GET https://${there}/wiki`, host: there }),
        await send(world, { line: 'GET /wiki', host: there, side: true }),
      ]
      assert.deepEqual(
        seen.flatMap(({ app }) => app),
        [],
      )
      assert.equal(seen.flatMap(({ side }) => side).length, 1)
      return summed(seen.map(({ side, status }) => (side.length > 0 ? 'side' : statusWord(status))))
    },
  },
  {
    name: 'a host that is odd or unknown leads to no app but the one it spells',
    outcome: '400, 421',
    differs: {
      nginx: {
        outcome: '200, 400, 401, 421',
        because: 'nginx cuts a host at its first colon, so "host:80:80" is the host',
      },
    },
    async run(world) {
      const hosts = [
        'evil.example',
        `x${HOST}`,
        `.${HOST}`,
        `${HOST}.evil.example`,
        '127.0.0.1',
        `${HOST}?x=`,
        `${HOST}#`,
        `${HOST}\\`,
        `${HOST}@evil.example`,
        `${HOST}%2f`,
        `${HOST};`,
        `${HOST},${OTHER_HOST}`,
        `${HOST}/x`,
        `${HOST}:80:80`,
        `äpp.example.com`,
        'localhost',
        '',
      ]
      const outcomes: string[] = []
      for (const host of hosts) {
        for (const target of ['/public/a', '/x']) {
          const { app, other, side, status } = await send(world, { line: `GET ${target}`, host })
          assert.deepEqual([other, side], [[], []], `${host} ${target}`)
          assert.ok(
            app.every(({ url }) => url === '/public/a'),
            `${host} ${target}`,
          )
          outcomes.push(statusWord(status))
        }
      }
      const two = await send(world, { line: 'GET /public/a', more: [`Host: ${HOST}`, `Host: ${OTHER_HOST}`] })
      const none = await send(world, { line: 'GET /public/a HTTP/1.0', more: ['Host:'] })
      assert.deepEqual(
        [two, none].flatMap(({ app, other, side }) => [...app, ...other, ...side]),
        [],
      )
      return summed([...outcomes, ...[two, none].map(({ status }) => statusWord(status))].toSorted())
    },
  },
  {
    name: 'the app gets the very path that was judged',
    outcome: 'as sent',
    async run(world) {
      const outcomes: string[] = []
      const targets = [
        '//public/a',
        '/public//a',
        '/public/./a',
        '/public/%61',
        '/public/a%2Fb',
        '/public/a;b=c',
        '/public/a?b=%2F&c="d"',
        '/public/a?b=/../c',
        '/x/../public/a',
        '/public/a%20b',
        '/public/%C3%A4',
      ]
      for (const target of targets) {
        const { app, status, text } = await send(world, { line: `GET ${target}`, signedIn: true })
        if (app.length === 0) assert.ok(status === null || status >= 400, `${target}: ${text}`)
        for (const { url } of app) {
          assert.equal(url, target)
          outcomes.push('as sent')
        }
      }
      return summed(outcomes)
    },
  },
  {
    name: 'no reading of a path leads a stranger further than the public folder',
    outcome: 'kept out',
    async run(world) {
      const targets = [
        '//wiki',
        '///wiki',
        '//public/../wiki',
        '/public/../wiki',
        '/public/%2e%2e/wiki',
        '/public/..%2fwiki',
        '/public/..;/wiki',
        '/public/..%5cwiki',
        '/public/..\\wiki',
        '/public/%252e%252e/wiki',
        '/public/%c0%ae%c0%ae/wiki',
        '/public%2f..%2fwiki',
        '/public/a/../../wiki',
        '/./public/../wiki',
        '/public/a%00/../../wiki',
        '/public/a#/../../wiki',
        '/PUBLIC/../wiki',
        '/public/.%2e/wiki',
        '*',
        '',
        '?/public/a',
        'public/a',
        '/public/a /../wiki',
      ]
      for (const target of targets) {
        const { app, status } = await send(world, { line: `GET ${target}`, more: ['Accept: text/html'] })
        assert.deepEqual(app, [], target)
        assert.ok(status === null || status >= 300, target)
      }
      return 'kept out'
    },
  },
]
