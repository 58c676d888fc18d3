import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IMPORT_FORMATS, readImport } from '../../src/commands/read-import.ts'
import type { ImportFile, ImportedUser } from '../../src/users/imported-user.ts'

const HASH = '$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
const NOBODYS = { name: null, roles: [], disabled: false, mustChangePassword: false }

test('CSV: takes the columns that there are, in any order and letter case', () => {
  const { users, faults } = read('csv', [
    'Email,LOGIN,name,roles,password_hash,disabled,must_change_password,created_at',
    `alice@example.com,alice,"Liddell, Alice",staff editor;admin,${HASH},no,yes,2020`,
    'bob@example.com,bob,,,,TRUE,,',
    "carol@example.com,carol,'=Carol,,,,,",
  ])
  assert.deepEqual(faults, [])
  assert.deepEqual(users, [
    {
      line: 2,
      login: 'alice',
      email: 'alice@example.com',
      name: 'Liddell, Alice',
      roles: ['staff', 'editor', 'admin'],
      hash: HASH,
      disabled: false,
      mustChangePassword: true,
    },
    { ...NOBODYS, line: 3, login: 'bob', email: 'bob@example.com', hash: null, disabled: true },
    { ...NOBODYS, line: 4, login: 'carol', email: 'carol@example.com', hash: null, name: '=Carol' },
  ])
})

test('CSV: takes a table of users with a pepper each, without logins', () => {
  const file = [
    'id,email,password_hash,password_pepper,first_name,last_name,is_active,failed_login_attempts,locked_until',
    `1,alice@example.com,${HASH},salt and pepper,Alice,Liddell,true,0,`,
    `2,bob@example.com,${HASH},more,Bob,,f,3,`,
  ]
  const { users } = read('csv', file, { pepperMix: 'suffix' })
  assert.deepEqual(
    users.map(({ login, name, disabled }) => [login, name, disabled]),
    [
      ['alice', 'Alice Liddell', false],
      ['bob', 'Bob', true],
    ],
  )
  assert.match(users[0]?.hash ?? '', /^\$peppered\$suffix\$[\w-]+\$2b\$12\$/)
  assert.match(read('csv', file).faults[0]?.sentence ?? '', /--pepper-mix suffix\|/)
})

const BAD_CSV: readonly (readonly [lines: readonly string[], line: number, sentence: RegExp])[] = [
  [[], 1, /empty/],
  [['alice,alice@example.com,Alice'], 1, /names the columns; "alice" is none/],
  [[`alice:${HASH},x`], 1, /"…" is none/],
  [['login,email,emial'], 1, /"emial" is none\. Is it email\?/],
  [['login,email,email'], 1, /twice/],
  [['login,username,email'], 1, /Keep one/],
  [['name,roles'], 1, /login or email/],
  [['login,email', 'alice'], 2, /1 cells under 2/],
  [['login,email', 'alice,a@example.com,x'], 2, /3 cells under 2/],
  [['login,email', 'alice,'], 2, /--email-domain/],
  [['login,email,disabled', 'alice,a@example.com,maybe'], 2, /yes or no/],
  [['login,email', `${'a'.repeat(65)},a@example.com`], 2, /login has more than 64/],
  [['login,email,password_hash', `alice,a@example.com,${'x'.repeat(2_001)}`], 2, /more than 2000/],
  [['login,email', 'alice,a@example.com', '', 'ALICE,b@example.com'], 4, /Line 2 has the same/],
  [['login,email', 'alice,a@example.com', 'bob,A@example.com'], 3, /Line 2 has the same/],
  [['login,email', 'alice,"a@example.com'], 2, /quote/],
  [['login,email,password_hash', 'alice,a@example.com,$peppered$suffix$YQ$2b$'], 2, /no scheme/],
]
for (const [lines, line, sentence] of BAD_CSV) {
  test(`CSV: refuses ${JSON.stringify(lines).slice(0, 60)} by its line`, () => {
    const { faults } = read('csv', lines)
    assert.equal(faults.length, 1)
    assert.equal(faults[0]?.line, line)
    assert.match(faults[0]?.sentence ?? '', sentence)
  })
}

test('htpasswd: takes login and hash, and makes addresses', () => {
  const { users, faults } = read('htpasswd', ['# people', `alice:${HASH}`, '', 'bob', `carol:${HASH}`], {
    emailDomain: 'example.com',
  })
  assert.deepEqual(users, [
    { ...NOBODYS, line: 2, login: 'alice', email: 'alice@example.com', hash: HASH },
    { ...NOBODYS, line: 5, login: 'carol', email: 'carol@example.com', hash: HASH },
  ])
  assert.deepEqual(faults, [{ line: 4, sentence: 'This is not login:hash.' }])
  assert.match(read('htpasswd', [`alice:${HASH}`]).faults[0]?.sentence ?? '', /--email-domain/)
})

test('tinyauth: takes commas or lines, doubled dollars, and leaves TOTP secrets', () => {
  const { users } = read('tinyauth', [`alice:${HASH.replaceAll('$', '$$$$')},bob:${HASH}`, `carol:${HASH}:JBSWY3DP`], {
    emailDomain: 'example.com',
  })
  assert.deepEqual(
    users.map(({ line, login, hash }) => [line, login, hash]),
    [
      [1, 'alice', HASH],
      [1, 'bob', HASH],
      [2, 'carol', HASH],
    ],
  )
})

test('Authelia: takes names, addresses, groups and who is disabled, and tells lines of what is wrong', () => {
  const { users, faults } = read(
    'authelia',
    [
      'users:',
      '  alice:',
      '    displayname: Alice Liddell',
      `    password: '{CRYPT}${HASH}'`,
      '    email: alice@example.com',
      '    groups: [staff, editor]',
      '  bob:',
      '    disabled: true',
      "    displayname: 'Bob'",
      `    password: '${HASH}'`,
      '  carol:',
      '    password: 7',
      '  dave: x',
    ],
    { emailDomain: 'example.org' },
  )
  assert.deepEqual(users, [
    {
      ...NOBODYS,
      line: 2,
      login: 'alice',
      email: 'alice@example.com',
      name: 'Alice Liddell',
      roles: ['staff', 'editor'],
      hash: HASH,
    },
    { ...NOBODYS, line: 7, login: 'bob', email: 'bob@example.org', name: 'Bob', disabled: true, hash: HASH },
  ])
  assert.deepEqual(
    faults.map(({ line }) => line),
    [11, 13],
  )
  for (const lines of [['users: 1'], ['users: [a]'], ['x: 1'], ['users:', '  a: {}', '  a: {}'], ['- :\n  : -\n\t']])
    assert.ok(read('authelia', lines).faults.length > 0, lines.join())
})

test('what is no UTF-8, too large or of another format is refused', () => {
  const refused: readonly (readonly [Uint8Array, string])[] = [
    [Buffer.from([0xff, 0x61]), 'csv'],
    [new Uint8Array(64 * 1024 * 1024 + 1), 'csv'],
    [Buffer.from('a'), 'xml'],
    [Buffer.from('a'), 'toString'],
  ]
  for (const [bytes, format] of refused) assert.throws(() => readImport(bytes, { format }), { name: 'OperatorError' })
  assert.throws(() => readImport(Buffer.from('a'), { format: 'csv', pepperMix: 'x' }), { name: 'OperatorError' })
})

for (const format of IMPORT_FORMATS) {
  test(`${format}: any text gives people with a login and an address, and faults that tell no hash`, () => {
    const parts = [
      'login,email\n',
      'users:\n',
      '  a:\n',
      '    password: ',
      'alice',
      ':',
      ',',
      '"',
      '\n',
      '$',
      HASH,
      '[',
      '{',
      '&a ',
      '*a',
      '__proto__',
    ]
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...parts)).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, (written) => {
        const { users, faults } = readImport(Buffer.from(written), { format, emailDomain: 'example.com' })
        for (const user of users) assert.ok(isPerson(user))
        for (const { line, sentence } of faults) assert.ok(line >= 1 && sentence !== '' && !sentence.includes(HASH))
      }),
    )
  })
}

function isPerson({ line, login, email, roles }: ImportedUser): boolean {
  return line >= 1 && typeof login === 'string' && email !== '' && Array.isArray(roles)
}

function read(format: string, lines: readonly string[], more: Readonly<Record<string, string>> = {}): ImportFile {
  return readImport(Buffer.from(lines.join('\n')), { format, ...more })
}
