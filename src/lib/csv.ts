/** One row of a CSV file, with the line that it begins on, from 1. */
export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

/** What is wrong with a row, as a sentence; reading goes on behind it. */
export interface CsvFault {
  readonly line: number
  readonly sentence: string
}

const MUST_QUOTE = /[",\r\n]|^\s|\s$/
/** What spreadsheets take for a formula, or for the beginning of another cell or row before one. */
const FORMULA = /^'*[=+\-@\t\r\n]/

/**
 * Rows by RFC 4180, read strictly: commas between cells, CRLF or LF between rows, quotes around a whole cell or not at
 * all and doubled inside. Empty lines are left out.
 */
export function* readCsv(text: string): Generator<CsvRow | CsvFault> {
  const reader = { text, at: text.startsWith('\ufeff') ? 1 : 0, line: 1 }
  while (reader.at < text.length) {
    const row = readRow(reader)
    if ('sentence' in row || row.cells.length > 1 || row.cells[0] !== '') yield row
  }
}

/** One row, without its line break. What a spreadsheet would take for a formula gets an apostrophe in front. */
export function writeCsvRow(cells: readonly string[]): string {
  return cells
    .map((cell) => (FORMULA.test(cell) ? `'${cell}` : cell))
    .map((cell) => (MUST_QUOTE.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')
}

/** A cell without the apostrophe that `writeCsvRow` puts in front. */
export function readCsvText(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

interface Reader {
  readonly text: string
  at: number
  line: number
}

function readRow(reader: Reader): CsvRow | CsvFault {
  const { line } = reader
  const cells: string[] = []
  for (;;) {
    const cell = reader.text[reader.at] === '"' ? readQuoted(reader) : readPlain(reader)
    if (cell === null) {
      skipLine(reader)
      return {
        line,
        sentence: 'A quote stands where it can not: put the whole cell in quotes, with those in it doubled.',
      }
    }
    cells.push(cell)
    if (reader.text[reader.at] !== ',') break
    reader.at++
  }
  skipLine(reader)
  return { line, cells }
}

/** Null where a quote stands in the cell. */
function readPlain(reader: Reader): string | null {
  const { text } = reader
  const from = reader.at
  while (reader.at < text.length && !isEnd(text, reader.at)) {
    if (text[reader.at] === '"') return null
    reader.at++
  }
  return text.slice(from, reader.at)
}

/** Null where the cell doesn't end, or goes on behind its last quote. */
function readQuoted(reader: Reader): string | null {
  const { text } = reader
  const from = reader.at + 1
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 2)) {
    if (text[quote + 1] === '"') continue
    const end = quote + 1
    if (end < text.length && !isEnd(text, end)) return null
    const cell = text.slice(from, quote)
    reader.line += cell.split('\n').length - 1
    reader.at = end
    return cell.replaceAll('""', '"')
  }
  return null
}

function isEnd(text: string, at: number): boolean {
  const character = text[at]
  return character === ',' || character === '\n' || (character === '\r' && text[at + 1] === '\n')
}

function skipLine(reader: Reader): void {
  const end = reader.text.indexOf('\n', reader.at)
  reader.at = end === -1 ? reader.text.length : end + 1
  reader.line++
}
