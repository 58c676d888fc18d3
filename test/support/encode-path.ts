/** A path that asks for exactly this text: what a strict reader would not take as it is becomes an escape. */
export function encodePath(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/gu, (run) => Array.from(Buffer.from(run), escapeByte).join(''))
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
