import { once } from 'node:events'
import { createServer } from 'node:net'

/** Takes down what nginx asks a gateway, byte for byte. */
export interface Recorder {
  /** Where it listens, as nginx writes it. */
  readonly address: string
  /** The question that came while the work was done. @throws Error when there was none */
  record(work: () => Promise<unknown>): Promise<string>
}

/** Hosts whose gateway is the recorder, asked as Postern is and as another gateway; the questions name them. */
export const RECORDED_HOSTS = { own: 'recorded.example.com', other: 'recorded-other.example.com' } as const
const HEAD_END = '\r\n\r\n'

/** @param folder where its socket goes; it closes with `opened` */
export async function openRecorder(folder: string, opened: AsyncDisposableStack): Promise<Recorder> {
  const path = `${folder}/recorder.sock`
  let question = ''
  const server = createServer((socket) => {
    let received = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      if (!received.endsWith(HEAD_END)) return
      question = received
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
  })
  opened.defer(() => void server.close())
  server.listen(path)
  await once(server, 'listening')
  return {
    address: `unix:${path}`,
    async record(work) {
      question = ''
      await work()
      if (question === '') throw new Error('nginx asked the recorder nothing')
      return question
    },
  }
}
