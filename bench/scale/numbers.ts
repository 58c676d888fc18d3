import { OperatorError } from '../../src/errors.ts'
import type { Numbers } from './model.ts'

/** What is expected of a site about which nothing is said. */
const DEFAULTS: Numbers = {
  users: 10_000,
  sessions: 5_000,
  processes: 2,
  requests: 500,
  nobody: 0,
  forged: 0,
  signins: 0.5,
  revocations: 0.1,
  redis: 0,
}
const NAMES = Object.keys(DEFAULTS) as (keyof Numbers)[]

/** Reads `sessions=30000,requests=5000`. @throws OperatorError, exit code 2, for a name or number that it doesn't know */
export function readNumbers(text: string): Numbers {
  const given = text === '' ? [] : text.split(',').map(readOne)
  return { ...DEFAULTS, ...Object.fromEntries(given) }
}

function readOne(part: string): [name: keyof Numbers, value: number] {
  const [written = '', value = ''] = part.split('=', 2)
  const name = NAMES.find((each) => each === written)
  if (name === undefined) throw new OperatorError(`--predict knows ${NAMES.join(', ')}; not ${written}.`, 2)
  if (!/^\d{1,12}(?:\.\d{1,6})?$/.test(value)) throw new OperatorError(`--predict expects a number for ${name}.`, 2)
  if (name === 'processes' && Number(value) < 1) throw new OperatorError('--predict expects at least one process.', 2)
  return [name, Number(value)]
}
