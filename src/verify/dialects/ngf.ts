import type { Dialect } from './dialect.ts'
import { writeForNginx } from './nginx-answer.ts'
import { readOriginal } from './read-original.ts'

/**
 * NGINX Gateway Fabric's ExternalAuth filter, which sends these three and nothing of its own besides: neither the
 * scheme, on which no rule depends, nor the client's address, so that an app with rules for networks is refused.
 */
export const ngf: Dialect = {
  name: 'ngf',
  wanted: ['method', 'host', 'path'],
  methods: ['GET', 'HEAD'],
  appInUrl: 'must',
  read(request, headers) {
    const [method = '', host = '', target = ''] = headers.values
    return readOriginal({ method, scheme: 'https', host, target, clientAddress: '' }, request, headers)
  },
  write: writeForNginx,
}
