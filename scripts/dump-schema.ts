import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MIGRATIONS, TEMPLATE, postgresProgram, startTestPostgres } from '../test/support/postgres.ts'

/** The file that shows what all migrations together make. */
export const SCHEMA_FILE = join(MIGRATIONS, 'schema.sql')

const OPTIONS = ['--schema-only', '--no-owner', '--no-privileges', '--exclude-schema=postern']
// Comments name versions and owners, settings and \restrict lines differ from one pg_dump to the next.
const NOISE = /^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict).*\n/gm
const HEAD = '-- What all migrations make, in the words of pg_dump. Written by `node scripts/dump-schema.ts`.\n'

/** The schema of a migrated database, without what differs between versions of pg_dump. */
export function dumpSchema(url: string): string {
  const text = execFileSync(postgresProgram('pg_dump'), [...OPTIONS, `--dbname=${url}`], { encoding: 'utf8' })
  return `${HEAD}\n${text
    .replaceAll(NOISE, '')
    .replaceAll(/\n{2,}/g, '\n\n')
    .trim()}\n`
}

if (import.meta.main) {
  const server = await startTestPostgres()
  try {
    writeFileSync(SCHEMA_FILE, dumpSchema(`${server.urlPrefix}${TEMPLATE}`))
  } finally {
    await server.close()
  }
}
