import assert from 'node:assert/strict'
import { test } from 'node:test'
import { socketInode } from '../../../bench/sessions/every-worker.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2378 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C001 0100007F:2378 01 00000000:00000000 00:00000000 00000000     0        0 22 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:2378 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 33 1 0000000000000000 20 4 30 10 -1
`

test('the server end of a connection is told from its listener and from the other end', () => {
  assert.equal(socketInode(TABLE, 0x2378, 0xc001), '33')
  assert.equal(socketInode(TABLE, 0x2378, 0xc002), null)
})
