import { createServer } from 'node:http'
import { connectOptions } from './address.ts'

// The least that node:http can do for a verify request: no reading, no deciding, the shortest yes.
const server = createServer({ keepAliveTimeout: 75_000 }, (_request, response) => {
  response.writeHead(200, ['Content-Length', '0'])
  response.end()
})
server.listen(connectOptions(process.argv[2] ?? ''))
