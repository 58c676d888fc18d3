import { parentPort, workerData } from 'node:worker_threads'
import { sha512Crypt } from './sha512-crypt.ts'

/** What the thread is given; it answers with the text of `sha512Crypt`. */
export interface ShaCryptWork {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly rounds: number
}

const { password, salt, rounds } = workerData as ShaCryptWork
parentPort?.postMessage(sha512Crypt(password, salt, rounds), [])
