import cluster from 'node:cluster'
import { run } from './cli/cli.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`Postern needs Node 24, this is ${process.version}. Start it with bin/postern after npm ci.\n`)
  process.exit(1)
}
process.exitCode = await run(process.argv.slice(2))
// The line to the primary would keep a worker alive that can't serve.
if (cluster.isWorker && process.exitCode !== 0) process.exit()
