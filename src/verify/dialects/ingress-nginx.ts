import { readAddress } from '../../lib/address.ts'
import type { Dialect } from './dialect.ts'
import { writeForNginx } from './nginx-answer.ts'
import { readOriginal } from './read-original.ts'

/** One text in which scheme, host and target stand one after the other, nothing else before, between or after. */
const ORIGINAL_URL = /^(https?):\/\/([A-Za-z0-9.:[\]-]+)(\/.*)$/

/**
 * ingress-nginx by its annotations. The URL holds the Host header as the client sent it, which may be another one than
 * nginx served: so the app must stand in the verify URL, and the host be one of that app's.
 */
export const ingressNginx: Dialect = {
  name: 'ingress-nginx',
  wanted: ['x-original-method', 'x-original-url', 'x-real-ip'],
  methods: ['GET', 'HEAD'],
  appInUrl: 'must',
  read(request, headers) {
    const [method = '', url = '', address = ''] = headers.values
    const [, scheme = '', host = '', target = ''] = ORIGINAL_URL.exec(url) ?? []
    return readOriginal({ method, scheme, host, target, clientAddress: readAddress(address) }, request, headers)
  },
  write: writeForNginx,
}
