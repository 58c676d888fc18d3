import { MAX_SEQ } from './chain.ts'
import type { Fault } from './verify-faults.ts'
import type { ReadChain } from './verify-source.ts'

/** So many can be told apart as rows that changed places: each is hashed under the number of each other. */
const MOST_MOVED = 50
const MOST_NAMED = 500

/** Adds event ids, and says which changed, added and missing rows are the same ones under other numbers. */
export async function nameFaults(faults: readonly Fault[], read: ReadChain): Promise<Fault[]> {
  const from = await findMoved(faults, read)
  const seqs = seqsOf(faults).slice(0, MOST_NAMED)
  const rows = seqs.length === 0 ? [] : await read('names', { seqs })
  const names = new Map(rows.map((row) => [row.seq, row]))
  const moved = new Set(from.values())
  return faults.flatMap((fault) => {
    const { expected: _, ...told } = fault
    const was = fault.seq === undefined ? undefined : from.get(fault.seq)
    if (fault.kind === 'row_removed' && (fault.count ?? 1) === 1 && fault.seq !== undefined && moved.has(fault.seq))
      return []
    const name = fault.seq === undefined || fault.kind === 'row_removed' ? undefined : names.get(fault.seq)
    const named =
      name === undefined
        ? told
        : { ...told, id: name.id, text: `${told.text} It is event ${name.id}, ${name.event_type}.` }
    if (was === undefined || fault.kind === 'row_misdated') return [named]
    const text = `Row ${fault.seq} holds what row ${was} held when it was sealed: rows were reordered or renumbered. It is event ${name?.id}, ${name?.event_type}.`
    return [{ ...named, kind: 'row_moved' as const, text }]
  })
}

/** Those that can be asked for: JavaScript doesn't hold larger ones exactly. */
function seqsOf(faults: readonly Fault[]): number[] {
  return [...new Set(faults.flatMap(({ seq }) => (seq === undefined || seq > MAX_SEQ ? [] : [seq])))]
}

/** For rows that are another's content under a number of their own: whose it was. */
async function findMoved(faults: readonly Fault[], read: ReadChain): Promise<Map<number, number>> {
  const present = faults.filter(({ kind }) => /^row_(?:changed|inserted|misdated)$/.test(kind))
  const expected = new Map<number, string>()
  for (const { kind, seq, expected: hash } of faults)
    if (/^row_(?:changed|removed)$/.test(kind) && seq !== undefined && hash !== undefined) expected.set(seq, hash)
  const seqs = seqsOf(present).slice(0, MOST_MOVED)
  const as = [...expected.keys()].slice(0, MOST_MOVED)
  if (seqs.length === 0 || as.length === 0) return new Map()
  const hashes = await read('hashesAs', { seqs, as })
  const found = hashes.filter(({ seq, as_seq: other, hash }) => seq !== other && expected.get(other) === hash)
  return new Map(found.map(({ seq, as_seq: other }) => [seq, other]))
}
