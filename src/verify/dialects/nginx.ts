import { readAddress } from '../../lib/address.ts'
import type { Dialect } from './dialect.ts'
import { writeForNginx } from './nginx-answer.ts'
import { readOriginal } from './read-original.ts'

/** nginx `auth_request` as our includes set it up; also SWAG, NPM and Apache's mod_lua. */
export const nginx: Dialect = {
  name: 'nginx',
  wanted: ['x-original-method', 'x-original-proto', 'x-original-host', 'x-original-uri', 'x-real-ip'],
  methods: ['GET', 'HEAD'],
  appInUrl: 'may',
  read(request, headers) {
    const [method = '', scheme = '', host = '', target = '', address = ''] = headers.values
    return readOriginal({ method, scheme, host, target, clientAddress: readAddress(address) }, request, headers)
  },
  write: writeForNginx,
}
