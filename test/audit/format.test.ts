import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatOf, writeJson } from '../../src/audit/format.ts'
import type { FormatName } from '../../src/audit/format.ts'
import type { EventRow } from '../../src/audit/search-table.ts'
import { writeSyslog } from '../../src/audit/syslog-message.ts'

const TRICKY = [
  '\n',
  '\r\n',
  '\u001b[31m',
  '\u2028',
  '\u2029',
  '\u0085',
  '\u007f',
  '\u009b1m',
  '\u202e',
  '"',
  '\\',
  ']',
  '\\"',
  ',',
  '=1+1',
  '\t=1',
  "'",
  '<14>1 - - - - - -',
  '\ufeff',
  'ä',
  '💥',
  ' ',
  '"}',
]
/** Any text that PostgreSQL keeps: no NUL, no halves of pairs. */
const TEXT = fc
  .array(fc.oneof(fc.constantFrom(...TRICKY), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 6 })
  .map((parts) => parts.join('').replaceAll('\0', ''))
const MAYBE = fc.option(TEXT, { nil: null })
const EVENT: fc.Arbitrary<EventRow> = fc.record({
  seq: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  id: fc.uuid(),
  occurred_at: fc.constant('2026-11-23T12:00:00.123456Z'),
  event_type: fc.oneof(fc.constant('sign_in'), TEXT),
  action: MAYBE,
  resource: MAYBE,
  result: fc.constantFrom('success', 'failure'),
  actor_id: fc.option(fc.uuid(), { nil: null }),
  actor_login: MAYBE,
  session_id: fc.option(fc.uuid(), { nil: null }),
  ip_address: fc.constantFrom(null, '10.0.0.1', '2001:db8::1'),
  user_agent: TEXT,
  request_id: MAYBE,
  risk_score: fc.option(fc.nat(100), { nil: null }),
  details: fc.record({ text: TEXT, list: fc.array(TEXT, { maxLength: 2 }) }).map((details) => JSON.stringify(details)),
})

test('LOG-01: JSON lines give each event as it is, one line each, whatever it holds', () => {
  property('jsonl', (text, events) => {
    assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Zl}\p{Zp}]/u)
    const lines = text.split('\n')
    assert.equal(lines.pop(), '')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      events.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details) as unknown })),
    )
  })
})

test('JSON lines keep numbers that JavaScript would round', () => {
  const event = { ...example(), seq: '9223372036854775807', details: '{"n": 12345678901234567890.123}' }
  assert.match(writeJson(event), /"seq":"9223372036854775807".*"n": 12345678901234567890\.123}}$/)
})

test('ADM-11: CSV gives each event back, and no cell is a formula', () => {
  property('csv', (text, events) => {
    const [head, ...rows] = parseCsv(text)
    assert.deepEqual(rows.length, events.length)
    for (const [index, row] of rows.entries()) {
      assert.ok(
        row.every((cell) => !/^[=+\-@\t\r\n]/.test(cell)),
        JSON.stringify(row),
      )
      const cells = row.map((cell) => (/^'+[=+\-@\t\r\n]/.test(cell) ? cell.slice(1) : cell))
      const event = Object.entries(events[index] ?? {}).map(([name, value]) => [name, String(value ?? '')])
      assert.deepEqual(
        Object.fromEntries((head ?? []).map((name, column) => [name, cells[column]])),
        Object.fromEntries(event),
      )
    }
  })
})

test('LOG-01: syslog gives each event in one line of RFC 5424, whose message is the row and whose fields are plain', () => {
  property('syslog', (text, events) => {
    const lines = text.split('\n')
    assert.equal(lines.pop(), '')
    assert.equal(lines.length, events.length)
    for (const [index, line] of lines.entries()) {
      const event = events[index] ?? assert.fail()
      assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u)
      const { priority, time, host, app, type, fields, message } = parseSyslog(line)
      assert.deepEqual(
        [priority, time, host, app],
        [event.result === 'success' ? 86 : 84, event.occurred_at, 'auth.example.com', 'postern'],
      )
      assert.match(type, /^[\x21-\x7e]{1,32}$/)
      assert.deepEqual(fields['id'], event.id)
      assert.deepEqual(fields['seq'], event.seq)
      assert.equal(fields['resource'] ?? '', plain(event.resource))
      assert.equal(fields['userAgent'] ?? '', plain(event.user_agent))
      assert.equal(message.startsWith('\ufeff'), /\P{ASCII}/u.test(message))
      const { details, ...row } = JSON.parse(message.replace(/^\ufeff/, '')) as EventRow
      assert.deepEqual({ ...row, details: JSON.stringify(details) }, { ...event })
    }
  })
})

test('the fields of a syslog message escape what would end them, and leave out what is empty', () => {
  const event = { ...example(), resource: 'a"b\\c]d', user_agent: '', actor_login: null, event_type: 'x'.repeat(40) }
  const line = writeSyslog(event, { host: '', message: '' })
  assert.equal(
    line,
    `<86>1 2026-11-23T12:00:00.123456Z - postern - ${'x'.repeat(32)} [postern@32473 id="${event.id}" seq="17" type="${'x'.repeat(40)}" action="access" resource="a\\"b\\\\c\\]d" result="success" address="10.0.0.1" requestId="r1" risk="0"]`,
  )
})

test('what an event says of itself begins no line of its own and colours no terminal', () => {
  const event = {
    ...example(),
    resource: 'x\r\n<86>1 - forged',
    user_agent: '\u001b[2J\u2028',
    details: '{"a":"\\u001b[0m\\n"}',
  }
  for (const name of ['jsonl', 'syslog'] as const) {
    const line = formatOf(name, 'host').line(event)
    assert.equal(line.split(/[\n\r\u2028]/).length, 2, name)
    assert.ok(!line.includes('\u001b'), name)
  }
})

function property(name: FormatName, check: (text: string, events: readonly EventRow[]) => void): void {
  const format = formatOf(name, 'auth.example.com')
  fc.assert(
    fc.property(fc.array(EVENT, { maxLength: 5 }), (events) => {
      check(format.head + events.map((event) => format.line(event)).join(''), events)
    }),
    { numRuns: 300 },
  )
}

function example(): EventRow {
  return {
    seq: '17',
    id: '00000000-0000-4000-8000-000000000001',
    occurred_at: '2026-11-23T12:00:00.123456Z',
    event_type: 'sign_in',
    action: 'access',
    resource: 'user:alice',
    result: 'success',
    actor_id: null,
    actor_login: 'alice',
    session_id: null,
    ip_address: '10.0.0.1',
    user_agent: 'curl',
    request_id: 'r1',
    risk_score: 0,
    details: '{}',
  }
}

function plain(text: string | null): string {
  return (text ?? '').replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** RFC 4180, by its grammar. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false]
  for (let at = 0; at < text.length; at++) {
    const [character, next] = [text[at] ?? '', text[at + 1]]
    if (quoted && character === '"' && next === '"') cell += text[++at] ?? ''
    else if (character === '"') quoted = !quoted
    else if (quoted) cell += character
    else if (character === ',') [row, cell] = [[...row, cell], '']
    else if (character === '\r' && next === '\n') {
      rows.push([...row, cell])
      ;[row, cell] = [[], '']
      at++
    } else cell += character
  }
  assert.deepEqual([row, cell, quoted], [[], '', false])
  return rows
}

interface Syslog {
  readonly priority: number
  readonly time: string
  readonly host: string
  readonly app: string
  readonly type: string
  readonly fields: Readonly<Record<string, string>>
  readonly message: string
}

/** RFC 5424, section 6, with one structured element. */
function parseSyslog(line: string): Syslog {
  const head =
    /^<(\d{1,3})>1 (\S+) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) \[([^\s=\]"]{1,32})/.exec(line) ??
    assert.fail(line)
  const [whole, priority, time = '', host = '', app = '', , type = ''] = head
  const param = / ([^\s=\]"]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"/y
  const fields: Record<string, string> = {}
  let at = whole.length
  for (;;) {
    param.lastIndex = at
    const found = param.exec(line)
    if (found === null) break
    fields[found[1] ?? ''] = (found[2] ?? '').replace(/\\(["\\\]])/g, '$1')
    at = param.lastIndex
  }
  assert.equal(line[at], ']', line)
  return { priority: Number(priority), time, host, app, type, fields, message: line.slice(at + 2) }
}
