/** What an attacker would write as return address: to be the app's root, or a path of this app. */
export const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'RD-02': ['https://app.example.com/x', 'app.example.com/x', 'x', '', '?x', '#x', '.', '..'],
  'RD-04': [
    '//evil.test',
    '///evil.test',
    '////evil.test',
    '/\\evil.test',
    '\\/evil.test',
    '\\\\evil.test',
    '/\\/evil.test',
  ],
  'RD-05': [
    '/\t/evil.test',
    '/\n/evil.test',
    '/\r\n/evil.test',
    '/%09/evil.test',
    '/ /evil.test',
    '/\u00a0/evil.test',
    '/\v/evil.test',
  ],
  'RD-07': [
    'https://app.example.com@evil.test/',
    'https://evil.test\\@app.example.com',
    '@evil.test',
    ':pw@evil.test',
    '.evil.test',
  ],
  'RD-08': [
    'https://app.example.com.evil.test',
    'https://app.example.com%23.evil.test',
    'https://app.example.com%00.evil.test',
  ],
  'RD-10': ['https://app.example.com:444/', 'https://[::1]/', 'https://2130706433/', 'https://0x7f.1/', ':444/', ':0'],
  'RD-11': ['/..//evil.test', '/.//evil.test', '/x/..//evil.test', '/%2e%2e//evil.test', '/..;//evil.test'],
  'RD-12': ['javascript:alert(1)', 'data:text/html,x', 'JaVaScRiPt:x', 'file:///etc/passwd', '\u0000javascript:x'],
  'RD-14': ['/a\r\nSet-Cookie:x=1', '/a\r\nX: y', '/a%0d%0aSet-Cookie:x=1', '/a\u2028', '/a\0'],
}

/** What generated attacks are put together from. */
export const PIECES: readonly string[] =
  '/ \\ // evil.test app.example.com @ : 443 # ? . .. ; %2f %5c %09 %0d%0a https: javascript: %'
    .split(' ')
    .concat(['\t', '\n', '\r', ' ', '\0', '\u00a0', '\u2028', '\u3002', '\uff0f'])
