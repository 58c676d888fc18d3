import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import type { Cleanup } from '../support/directories.ts'

export const SECRET = 'a secret of the receiver of 32 bytes'

/** What a receiver does with a request, once it has read it. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A program that takes audit events, and checks who they are from. */
export interface Receiver {
  readonly url: URL
  /** Ids of the requests of events that were taken, in the order they came. */
  readonly taken: string[]
  /** Ids of deliveries, those that failed too. */
  readonly deliveries: string[]
  /** Answers from now on; null takes all. */
  answer: Answer | null
}

/** Listens on a free port until the test ends. */
export async function startReceiver(t: Cleanup): Promise<Receiver> {
  const receiver = {
    url: new URL('http://localhost'),
    taken: [] as string[],
    deliveries: [] as string[],
    answer: null as Answer | null,
  }
  const server = createServer((request, response) => {
    void readAll(request).then(
      (body) => {
        receiver.deliveries.push(String(request.headers['x-postern-delivery']))
        if (receiver.answer !== null) return receiver.answer(response, request)
        // As docs/audit-export.md tells it to receivers.
        const timestamp = String(request.headers['x-postern-timestamp'])
        const signature = createHmac('sha256', SECRET).update(`${timestamp}.`).update(body).digest('hex')
        const signatures = String(request.headers['x-postern-signature']).split(',')
        if (!signatures.includes(`v1=${signature}`)) return void response.writeHead(401).end()
        assert.ok(Math.abs(Number(timestamp) - Date.now() / 1_000) < 300)
        receiver.taken.push(...idsOf(body.toString()))
        response.writeHead(204).end()
      },
      () => undefined,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  receiver.url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/in?key=planted`)
  return receiver
}

/** The request ids of events in JSON lines, which tests number them by. */
export function idsOf(lines: string): string[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { request_id: string }).request_id)
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const SEAL = statement<[seqs: string[], ageS: number], { number: string }>(
  'seal',
  `insert into auth.audit_batches
     (number, form, previous_hash, hash, rows, count, low, seen_to, writers, rows_hash, sealed_at, key_id, signature)
   select coalesce((select max(number) from auth.audit_batches), 0) + 1, 1, '', '',
     (select range_agg(int8range(seq, seq, '[]')) from unnest($1::bigint[]) seq), cardinality($1), 1, 1, '{}', '',
     now() - $2 * interval '1 second', 1, ''
   returning number::text`,
)

/** Makes a batch of these rows, as the sealing does it but unsigned. */
export async function seal(database: Database, seqs: readonly string[], ageS = 1): Promise<string> {
  const [row] = await database.query(SEAL, [...seqs], ageS)
  return row?.number ?? assert.fail()
}
