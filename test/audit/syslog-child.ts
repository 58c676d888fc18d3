import type { EventRow } from '../../src/audit/search-table.ts'
import { openSyslog } from '../../src/audit/syslog.ts'

const [, , port, events = ''] = process.argv
const sink = openSyslog({ protocol: 'tls', host: 'localhost', port: Number(port) }, 'auth.example.com')
await sink.send({ id: 'x', events: JSON.parse(events) as EventRow[] }, AbortSignal.timeout(5_000))
