import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import test from 'node:test'
import fc from 'fast-check'
import type { Networks } from '../../src/lib/address.ts'
import { clientAddress, readAddress, readNetworks, readPort } from '../../src/lib/address.ts'

const ADDRESSES: readonly [text: string, address: string][] = [
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:1', '203.0.113.7'],
  ['203.0.113.7:65535', '203.0.113.7'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['::ffff:10.20.1.1', '10.20.1.1'],
  ['[::FFFF:0a14:0101]:80', '10.20.1.1'],
  ['0:0:0:0:0:ffff:10.20.1.1', '10.20.1.1'],
  ['::', '::'],
]

const NO_ADDRESSES = [
  ['', 'a', 'unknown', '_hidden', '10.20.1.1:abc', '010.020.1.1', '10.20.1', '0x0a.20.1.1', '10.20.1.1%eth0'],
  ['10.20.1.1:0', '10.20.1.1:65536', '10.20.1.1:', '10.20.1.1:080', '10.20.1.1/8', ' 10.20.1.1', '10.20.1.1 '],
  ['fe80::1%eth0', '[fe80::1%eth0]', '[::1', '::1]', '[::1]:', '[::1]x', '[::1]:0', '[10.20.1.1]', '[]', '[', ':::'],
  ['1:2', '256.1.1.1', '1.2.3.4.5', '٣.1.1.1', '10.20.1.1\0', '"10.20.1.1"', 'for=10.20.1.1'],
].flat()

test('IP-05: an address is read strictly and comes back in its shortest form', () => {
  for (const [text, address] of ADDRESSES) assert.equal(readAddress(text), address, text)
  for (const text of NO_ADDRESSES) assert.equal(readAddress(text), null, JSON.stringify(text))
})

test('a port is a number from 1 to 65535 without leading zeros', () => {
  assert.equal(readPort('1'), 1)
  assert.equal(readPort('65535'), 65_535)
  for (const text of ['', '0', '01', '65536', '99999', '123456', '-1', '+1', '1.0', '1e3', ' 1', '٨']) {
    assert.equal(readPort(text), null, text)
  }
})

test('a network contains what its prefix says, whatever way the address is written', () => {
  const networks = getNetworks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/33', '::1', '0.0.0.0/32'])
  for (const inside of ['10.255.0.1', '192.0.2.7', '2001:db8:7fff::1', '::1', '::ffff:10.0.0.1', '0.0.0.0']) {
    assert.equal(networks.contain(inside), true, inside)
  }
  for (const outside of ['11.0.0.0', '192.0.2.8', '2001:db8:8000::', '::2', '0.0.0.1', '::a00:1', 'unknown', '']) {
    assert.equal(networks.contain(outside), false, outside)
  }
  assert.equal(getNetworks([]).contain('127.0.0.1'), false)
  assert.equal(getNetworks(['0.0.0.0/0']).contain('203.0.113.7'), true)
  assert.equal(getNetworks(['0.0.0.0/0']).contain('2001:db8::1'), false)
})

test('networks with host bits, mapped notation or a bad prefix are refused, all of them at once', () => {
  const bad = [
    '10.0.0.1/8',
    '10.0.0.0/6',
    '2001:db8::1/32',
    '2001:db8:8000::/32',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.1',
  ]
  const worse = [
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'a',
    '',
    'fe80::1%lo/64',
  ]
  for (const entry of [...bad, ...worse]) assert.equal(typeof readNetworks([entry]), 'string', entry)
  const sentence = readNetworks(['10.0.0.1/8', '10.0.0.0/8', 'a'])
  assert.ok(typeof sentence === 'string' && sentence.includes('"10.0.0.1/8"') && sentence.includes('"a"'))
})

test('a network is refused for host bits exactly when it is not the first address of its range', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 128 }), (address, prefix) => {
      const family = address.includes(':') ? 'ipv6' : 'ipv4'
      if (readAddress(address)?.includes(':') !== (family === 'ipv6') || (family === 'ipv4' && prefix > 32)) return
      const below = previousAddress(address)
      const range = new BlockList()
      range.addSubnet(address, prefix, family)
      const isFirst = below === null || !range.check(below, family)
      assert.equal(typeof readNetworks([`${address}/${prefix}`]) === 'object', isFirst, `${address}/${prefix}`)
    }),
    {
      numRuns: 2_000,
      examples: [
        ['10.0.0.0', 8],
        ['2001:db8::', 32],
        ['2001:db8:8000::', 33],
        ['0.0.0.0', 0],
        ['::', 0],
      ],
    },
  )
})

const TRUSTED = getNetworks(['10.0.0.0/8', '::1'])

const WALKS: readonly [name: string, peer: string | null, forwardedFor: readonly string[], client: string | null][] = [
  ['IP-01: an untrusted peer is the client', '203.0.113.7', [], '203.0.113.7'],
  [
    'IP-11: an untrusted peer is the client whatever it forwards',
    '203.0.113.7',
    ['10.0.0.1', '1.2.3.4'],
    '203.0.113.7',
  ],
  [
    'IP-02: what was put to the left of the client is not looked at',
    '10.0.0.1',
    ['10.20.1.1, 203.0.113.7'],
    '203.0.113.7',
  ],
  ['IP-02: garbage to the left of the client is not looked at', '10.0.0.1', ['unknown,,203.0.113.7'], '203.0.113.7'],
  ['IP-04: two header lines are one list', '10.0.0.1', ['198.51.100.1', '203.0.113.7, 10.0.0.2'], '203.0.113.7'],
  ['IP-04: an empty second line is an empty last entry', '10.0.0.1', ['203.0.113.7', ''], null],
  ['IP-05: an unreadable entry at the deciding place refuses', '10.0.0.1', ['203.0.113.7, unknown'], null],
  ['IP-05: an unreadable entry behind a trusted one refuses', '10.0.0.1', ['unknown, 10.0.0.2'], null],
  ['IP-05: an empty header refuses', '10.0.0.1', [''], null],
  ['IP-05: a list that ends in a comma refuses', '10.0.0.1', ['203.0.113.7,'], null],
  ['IP-05: a list that begins with a comma refuses when all else is trusted', '10.0.0.1', [',10.0.0.2'], null],
  ['IP-05: a blank that only Unicode knows does not count as one', '10.0.0.1', ['\u00a0203.0.113.7'], null],
  ['blanks and tabs around an entry are skipped', '10.0.0.1', [' \t203.0.113.7\t '], '203.0.113.7'],
  ['a chain of trusted addresses ends at its leftmost', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
  ['a trusted peer that forwards nothing is itself the client', '10.0.0.1', [], '10.0.0.1'],
  ['IP-10: an IPv4 peer in IPv6 form is IPv4', '::ffff:10.0.0.1', ['::ffff:203.0.113.7'], '203.0.113.7'],
  ['entries may carry ports and brackets', '::1', ['[2001:DB8::1]:4711'], '2001:db8::1'],
  ['a unix socket is trusted', null, ['203.0.113.7'], '203.0.113.7'],
  ['a unix socket without an entry names nobody', null, [], null],
  ['a peer without a readable address refuses', 'fe80::1%eth0', ['203.0.113.7'], null],
]

for (const [name, peer, forwardedFor, client] of WALKS) {
  test(name, () => {
    assert.equal(clientAddress({ peer, forwardedFor, trusted: TRUSTED }), client)
  })
}

test('IP-08: of a header of thousands only the last 32 entries are considered', () => {
  const walk = (hops: number): string | null => {
    const list = ['203.0.113.7', ...Array.from({ length: hops }, (_, index) => `10.0.1.${index % 250}`)].join(',')
    return clientAddress({ peer: '10.0.0.1', forwardedFor: [list], trusted: TRUSTED })
  }
  assert.equal(walk(31), '203.0.113.7')
  assert.equal(walk(32), '10.0.1.0')
  assert.match(walk(10_000) ?? '', /^10\.0\.1\./)
})

test('the client is the one that a reader of the whole list finds', () => {
  const entry = fc.constantFrom(
    '10.0.0.1',
    '10.9.9.9',
    '203.0.113.7',
    '::1',
    '2001:db8::1',
    'unknown',
    '',
    ' 10.0.0.2 ',
    '[::1]:80',
  )
  const lines = fc.array(
    fc.array(entry, { minLength: 1, maxLength: 5 }).map((entries) => entries.join(',')),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(fc.constantFrom('10.0.0.1', '203.0.113.9', '::1'), lines, (peer, forwardedFor) => {
      assert.equal(clientAddress({ peer, forwardedFor, trusted: TRUSTED }), naiveClient(peer, forwardedFor))
    }),
    { numRuns: 2_000 },
  )
})

function naiveClient(peer: string, lines: readonly string[]): string | null {
  const entries = lines.flatMap((line) => line.split(',')).map((entry) => readAddress(entry.trim()))
  const chain = [...entries, peer].toReversed()
  const client = chain.findIndex((address) => address === null || !TRUSTED.contain(address))
  return (client === -1 ? chain.at(-1) : chain[client]) ?? null
}

function getNetworks(list: readonly string[]): Networks {
  const networks = readNetworks(list)
  if (typeof networks === 'string') throw new Error(networks)
  return networks
}

/** The address one below, in a notation that `BlockList` takes, or null for the lowest. */
function previousAddress(address: string): string | null {
  const [separator, bits, radix] = address.includes(':') ? ([':', 16n, 16] as const) : (['.', 8n, 10] as const)
  const value = groups(address).reduce((sum, group) => (sum << bits) | group, 0n)
  if (value === 0n) return null
  const count = separator === ':' ? 8 : 4
  const mask = (1n << bits) - 1n
  return Array.from({ length: count }, (_, index) =>
    (((value - 1n) >> (bits * BigInt(count - 1 - index))) & mask).toString(radix),
  ).join(separator)
}

function groups(address: string): bigint[] {
  if (!address.includes(':')) return address.split('.').map(BigInt)
  const ipv4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const hex = (high: string | undefined, low: string | undefined): string =>
    (Number(high) * 256 + Number(low)).toString(16)
  const text = ipv4 === null ? address : `${ipv4[1]}${hex(ipv4[2], ipv4[3])}:${hex(ipv4[4], ipv4[5])}`
  const [head = '', tail = ''] = text.split('::')
  const first = head.split(':').filter((group) => group !== '')
  const last = tail.split(':').filter((group) => group !== '')
  const middle = Array.from({ length: 8 - first.length - last.length }, () => '0')
  return [...first, ...middle, ...last].map((group) => BigInt(`0x${group}`))
}
