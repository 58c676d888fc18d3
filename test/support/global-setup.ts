import { startTestPostgres } from './postgres.ts'
import type { PostgresServer } from './postgres.ts'

let server: PostgresServer | null = null

/** Starts what all test files share, once for a run of the test runner. */
export async function globalSetup(): Promise<void> {
  server = await startTestPostgres()
  process.env['POSTERN_TEST_POSTGRES'] = server.urlPrefix
  process.env['POSTERN_TEST_FOLDER'] = server.folder
}

/** Stops what `globalSetup` started. */
export async function globalTeardown(): Promise<void> {
  await server?.close()
}
