import { setting } from './setting.ts'
import { share, webUrl } from './values.ts'

/** Where traces go and how many there are. */
export const TRACES_SETTINGS = {
  tracesUrl: setting(
    'POSTERN_TRACES_URL',
    webUrl,
    null,
    'Collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318; /v1/traces is added. Without it there are no traces, and they cost nothing.',
  ),
  tracesSample: setting(
    'POSTERN_TRACES_SAMPLE',
    share,
    '0.01',
    'Share of the traces begun here that are kept, from 0 to 1. What a trusted proxy has begun goes on as it says, whatever stands here.',
  ),
} as const
