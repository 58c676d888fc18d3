import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { ListenOptions } from 'node:net'

// Holds sockets as systemd does, and starts the command again each time that it ends. While the command runs this process
// waits for it alone, so that nobody but the command ever takes a connection.
//   node socket-holder.ts '{"verify":{"path":"/a.sock"}}' command arguments...
const [sockets = '{}', ...command] = process.argv.slice(2)
const named = Object.entries(JSON.parse(sockets) as Record<string, ListenOptions>)
const descriptors: number[] = []
for (const [, address] of named) {
  const server = createServer().listen(address)
  await once(server, 'listening')
  descriptors.push((server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd)
}
const env = { ...process.env, LISTEN_FDS: String(named.length), LISTEN_FDNAMES: named.map(([name]) => name).join(':') }
for (;;) {
  // Its own number is known to the command alone, once it is there.
  const args = ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...command]
  spawnSync('/bin/sh', args, { env, stdio: ['ignore', 'inherit', 'inherit', ...descriptors] })
}
