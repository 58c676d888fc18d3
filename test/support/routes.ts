import type { FastifyInstance } from 'fastify'

/** Entrance, method and whole path of each route, assets as one. */
export function routesOf(app: FastifyInstance): string[] {
  const printed = app.printRoutes({ commonPrefix: false })
  const trail: string[] = []
  const routes = printed.split('\n').flatMap((line) => {
    const found = /^([│├└─ ]*)(\S+?)(?: \(([A-Z, ]+)\))?(?: \{"entrance":"(\w+)"\})?$/.exec(line)
    if (found === null) return []
    const [, indent = '', part = '', methods, entrance] = found
    trail.splice(indent.length / 4 - 1, trail.length, part)
    return (methods ?? '')
      .split(', ')
      .filter((method) => method !== '')
      .map((method) => [entrance ?? [], method, trail.join('')].flat().join(' '))
  })
  return [...new Set(routes.map((route) => route.replace(/assets\/.*/, 'assets/…')))].sort()
}
