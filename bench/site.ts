/** One protected host of the bench's nginx, and who is asked whether a request for it may pass. */
export interface ProtectedHost {
  readonly host: string
  /** Where the gateway listens, as nginx writes it; null where nginx itself says yes. */
  readonly verify: string | null
  /** Path of a verify endpoint that isn't Postern's. */
  readonly target?: string
}

export interface SiteParts {
  /** The host that the filled-in site protects already. */
  readonly host: string
  readonly others: readonly ProtectedHost[]
  /** Where the app answers, as nginx writes it. */
  readonly app: string
  readonly accessLog: string
}

const ASK = 'proxy_pass http://postern_verify/verify/nginx/app/app;'
/** What other gateways read in place of Postern's; the shipped include sends these names empty, which is not at all. */
const FOR_OTHERS = [
  'X-Original-URL $scheme://$host$request_uri',
  'X-Forwarded-Method $request_method',
  'X-Forwarded-Proto $scheme',
  'X-Forwarded-Host $host',
  'X-Forwarded-Uri $request_uri',
  'X-Forwarded-For $remote_addr',
]
  .map((header) => `proxy_set_header ${header};`)
  .join('\n        ')

/**
 * Adds to the shipped `site.conf` what its own comments let an operator add: further hosts of the same shape. Also the
 * app, which tells whom it was told of, and a log of its own for the protected hosts.
 * @param shipped the text with addresses and names filled in
 */
export function benchSite(shipped: string, { host, others, app, accessLog }: SiteParts): string {
  const start = shipped.lastIndexOf('\nserver {')
  const server = replaceOnce(
    shipped.slice(start),
    `server_name ${host};`,
    `server_name ${host};\n    access_log ${accessLog} postern;`,
  )
  const further = others.map((other, index) => protect(server, { ...other, from: host, upstream: `verify_${index}` }))
  const appServer = `server {\n    listen ${app};\n    access_log off;\n    return 200 "$http_remote_user";\n}`
  return [shipped.slice(0, start), server, ...further, appServer, ''].join('\n')
}

interface Copy extends ProtectedHost {
  readonly from: string
  readonly upstream: string
}

function protect(server: string, { host, verify, target, from, upstream }: Copy): string {
  const named = replaceOnce(server, `server_name ${from};`, `server_name ${host};`)
  if (verify === null) return replaceOnce(named, ASK, 'return 204;')
  const ask =
    target === undefined
      ? ASK.replace('postern_verify', upstream)
      : `${FOR_OTHERS}\n        proxy_pass http://${upstream}${target};`
  const asking = replaceOnce(named, ASK, ask)
  return `upstream ${upstream} {\n    server ${verify};\n    include postern/upstream.conf;\n}\n${asking}`
}

function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2)
    throw new Error(`nginx/site.conf no longer has exactly one "${from}" for the bench`)
  return text.replace(from, () => to)
}
