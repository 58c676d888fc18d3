import type { Charset } from '../policies/policy.ts'

/** Any text as printable ASCII, as the app's policy says. Never holds CR, LF or NUL, whatever the text does. */
export function encodeText(charset: Charset, text: string): string {
  switch (charset) {
    case 'percent-utf8':
      return percentUtf8(text)
    case 'ascii-fold':
      return asciiFold(text)
    case 'base64':
      return Buffer.from(text).toString('base64')
  }
}

/** ASCII as it is, all else and `%` itself as percent-encoded UTF-8, so that decoding gives the text back. */
export function percentUtf8(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/gu, (run) =>
    Array.from(Buffer.from(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

/**
 * Letters without their marks, `?` for what ASCII has nothing like. Different texts may become the same, which is safe
 * for names alone: logins, e-mail addresses, roles and permissions are ASCII where they are made, and stay as they are.
 */
export function asciiFold(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\x20-\x7e]/gu, (character) => LOOKALIKES.get(character) ?? '?')
}

/** What Unicode doesn't take apart although it is written so where there is nothing but ASCII. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ß: 'ss',
    ẞ: 'SS',
    Æ: 'AE',
    æ: 'ae',
    Œ: 'OE',
    œ: 'oe',
    Ø: 'O',
    ø: 'o',
    Đ: 'D',
    đ: 'd',
    Ð: 'D',
    ð: 'd',
    Þ: 'Th',
    þ: 'th',
    Ħ: 'H',
    ħ: 'h',
    ı: 'i',
    ĸ: 'q',
    Ł: 'L',
    ł: 'l',
    Ŋ: 'NG',
    ŋ: 'ng',
    Ŧ: 'T',
    ŧ: 't',
    Ə: 'E',
    ə: 'e',
    '‐': '-',
    '–': '-',
    '—': '-',
    '⁄': '/',
    '‘': "'",
    '’': "'",
    '“': '"',
    '”': '"',
  }),
)
