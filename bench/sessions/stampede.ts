import { FIND_PRINCIPAL } from '../../src/sessions/sessions-table.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { startGateway } from './gateway.ts'
import type { Ground } from './ground.ts'
import { countDuring } from './statement-counts.ts'
import { connectMany } from './verify-connection.ts'

const AT_ONCE = 1_000
const STAMPEDES = 5

/** How often the database is asked when 1,000 connections want one session at once that no memory holds. */
export async function measureStampede({ place, database, signInMany, opened }: Ground): Promise<Finding[]> {
  const { verify } = await startGateway(place, opened)
  const connections = await connectMany(verify, AT_ONCE, { opened })
  let mostReads = 0
  for (const token of await signInMany(STAMPEDES)) {
    const { calls } = await countDuring(database, FIND_PRINCIPAL, async () => {
      const statuses = await Promise.all(connections.map((connection) => connection.ask(token)))
      if (statuses.some((status) => status !== 200)) throw new Error('a valid sign-in was refused in a stampede')
    })
    if (calls === 0) throw new Error('PostgreSQL did not count the statement that the bench looks for')
    mostReads = Math.max(mostReads, calls)
  }
  return [finding(`${AT_ONCE} at once for one session`, mostReads, 'reads', 1)]
}
