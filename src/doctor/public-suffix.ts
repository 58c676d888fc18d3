import { readFileSync } from 'node:fs'

/** Where Debian's package `publicsuffix` keeps the whole list (publicsuffix.org). */
const WHOLE_LIST = '/usr/share/publicsuffix/public_suffix_list.dat'

/**
 * Of that list what is met most, for machines without the package: registries with two labels, and places where everybody
 * can have a host. State of 2026-11.
 */
const COMMON = [
  'ac.jp ac.uk co.at co.il co.in co.jp co.ke co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.cn com.co com.hk',
  'com.mx com.my com.pl com.sg com.tr com.tw com.ua edu.au gov.au gov.br gov.uk gv.at me.uk ne.jp net.au net.br net.nz',
  'or.at or.jp or.kr org.au org.br org.nz org.uk org.za sch.uk',
  'appspot.com azurewebsites.net blogspot.com cloudfront.net ddns.net duckdns.org dyndns.org firebaseapp.com fly.dev',
  'github.io gitlab.io herokuapp.com netlify.app ngrok.app ngrok.io nip.io onrender.com pages.dev ts.net vercel.app',
  'web.app workers.dev',
].flatMap((line) => line.split(' '))

/** Whether anybody can register below a domain, so that browsers take no cookie for it. */
export function isPublicSuffix(domain: string): boolean {
  const name = domain.replace(/^\./, '').toLowerCase()
  if (!name.includes('.')) return true
  const rules = readWholeList() ?? new Set(COMMON)
  if (rules.has(`!${name}`)) return false
  return rules.has(name) || rules.has(name.replace(/^[^.]+/, '*'))
}

function readWholeList(): ReadonlySet<string> | null {
  try {
    const lines = readFileSync(WHOLE_LIST, 'utf8').split('\n')
    return new Set(lines.filter((line) => line !== '' && !line.startsWith('//')).map((line) => line.trim()))
  } catch {
    return null
  }
}
