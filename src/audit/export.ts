import type { EventFormat } from './format.ts'
import type { EventPage } from './search.ts'
import type { EventRow } from './search-table.ts'

/** Gives the page that begins at a cursor, null for the first. */
export type ReadPage = (cursor: string | null) => Promise<EventPage>

/**
 * All that pages give as text, a page at a time, so that memory holds no more whoever reads slowly.
 * @param onPage told of each page before its text is given
 */
export async function* exportEvents(
  readPage: ReadPage,
  format: EventFormat,
  onPage: (events: readonly EventRow[]) => void = () => {},
): AsyncGenerator<string> {
  if (format.head !== '') yield format.head
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const { events, next }: EventPage = await readPage(cursor)
    onPage(events)
    if (events.length > 0) yield events.map((event) => format.line(event)).join('')
    cursor = next
  }
}
