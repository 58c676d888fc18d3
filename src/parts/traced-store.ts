import type { SpanStart, Tracing } from '../observe/traces.ts'
import type { Database, Queryable } from '../store/database.ts'
import type { KeyValue } from '../store/key-value.ts'

/** A database whose statements can be seen in traces by their labels; waiting for a connection counts. */
export function tracedDatabase(database: Database, tracing: Tracing): Database {
  return {
    ...tracedQueries(database, tracing),
    transaction(work) {
      if (tracing.current === null) return database.transaction(work)
      const start = { ...askDatabase('transaction'), kind: 'works' as const }
      return tracing.step(start, () => database.transaction((tx) => work(tracedQueries(tx, tracing))))
    },
    withConnection: (work) => database.withConnection(work),
    close: () => database.close(),
  }
}

/** What processes share, whose commands can be seen in traces by their names. */
export function tracedKeyValue(keyValue: KeyValue, tracing: Tracing): KeyValue {
  return {
    get: (key, maxBytes) => tracing.step(askRedis('GETRANGE'), () => keyValue.get(key, maxBytes)),
    set: (key, value, lifeMs) => tracing.step(askRedis('SET'), () => keyValue.set(key, value, lifeMs)),
    delete: (key) => tracing.step(askRedis('DEL'), () => keyValue.delete(key)),
    run: (script, keys, given) => tracing.step(askRedis('EVAL'), () => keyValue.run(script, keys, given)),
    ping: () => keyValue.ping(),
    get trouble() {
      return keyValue.trouble
    },
    close: () => keyValue.close(),
  }
}

function tracedQueries(queries: Queryable, tracing: Tracing): Queryable {
  return {
    query: (statement, ...params) =>
      tracing.step(askDatabase(statement.label), () => queries.query(statement, ...params)),
  }
}

function askDatabase(label: string): SpanStart {
  return { name: label, kind: 'asks', facts: { 'db.system.name': 'postgresql' } }
}

function askRedis(command: string): SpanStart {
  return { name: command, kind: 'asks', facts: { 'db.system.name': 'redis' } }
}
