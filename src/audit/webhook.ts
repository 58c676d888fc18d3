import { createHmac } from 'node:crypto'
import { Pool } from 'undici'
import type { Sink } from './deliver.ts'
import { writeJson } from './format.ts'

/** Limits of a connection; how long the whole may take is the caller's. */
const LIMITS = { connections: 1, connect: { timeout: 5_000 }, headersTimeout: 30_000, bodyTimeout: 30_000 }
const MAX_ANSWER_BYTES = 65_536

/**
 * Posts events as JSON lines. A redirect is a failure: whom it names was not chosen by the operator.
 * @param secrets one, or two while one replaces the other: there is a signature by each
 * @param now ms since 1970
 */
export function openWebhook(url: URL, secrets: readonly string[], now: () => number): Sink {
  const pool = new Pool(url.origin, LIMITS)
  return {
    name: 'webhook',
    async send({ id, events }, signal) {
      const body = events.map((event) => `${writeJson(event)}\n`).join('')
      const timestamp = String(Math.floor(now() / 1_000))
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: {
          'content-type': 'application/x-ndjson',
          'user-agent': 'postern',
          'x-postern-delivery': id,
          'x-postern-timestamp': timestamp,
          'x-postern-signature': secrets.map((secret) => `v1=${signatureOf(secret, timestamp, body)}`).join(','),
        },
        body,
        signal,
      })
      // What it says is of no use, but a connection can only be used again once it has said it.
      await answer.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => undefined)
      if (statusCode < 200 || statusCode > 299) throw new Error(`it answers with status ${statusCode}`)
    },
    close: () => pool.destroy(),
  }
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}
